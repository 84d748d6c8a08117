"""What the model writes of places, as it streams: boxes and points become marks."""
