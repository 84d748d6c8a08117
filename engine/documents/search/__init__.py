"""What was read, on the disk: passages, their index, the search, and where a quote stands."""
