"""A model into another folder, on this disk or another one: whole in the one place or in the other, at any moment."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from engine.models.check import READ_BYTES, Progress, Tally, compare
from engine.models.errors import ModelsError, gigabytes, told
from engine.models.garbage import DRAFT, delete, garbage, working
from engine.models.library import Library
from engine.models.manifest import FileFact, read_manifest
from engine.protocol import Installed

SPARE = 64 * 1024**2
"""Bytes that are left free on a disk, for it is not ours alone."""


def move(library: Library, folder: Path, to: Path, progress: Progress, checkpoint: Callable[[], None]) -> Path:
    """Move the model in `folder` into the folder `to`, which is made if need be; the new folder of the model.

    Raises:
        ModelsError: it can not be moved there; it is where it was.
        Cancelled: from the checkpoint; it is where it was, and nothing is left elsewhere.
    """
    model = library.at(folder)
    source, to = Path(model.folder), to.expanduser().absolute()
    target = to / source.name
    _check(model, source, target)
    with told(f"{model.title} can not be moved", to), working(library.models):
        to.mkdir(parents=True, exist_ok=True)
        if not _renamed(library, source, target):
            with garbage(library.models, DRAFT, target) as draft:
                _copy(source, draft, progress, checkpoint)
                with library.arriving(source, target):
                    draft.rename(target)
            library.moved(source, target)
            delete(library.models, source)
    return target


def _check(model: Installed, source: Path, target: Path) -> None:
    """Raises `ModelsError`: `source` can not become `target`."""
    to = target.parent
    if model.linked:
        reason = f"{model.title} lies in a folder of another program. Move it yourself, then import it from there."
    elif not source.is_dir():
        reason = model.problem
    elif to == source.parent:
        reason = f"{model.title} is in {to} already. Choose another folder."
    elif target.is_relative_to(source):
        reason = f"{to} is a part of the model itself. Choose another folder."
    elif target.exists() or target.is_symlink():
        reason = f"There is already something at {target}. Choose another folder."
    elif to.exists() and not to.is_dir():
        reason = f"{to} is a file. Choose a folder."
    else:
        return
    raise ModelsError("folder_refused", reason)


def _renamed(library: Library, source: Path, target: Path) -> bool:
    """Whether it was enough to give it another name, as it is within a disk."""
    if source.stat().st_dev != target.parent.stat().st_dev:
        return False
    try:
        with library.arriving(source, target):
            source.rename(target)
    except OSError as error:
        # Parts of a file system may behave like disks of their own.
        if error.errno == errno.EXDEV:
            return False
        raise
    library.moved(source, target)
    return True


def _copy(source: Path, draft: Path, progress: Progress, checkpoint: Callable[[], None]) -> None:
    """Copy all files, put them on the disk, and compare them with what is known of them: hashes, else sizes.

    Raises:
        ModelsError: no room, or a file is not what it should be.
        OSError: a file can not be read or written.
        Cancelled: from the checkpoint.
    """
    paths = [Path(parent, name).relative_to(source) for parent, _, names in os.walk(source) for name in names]
    sizes = {path: (source / path).stat().st_size for path in paths}
    needed, free = sum(sizes.values()) + SPARE, shutil.disk_usage(draft.parent).free
    if needed > free:
        raise ModelsError(
            "disk_full",
            f"{source.name} takes {gigabytes(needed)}, and {gigabytes(free)} are free on the disk of {draft.parent}. "
            "Free some space, or choose another disk.",
        )
    manifest = read_manifest(source)
    facts = manifest.files if manifest else tuple(FileFact(path.as_posix(), size) for path, size in sizes.items())
    tally = Tally(progress, checkpoint, sum(sizes.values()) + sum(fact.size for fact in facts))
    for path in paths:
        (draft / path).parent.mkdir(parents=True, exist_ok=True)
        _copy_file(source / path, draft / path, tally)
    compare(draft, source.name, facts, tally)


def _copy_file(source: Path, target: Path, tally: Tally) -> None:
    with source.open("rb") as reading, target.open("xb") as writing:
        while data := reading.read(READ_BYTES):
            writing.write(data)
            tally.add(source.name, len(data))
        writing.flush()
        os.fsync(writing.fileno())
    shutil.copystat(source, target)
