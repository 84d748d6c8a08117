"""What goes wrong with a model on this machine, as a person is told."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.models.manifest import ManifestError
from engine.protocol import FailureCode
from engine.spec import ModelError

FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
IN_USE = frozenset({5, 32, 33})
"""Windows: access denied, sharing violation, lock violation. It deletes and renames nothing that a program holds."""

NO_FOLDER = "{} is a file, or a link that leads nowhere. Remove it."


class ModelsError(Exception):
    """Something about a model that can not be done. `code` is the protocol's failure code, `str()` a sentence for a
    person."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def told(what: str, place: Path) -> Iterator[None]:
    """What else goes wrong inside becomes a `ModelsError`. `what` could not be done, ``"Qwen3.5-4B can not be moved"``;
    `place` is the folder that was written to."""
    try:
        yield
    except ModelError as error:
        raise ModelsError(error.code, str(error)) from error
    except ManifestError as error:
        raise ModelsError("model_damaged", str(error)) from error
    except OSError as error:
        raise ModelsError(*_reason(what, place, error)) from error


def _reason(what: str, place: Path, error: OSError) -> tuple[FailureCode, str]:
    if isinstance(error, TimeoutError):
        return "busy", f"{what}: another window of Fingerpost is at work on the models. Wait for it, then try again."
    if error.errno in FULL:
        return "disk_full", f"{what}: the disk of {place} is full. Free some space, then try again."
    if getattr(error, "winerror", None) in IN_USE:
        return "in_use", f"{what}: a program is using it. Choose another model, close other windows, then try again."
    if is_no_folder(place):
        return "folder_refused", f"{what}: {NO_FOLDER.format(place)} Then try again."
    if error.errno in FORBIDDEN:
        return "folder_refused", f"{what}: {place} may not be read or written. Allow it, or choose another folder."
    return "folder_refused", f"{what} ({error.strerror or error}). Check the disk of {place}, then try again."


def is_no_folder(place: Path) -> bool:
    """Whether something else lies where a folder should be."""
    return os.path.lexists(place) and not os.path.isdir(place)  # noqa: PTH112 - pathlib raises for what may not be read


def gigabytes(count: int) -> str:
    """`count` bytes as a person reads them, ``"9.3 GB"``; what is small is given in MB."""
    return f"{count / 1e9:.1f} GB" if count >= 5e7 else f"{max(count / 1e6, 0.1):.1f} MB"
