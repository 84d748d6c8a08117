"""What programs tell of the parts of their windows."""
