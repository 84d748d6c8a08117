"""The folder of one download, held by one process at a time, and its way to where models are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from engine.models.download.errors import DownloadError, disk_error
from engine.models.download.part import SUFFIX
from engine.models.download.state import STATE_FILE, hold_same
from engine.models.errors import gigabytes
from engine.models.manifest import FileFact, Manifest, ManifestError, read_manifest, write_manifest

DOWNLOADS = ".downloads"
RESERVE = 200_000_000
"""Bytes that a download leaves free on the disk."""


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
        for folder in self._places(name, revision):
            manifest = _manifest(folder)
            if manifest is None or manifest.form in ("int8", "int4"):
                continue
            same = manifest.revision == revision if files is None else hold_same(manifest.files, files)
            if same and all(_is_here(folder, fact) for fact in manifest.files):
                return folder
        return None

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


def _is_here(folder: Path, fact: FileFact) -> bool:
    try:
        return (folder / fact.path).stat().st_size == fact.size
    except OSError:
        return False
