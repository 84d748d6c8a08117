"""Where what was read of documents is kept on this machine."""

from __future__ import annotations

from pathlib import Path

from engine.models.places import data_folder


def documents_folder() -> Path:
    """The folder of the indexes, a file per document; it may not exist yet."""
    return data_folder() / "documents"
