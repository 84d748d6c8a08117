"""The file that says which model is used when none is named: the window and the command line share it."""

from __future__ import annotations

from pathlib import Path

from app.files import write_whole

DEFAULT_FILE = "default-model.txt"
"""In the data folder: one line, the model's folder."""


def read_default(data: Path) -> str:
    """The folder that is named in the data folder's file, empty where none is."""
    try:
        # A folder's name need not be UTF-8 and must come back as the same bytes.
        return (data / DEFAULT_FILE).read_text(encoding="utf-8", errors="surrogateescape").strip()
    except OSError:
        return ""


def write_default(data: Path, folder: str) -> None:
    """Name `folder` from now on, empty for none. Raises `OSError`."""
    if not folder:
        (data / DEFAULT_FILE).unlink(missing_ok=True)
    elif folder != read_default(data):
        write_whole(data / DEFAULT_FILE, f"{folder}\n".encode("utf-8", "surrogateescape"))
