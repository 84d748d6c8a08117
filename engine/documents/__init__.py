"""Files that people drop: read, indexed, searched, cited. Nothing here needs a model or a network."""
