"""Where Fingerpost keeps things on this system, and where its own resources lie."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from app.files import private_folder

HOME_VARIABLE = "FINGERPOST_HOME"
"""Names one folder that takes the place of the system's own for everything kept: for tests and portable use."""
_NAME = "fingerpost"


class FolderError(Exception):
    """A folder that can not be made or entered. `str()` is one sentence with what to do next."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Private folders of this user. `data` is worth a backup, `cache` may go at any time, `logs` holds no
    conversation text."""

    data: Path
    cache: Path
    logs: Path


def find_paths() -> Paths:
    """The folders of this system, made if need be, each open to this user alone.

    Raises:
        FolderError: one of them can not be made.
    """
    home = os.environ.get(HOME_VARIABLE, "")
    if home:
        root = Path(home).expanduser().absolute()
        paths = Paths(root / "data", root / "cache", root / "logs")
    else:
        paths = Paths(
            platformdirs.user_data_path(_NAME, appauthor=False),
            platformdirs.user_cache_path(_NAME, appauthor=False),
            platformdirs.user_log_path(_NAME, appauthor=False),
        )
    for folder in (paths.data, paths.cache, paths.logs):
        try:
            private_folder(folder)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise FolderError(
                f"Fingerpost can not use the folder {folder} ({reason}). "
                f"Make it writable, or set {HOME_VARIABLE} to another folder."
            ) from error
    return paths


def resources() -> Path:
    """The folder of icons, fonts, style sheets and prompts: inside the package when installed, else beside it."""
    package = Path(__file__).resolve().parent
    installed = package / "resources"
    return installed if installed.is_dir() else package.parent / "resources"
