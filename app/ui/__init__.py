"""Widgets of the window. They take values, speak in signals and hold no logic of their own."""
