"""What ends a download, as a person is told; and what only interrupts it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.models.errors import FULL, NO_FOLDER, is_no_folder
from engine.protocol import FailureCode


class DownloadError(Exception):
    """A download that can not go on by itself. `code` is the protocol's failure code, `str()` a sentence for a person.
    Every byte that was good is kept."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class Interrupted(Exception):
    """A request that may succeed when it is made again. `str()` is a sentence; `retry_after` are seconds that the host
    asks for."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(Interrupted):
    """A host that the hub leads on to does not give a file. The address that the hub gave may have run out, so it is
    asked for another one some times."""


class SourceLost(Exception):
    """A source was tried often enough for another one to be asked. `str()` is a sentence."""


class WrongFile(Exception):
    """The bytes of a file are not the published ones. `str()` is the reason, without the name."""


def disk_error(error: OSError, place: Path) -> DownloadError:
    """What an error of the file system below `place` means."""
    if error.errno in FULL:
        return DownloadError(
            "disk_full",
            f"The disk of {place} is full. Free some space, then go on: everything fetched so far is kept.",
        )
    blocked = Path(error.filename) if error.errno == errno.EEXIST and error.filename else place
    if is_no_folder(blocked):
        return DownloadError("folder_refused", f"{NO_FOLDER.format(blocked)} Then go on.")
    if error.errno == errno.ELOOP:
        return DownloadError(
            "folder_refused", f"{place} holds a link that leads back to itself. Remove the link, then go on."
        )
    return DownloadError(
        "folder_refused",
        f"{place} can not be written to ({error.strerror or error}). Allow it, or name another folder for all that "
        "Fingerpost keeps in the variable FINGERPOST_HOME.",
    )


@contextmanager
def disk_errors(place: Path) -> Iterator[None]:
    """What the file system refuses in the block is told as a `DownloadError`; `place` is where models are kept."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, place) from error
