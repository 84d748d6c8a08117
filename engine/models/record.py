"""``library.json``: what Fingerpost remembers of models, beside what their folders tell. Several processes write it."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from engine.models.description import Description
from engine.models.errors import is_no_folder
from engine.wire import from_json, to_json

RECORD_FILE = "library.json"
LOCK_FILE = ".library.lock"
PATIENCE = 10.0
"""Seconds until another process is through with the file; it takes milliseconds."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A model that lies outside the folder of models. `owned`: Fingerpost has put it there, and may delete it. `last`
    is what was seen of it last, for the time its disk is not there."""

    folder: str
    owned: bool
    last: Description


@dataclass(frozen=True, slots=True)
class Use:
    """`at` is when the model in `folder` was used last, in seconds since 1970."""

    folder: str
    at: float


@dataclass(frozen=True, slots=True)
class Record:
    """All of the file. `leftovers` are folders that are to be deleted: halves of copies, and what was removed."""

    places: tuple[Place, ...] = ()
    uses: tuple[Use, ...] = ()
    leftovers: tuple[str, ...] = ()

    def place(self, folder: Path) -> Place | None:
        """The place that is `folder`."""
        return next((place for place in self.places if same_folder(Path(place.folder), folder)), None)


def same_folder(one: Path, other: Path) -> bool:
    """Whether both lead to the same folder, which may be gone."""
    return one == other or os.path.realpath(one) == os.path.realpath(other)


def read_record(models: Path) -> Record:
    """What is kept in the folder `models`. A damaged file is set aside: folders tell the most of it again."""
    path = models / RECORD_FILE
    try:
        document = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return Record()
    except (ValueError, RecursionError) as error:
        return _set_aside(path, str(error))
    except OSError as error:
        if not is_no_folder(models):  # Whoever wants to write there is told.
            log.warning("%s can not be read: %s", path, error)
        return Record()
    if not isinstance(document, dict):
        return _set_aside(path, "not an object")
    try:
        record: Record = from_json(Record, document, RECORD_FILE)
    except ValueError as error:
        return _set_aside(path, str(error))
    return record


def change_record(models: Path, change: Callable[[Record], Record]) -> None:
    """Write what `change` makes of the record, whole or not at all; no other process writes meanwhile.

    Raises:
        OSError: it can not be written, or another process does not let go of it (`TimeoutError`).
    """
    models.mkdir(parents=True, exist_ok=True)
    with FileLock(models / LOCK_FILE, timeout=PATIENCE):
        before = read_record(models)
        after = change(before)
        if after != before:
            _write(models / RECORD_FILE, after)


def _write(path: Path, record: Record) -> None:
    draft = path.with_name(f".{RECORD_FILE}.partial")
    with draft.open("w", encoding="utf-8") as file:
        # In ASCII: a path may have bytes that are no text.
        json.dump(to_json(record), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _set_aside(path: Path, reason: str) -> Record:
    log.warning("%s is damaged (%s): it is set aside", path, reason)
    try:
        path.replace(path.with_name(f"{RECORD_FILE}.damaged"))
    except OSError as error:
        log.warning("%s can not be set aside: %s", path, error)
    return Record()
