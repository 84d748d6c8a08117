"""How marks are drawn, on pictures and on the screen."""
