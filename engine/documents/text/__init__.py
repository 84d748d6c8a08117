"""Text and markup, and from it to pages."""
