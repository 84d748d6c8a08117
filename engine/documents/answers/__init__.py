"""What of its documents a question is given, and what its answer cites."""
