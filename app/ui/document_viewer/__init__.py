"""Documents beside the conversation: their pages, and what is found in them."""
