"""The history: conversations in SQLite, pictures in files named by their content. Without Qt."""

from app.store.errors import StoreError
from app.store.store import Store

__all__ = ["Store", "StoreError"]
