"""Deleting folders so that nothing is half there: renamed first, deleted then, and cleaned up later after a crash."""

from __future__ import annotations

import logging
import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from engine.models.description import SUFFIXES
from engine.models.errors import ModelsError
from engine.models.record import change_record, read_record

WORK_LOCK_FILE = ".work.lock"
TRASH, DRAFT = ".trash-", ".moving-"
"""How names of folders begin that may be deleted by anyone who sees them while nobody works."""

log = logging.getLogger(__name__)


@contextmanager
def working(models: Path) -> Iterator[None]:
    """While one process moves or deletes models, no other does. Raises `ModelsError`, `OSError`."""
    models.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(models / WORK_LOCK_FILE, timeout=0):
            yield
    except Timeout as error:
        raise ModelsError(
            "busy", "Another window of Fingerpost is at work on the models. Wait for it, then try again."
        ) from error


@contextmanager
def garbage(models: Path, beginning: str, folder: Path) -> Iterator[Path]:
    """A name beside `folder` that is nobody's. What is there at the end is deleted; after a crash `tidy` does it."""
    place = folder.with_name(f"{beginning}{folder.name}-{uuid.uuid4().hex[:8]}")
    if place.parent != models:
        change_record(models, lambda record: replace(record, leftovers=(*record.leftovers, str(place))))
    try:
        yield place
    finally:
        _erase(place)
        _forget(models, place)


def delete(models: Path, folder: Path) -> None:
    """Delete `folder` and all in it; links are not followed. Raises `OSError`: nothing was deleted then."""
    with garbage(models, TRASH, folder) as trash:
        folder.rename(trash)


def delete_drafts(models: Path, name: str) -> None:
    """Delete what was converted so far of the model `name`, in `models`; nobody can go on with it without the model."""
    for suffix in SUFFIXES.values():
        draft = models / f".{name}{suffix}.partial"
        if draft.is_dir():
            _erase(draft)


def tidy(models: Path) -> None:
    """Delete what a crash has left, unless somebody works there right now."""
    left = [Path(name) for name in read_record(models).leftovers]
    if models.is_dir():
        left += [path for path in models.iterdir() if path.name.startswith((TRASH, DRAFT)) and path not in left]
    if not left:
        return
    try:
        with working(models):
            for place in left:
                # A damaged record must not cost a folder of someone else.
                if place.name.startswith((TRASH, DRAFT)):
                    _erase(place)
                    _forget(models, place)
    except (ModelsError, OSError) as error:
        log.info("left for later: %s", error)


def _erase(place: Path) -> None:
    try:
        for parent, folders, _ in os.walk(place):
            for path in (Path(parent), *(Path(parent, name) for name in folders)):
                if not path.is_symlink():
                    path.chmod(stat.S_IRWXU)
        shutil.rmtree(place)
    except FileNotFoundError:
        pass
    except OSError as error:
        log.warning("%s could not be deleted: %s", place, error)


def _forget(models: Path, place: Path) -> None:
    """It stays in the record while it is there, or its disk is not. Names beside the models are in no record: what
    frees a full disk must not have to write first."""
    if place.parent == models or place.exists() or not place.parent.is_dir():
        return
    change_record(
        models,
        lambda record: replace(record, leftovers=tuple(name for name in record.leftovers if name != str(place))),
    )
