"""Files and folders that a person brings, looked at off the main thread: what is there to read, what is passed over and
why, and a copy that stays when the file goes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.documents import DocumentAttachment
from app.store import Store

MOST_COPIED = 50_000_000
"""Bytes of a file that is copied; a larger one stays where it is."""
MOST_FILES = 100
"""That one question takes."""
MOST_LOOKED_AT = 20_000
"""Files of a folder, before no more are looked at."""
_PIECE = 1 << 20
_UNREAD = re.compile(
    r"\.(7z|a|aac|app|avi|bin|bz2|class|com|dat|db|dll|dmg|dylib|exe|flac|gguf|gz|ico|iso|jar|lnk|lock|m4a|mkv|mov|mp3|mp4"
    r"|msi|npy|o|obj|ogg|otf|pdb|pyc|rar|rpm|safetensors|so|sqlite|tar|tmp|ttf|wav|webm|wma|wmv|woff2?|xz|zip|zst)",
    re.IGNORECASE,
)
"""Endings of files in a folder that nobody means to read: sound, films, programs, archives, what programs keep."""


class IntakeError(Exception):
    """A file that can not be taken. `str()` is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file of a folder that is not read, and why: the rest of the sentence "a.zip …"."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is to be read, in the order of names, and what of folders is not. `more` is how many files there are beyond
    the cap."""

    files: tuple[Path, ...]
    skipped: tuple[Skipped, ...] = ()
    more: int = 0
    has_folder: bool = False


def gather(paths: Sequence[Path], room: int) -> Gathered:
    """The files of `paths` and of the folders among them, at most `room`. Slow: run it as a job."""
    files: list[Path] = []
    skipped: list[Skipped] = []
    for path in paths:
        if path.is_dir():
            _walk(path, files, skipped)
        else:
            files.append(path)
    has_folder = any(path.is_dir() for path in paths)
    return Gathered(tuple(files[:room]), tuple(skipped), max(0, len(files) - room), has_folder)


def take_in(path: Path, store: Store) -> DocumentAttachment:
    """Hash a file and keep a copy of it unless it is large. Slow: run it as a job.

    Raises:
        IntakeError: it can not be read.
        StoreError: the copy can not be kept.
    """
    name = path.name
    size = _checked_size(path)
    digest, copy = store.keep_document(_pieces(path), name, copies=size <= MOST_COPIED)
    return DocumentAttachment(digest, copy or path, name)


def is_unchanged(document: DocumentAttachment) -> bool:
    """Whether the file of `document` still has the bytes that it was read from. Slow: run it as a job."""
    digest = hashlib.sha256()
    try:
        for piece in _pieces(document.path):
            digest.update(piece)
    except IntakeError:
        return False
    return digest.hexdigest() == document.id


def sentence_of(gathered: Gathered) -> str:
    """What of a folder is not read, for a person; nothing if all is."""
    parts = []
    if gathered.more:
        left_out = "1 file is left out" if gathered.more == 1 else f"{gathered.more:,} files are left out"
        parts.append(f"A question takes up to {MOST_FILES} documents, so {left_out}. Add the rest to another question.")
    if gathered.skipped:
        first = ", ".join(f"{each.name} ({each.reason})" for each in gathered.skipped[:3])
        others = len(gathered.skipped) - 3
        parts.append(f"Not read: {first}" + (f", and {others:,} more." if others > 0 else "."))
    return " ".join(parts)


def _walk(folder: Path, files: list[Path], skipped: list[Skipped]) -> None:
    """Hidden files and folders are passed over without a word, and links are not followed."""
    looked_at = 0

    def unreadable(error: OSError) -> None:
        skipped.append(Skipped(Path(error.filename).name, "it may not be opened"))

    for place, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        for name in sorted(names):
            looked_at += 1
            if looked_at > MOST_LOOKED_AT:
                skipped.append(Skipped(folder.name, f"only its first {MOST_LOOKED_AT:,} files were looked at"))
                return
            path = Path(place, name)
            if name.startswith((".", "~$")) or path.is_symlink() or not path.is_file():
                continue
            if _UNREAD.fullmatch(path.suffix):
                skipped.append(Skipped(name, f"{path.suffix.lower()} files are not read"))
            elif path.stat().st_size == 0:
                skipped.append(Skipped(name, "it is empty"))
            else:
                files.append(path)


def _checked_size(path: Path) -> int:
    called = f"“{path.name}”"
    if not path.exists():
        raise IntakeError(f"{called} is not there any more. Add it again.")
    if not path.is_file():
        raise IntakeError(f"{called} is not a file. Add a document instead.")
    size = path.stat().st_size
    if size == 0:
        raise IntakeError(f"{called} is empty. Choose the file that has something in it.")
    return size


def _pieces(path: Path) -> Iterator[bytes]:
    called = f"“{path.name}”"
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    except PermissionError:
        raise IntakeError(f"Fingerpost may not read {called}. Change its permissions, then add it again.") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise IntakeError(f"{called} can not be read: {reason}. Copy it to another place and add it again.") from None
