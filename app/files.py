"""Private folders and files that are whole or absent: what everything that is kept on disk is written with."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

PART_SUFFIX = ".part"
"""Ends the name of a file that is being written; one that is left over after a crash means nothing."""


def private_folder(path: Path) -> Path:
    """Make `path` with its parents if it is not there; only this user may look into it (0700). Raises `OSError`."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(0o700)
    return path


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` into `path` (0600), replacing what is there. After a crash or a full disk the old file is untouched.

    Raises:
        OSError: it could not be written; nothing is left behind.
    """
    # The same folder, because only a rename inside one file system is atomic.
    handle, name = tempfile.mkstemp(prefix=".", suffix=PART_SUFFIX, dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
