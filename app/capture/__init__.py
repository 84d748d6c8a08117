"""How pictures come in: the screen, a window, a region, the clipboard, files. All become a `Picture` with its place."""
