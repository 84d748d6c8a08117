"""Words to places on a picture, by its text and the elements of the window; evidence for what the model points at."""
