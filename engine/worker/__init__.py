"""The child process of the window: commands on stdin, events on stdout, a log on stderr."""
