"""Synthesised input, by window system."""
