"""The folder of one download, held by one process at a time, and its way to where models are."""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import filelock

from engine.models.download.errors import DownloadError, disk_error
from engine.models.download.part import SUFFIX
from engine.models.download.state import STATE_FILE, hold_same, read_state, write_state
from engine.models.errors import ModelsError, gigabytes
from engine.models.garbage import working
from engine.models.manifest import FileFact, Manifest, ManifestError, read_manifest, write_manifest

DOWNLOADS = ".downloads"
RESERVE = 200_000_000
"""Bytes that a download leaves free on the disk."""
DESCRIPTION = re.compile(r"README|LICEN[CS]E|NOTICE")
"""Files for people, which may differ from hub to hub and from day to day."""

log = logging.getLogger(__name__)


class Desk:
    """`folder` is ``.downloads/SLUG`` below `models`."""

    def __init__(self, models: Path, slug: str) -> None:
        self.models = models
        self.folder = models / DOWNLOADS / slug

    @contextmanager
    def claimed(self, title: str) -> Iterator[None]:
        """Hold the folder for the block, and make it if it is not there.

        Raises:
            DownloadError: another process holds it, or the folder can not be written to.
        """
        path = self.folder.with_name(f"{self.folder.name}.lock")
        lock = filelock.FileLock(path)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(blocking=False)
        except filelock.Timeout as error:
            raise DownloadError(
                "in_use", f"{title} is being fetched by another window or command. Wait for it, or stop it there."
            ) from error
        except OSError as error:
            raise disk_error(error, self.models) from error
        try:
            yield
        finally:
            if not os.path.lexists(self.folder):
                with suppress(OSError):
                    path.unlink()  # Before it is let go: whoever waits for it looks whether it is still there.
            lock.release()

    def check_space(self, title: str, missing: int) -> None:
        """Raises `DownloadError` when `missing` bytes and the reserve do not fit on the disk."""
        free = shutil.disk_usage(self.models).free
        lacking = missing + RESERVE - free
        if lacking > 0:
            raise DownloadError(
                "disk_full",
                f"{title} needs {gigabytes(missing)} more, and the disk of {self.models} has {gigabytes(free)} left. "
                f"Free {gigabytes(lacking)}, then go on: everything fetched so far is kept.",
            )

    def present(self, name: str, revision: str, files: tuple[FileFact, ...] | None) -> Path | None:
        """The folder that holds the model, whole: told by its `files`, or by its `revision` where none are known."""
        return next(
            (folder for folder, known in self._copies(name, revision, files) if not _damage(folder, known)), None
        )

    def take_back(self, name: str, revision: str, files: tuple[FileFact, ...]) -> None:
        """Make a damaged model of those `files` a download that is not through, where none was begun: only what is
        wrong is fetched then.

        Raises:
            DownloadError: a window moves or deletes models.
            OSError: it can not be renamed; it is where it was.
        """
        state = read_state(self.folder)
        copy = next(iter(self._copies(name, revision, files)), None)
        if state is None or copy is None or {path.name for path in self.folder.iterdir()} != {STATE_FILE}:
            return
        folder, known = copy
        good = tuple(fact for fact in known.files if fact not in _damage(folder, known))
        log.info("%s is damaged: it goes on as a download", folder.name)
        try:
            with working(self.models):
                write_state(folder, replace(state, origin=known.source, files=good))
                self.clear()
                folder.rename(self.folder)
        except ModelsError as error:
            raise DownloadError(error.code, str(error)) from error

    def install(self, name: str, manifest: Manifest) -> Path:
        """Make the finished download a model: the folder gets its name last. Raises `OSError`."""
        wanted = {fact.path for fact in manifest.files}
        for path in self.folder.iterdir():
            if path.name.endswith(SUFFIX) and path.name not in wanted:
                path.unlink()
        write_manifest(self.folder, manifest)
        target = next(place for place in self._places(name, manifest.revision) if not os.path.lexists(place))
        self.folder.rename(target)
        (target / STATE_FILE).unlink(missing_ok=True)
        return target

    def clear(self) -> None:
        """Delete what was fetched. Raises `OSError`."""
        if self.folder.is_symlink():
            self.folder.unlink()
        elif self.folder.exists():
            shutil.rmtree(self.folder)

    def clear_if_empty(self) -> None:
        """Delete the folder when nothing but the memory of it is left. Raises `OSError`."""
        if {path.name for path in self.folder.iterdir()} <= {STATE_FILE}:
            self.clear()

    def _copies(self, name: str, revision: str, files: tuple[FileFact, ...] | None) -> Iterator[tuple[Path, Manifest]]:
        """The folders that hold the model, whole or damaged; see `present`."""
        weights = None if files is None else tuple(fact for fact in files if not DESCRIPTION.match(fact.path))
        for folder in self._places(name, revision):
            known = _manifest(folder)
            if known is None or known.scheme is not None or folder.is_symlink():
                continue
            if known.revision == revision if weights is None else hold_same(known.files, weights):
                yield folder, known

    def _places(self, name: str, revision: str) -> Iterator[Path]:
        """Where the model may lie, in the order in which they are taken."""
        yield self.models / name
        short = revision[:7] or "new"
        yield self.models / f"{name}-{short}"
        for number in range(2, 100):
            yield self.models / f"{name}-{short}-{number}"


def _manifest(folder: Path) -> Manifest | None:
    try:
        return read_manifest(folder)
    except ManifestError:
        return None


def _damage(folder: Path, known: Manifest) -> tuple[FileFact, ...]:
    """The files of a model that are missing, of another size, or were found wrong by a check."""
    return tuple(fact for fact in known.files if fact.path in known.wrong or not _is_here(folder, fact))


def _is_here(folder: Path, fact: FileFact) -> bool:
    try:
        return (folder / fact.path).stat().st_size == fact.size
    except OSError:
        return False
