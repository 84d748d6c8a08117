"""Finds the product's own data files: in the source tree, or where the wheel puts them."""

from __future__ import annotations

from pathlib import Path


def folder() -> Path:
    """The folder ``resources``: inside `app` in an installed wheel, beside `app` and `engine` in the source tree."""
    root = Path(__file__).resolve().parent.parent
    # The installed place first: site-packages may hold a folder `resources` of somebody else's.
    installed = root / "app" / "resources"
    return installed if installed.is_dir() else root / "resources"


def text(name: str) -> str:
    """A text file by its path below the folder, for example ``prompts/system.txt``.

    Raises:
        FileNotFoundError: the installation is not complete. `str()` is a sentence for a person.
    """
    path = folder() / name
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileNotFoundError(f"Fingerpost's own file {path} is missing. Install Fingerpost again.") from None
