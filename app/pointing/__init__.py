"""What is found on a picture without the model, and what becomes of what the model points at."""
