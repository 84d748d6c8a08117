"""Every byte of a model compared with what was published, where that is known."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from engine.models.description import describe, is_own, remedy
from engine.models.errors import ModelsError, told
from engine.models.manifest import FileFact, Manifest, read_manifest, write_manifest
from engine.models.structure import check_structure

Progress = Callable[[str, int, int], None]
"""Gets what is done, for a person, and how many bytes of how many."""

READ_BYTES = 4 * 1024**2
HASH_NAME = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(slots=True)
class Tally:
    """Bytes so far, of `total`; tells them, and lets the work be stopped in between."""

    progress: Progress
    checkpoint: Callable[[], None]
    total: int
    done: int = 0

    def add(self, what: str, count: int) -> None:
        """So many more. Raises `Cancelled` from the checkpoint."""
        self.checkpoint()
        self.done += count
        self.progress(what, min(self.done, self.total), self.total)


def check(folder: Path, progress: Progress, checkpoint: Callable[[], None]) -> str:
    """Read all of the model in `folder`; a sentence on what was compared. Of a model of Fingerpost's own, the manifest
    remembers which files were wrong: a download then brings those again.

    Raises:
        ModelsError: a file is missing or wrong; it is named.
        Cancelled: from the checkpoint.
    """
    name = describe(folder).title
    with told(f"{name} can not be checked", folder):
        manifest = read_manifest(folder)
        facts = known_facts(folder, manifest)
        if manifest is None:
            check_structure(folder, checkpoint)
        tally = Tally(progress, checkpoint, sum(fact.size for fact in facts))
        wrong = _wrong_files(folder, facts, tally)
        if manifest is not None:
            _remember(folder, manifest, wrong)
        if wrong:
            raise _damaged(folder, name, wrong, manifest)
        if manifest is not None:
            check_structure(folder, checkpoint)
    return _all_well(name, manifest, facts)


def compare(folder: Path, name: str, facts: Sequence[FileFact], tally: Tally) -> None:
    """Compare files of the model `name` with their sizes and hashes.

    Raises:
        ModelsError: some differ; all are named.
        OSError: one can not be read.
        Cancelled: from the checkpoint.
    """
    wrong = _wrong_files(folder, facts, tally)
    if wrong:
        raise _damaged(folder, name, wrong, read_manifest(folder))


def known_facts(folder: Path, manifest: Manifest | None) -> tuple[FileFact, ...]:
    """Those of the manifest, or what the names in a hub's cache tell: a file there is a link to a blob that is named by
    its hash."""
    if manifest is not None:
        return manifest.files
    facts = []
    for path in sorted(folder.iterdir()):
        blob = path.resolve() if path.is_symlink() and path.is_file() else path
        if blob.parent.name != "blobs" or not HASH_NAME.fullmatch(blob.name):
            continue
        large = len(blob.name) == 64
        facts.append(FileFact(path.name, blob.stat().st_size, blob.name if large else "", "" if large else blob.name))
    return tuple(facts)


def facts_of(folder: Path, tally: Tally) -> tuple[FileFact, ...]:
    """The facts of all files of `folder` but those that begin with a dot, read anew. Raises `OSError`, `Cancelled`."""
    facts = []
    for path in sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")):
        digest = hashlib.sha256()
        _read(path, digest.update, tally)
        facts.append(FileFact(path.name, path.stat().st_size, sha256=digest.hexdigest()))
    return tuple(facts)


def _wrong_files(folder: Path, facts: Sequence[FileFact], tally: Tally) -> list[str]:
    return [fact.path for fact in facts if not _is_right(folder / fact.path, fact, tally)]


def _damaged(folder: Path, name: str, wrong: Sequence[str], manifest: Manifest | None) -> ModelsError:
    are = "is" if len(wrong) == 1 else "are"
    said = f"{', '.join(wrong)} in {name} {are} missing or damaged. {remedy(folder, manifest)}"
    return ModelsError("wrong_hash", said)


def _remember(folder: Path, manifest: Manifest, wrong: Sequence[str]) -> None:
    if is_own(folder) and manifest.wrong != tuple(wrong):
        with suppress(OSError):  # What may not be written to can be checked all the same.
            write_manifest(folder, replace(manifest, wrong=tuple(wrong)))


def _is_right(path: Path, fact: FileFact, tally: Tally) -> bool:
    if not path.is_file() or path.stat().st_size != fact.size:
        tally.add(path.name, fact.size)
        return False
    expected = fact.sha256 or fact.git_sha1
    if not expected:
        tally.add(path.name, fact.size)
        return True
    digest = hashlib.sha256()
    if not fact.sha256:
        # How git names a blob.
        digest = hashlib.sha1(b"blob %d\0" % fact.size, usedforsecurity=False)
    _read(path, digest.update, tally)
    return digest.hexdigest() == expected


def _read(path: Path, take: Callable[[bytes], None], tally: Tally) -> None:
    with path.open("rb") as file:
        while data := file.read(READ_BYTES):
            take(data)
            tally.add(path.name, len(data))


def _all_well(name: str, manifest: Manifest | None, facts: Sequence[FileFact]) -> str:
    compared = sum(1 for fact in facts if fact.sha256 or fact.git_sha1)
    if manifest is not None and compared == len(facts):
        how = "as published" if manifest.form == "published" else "as they were written"
        return f"All {compared} files of {name} are {how}."
    if compared:
        return f"All files of {name} are whole, and the {compared} whose published hashes are known have those."
    return f"All files of {name} are whole. Their published hashes are not known here, so those were not compared."
