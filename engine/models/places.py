"""Where models lie on this machine, and which one is used when none is named."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "FINGERPOST_HOME"
"""Names one folder that takes the place of the system's own for everything kept, as in `app.paths`."""
DEFAULT_FILE = "default-model.txt"
"""One line: the folder of the model to use. The window and the command line both read and write it."""


def data_folder() -> Path:
    """The folder worth a backup, the window's own; it may not exist yet."""
    home = os.environ.get(HOME_VARIABLE, "")
    if home:
        return Path(home).expanduser().absolute() / "data"
    return platformdirs.user_data_path("fingerpost", appauthor=False)


def models_folder() -> Path:
    """Where fetched and converted models are kept; it may not exist yet."""
    return data_folder() / "models"


def default_model() -> Path | None:
    """The folder of the model to use, None where none was chosen."""
    try:
        line = (data_folder() / DEFAULT_FILE).read_text(encoding="utf-8", errors="surrogateescape").strip()
    except OSError:
        return None
    return Path(line) if line else None


def set_default_model(folder: Path | None) -> None:
    """Use `folder` from now on, None for none. Raises `OSError`."""
    path = data_folder() / DEFAULT_FILE
    if folder is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{DEFAULT_FILE}.partial")
    draft.write_text(f"{folder}\n", encoding="utf-8", errors="surrogateescape")
    draft.replace(path)
