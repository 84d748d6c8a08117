"""Files are opened in a process that may crash, hang or be killed."""
