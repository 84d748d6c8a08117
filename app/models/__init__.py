"""The models on this machine as the window sees them: what is here, on its way, and done to them."""

from app.models.precision import dtype_for
from app.models.shelf import ModelShelf

__all__ = ["ModelShelf", "dtype_for"]
