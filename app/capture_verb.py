"""`fingerpost capture`: a picture of the screen without the window."""
