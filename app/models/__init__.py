"""The models on this machine as the window sees them: what is here, on its way, and done to them."""

from app.models.precision import AUTO, dtype_for
from app.models.shelf import ModelShelf

__all__ = ["AUTO", "ModelShelf", "dtype_for"]
