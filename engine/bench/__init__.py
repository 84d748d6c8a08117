"""``fingerpost bench``: how fast this machine runs a model, beside its own limits and beside transformers."""
