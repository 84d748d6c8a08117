"""What no file may exceed, and zip and XML that can not blow up: files come from strangers."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any

from lxml import etree

from engine.documents.document import DocumentError
from engine.protocol import MAX_PICTURE_PIXELS

MIB = 1 << 20
CHUNK = MIB
RATIO_FROM = 10 * MIB
"""Members that unpack to less may be packed as tightly as they like: blank pictures and empty sheets are."""

# What `zipfile` and its decompressors raise on bytes that are not what they should be.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    KeyError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is read of a file. What lies over a cap of pages, rows, columns or characters is left out and said
    in the document's notes; the others refuse the file. `pixels` is the area of a picture or of a rendered page,
    `zip_bytes` what all members unpack to, `zip_ratio` that of a large member over what it takes packed.
    `memory_bytes` is what reading may take on top of the program, `page_seconds` the longest time without a sign of
    life, `seconds` that of the whole."""

    file_bytes: int = 1024 * MIB
    pages: int = 10_000
    rows: int = 100_000
    columns: int = 1_000
    characters: int = 50_000_000
    pixels: int = MAX_PICTURE_PIXELS
    zip_members: int = 2_000
    zip_bytes: int = 300 * MIB
    zip_ratio: int = 200
    memory_bytes: int = 1024 * MIB
    page_seconds: float = 20.0
    seconds: float = 300.0


class SafeZip:
    """The members of a zip file by name, read within `limits`. Nothing is ever unpacked to the disk."""

    def __init__(self, file: zipfile.ZipFile, name: str, limits: Limits) -> None:
        self._file, self._name, self._limits = file, name, limits
        self._unpacked = 0
        self._members = {info.filename: info for info in file.infolist() if not info.is_dir()}

    @property
    def names(self) -> tuple[str, ...]:
        """All members but folders, in the order of the file."""
        return tuple(self._members)

    def __contains__(self, member: object) -> bool:
        return member in self._members

    def size(self, member: str) -> int:
        """How many bytes `member` says it unpacks to. KeyError where there is none of this name."""
        return self._members[member].file_size

    def read(self, member: str) -> bytes:
        """The bytes of `member`, counted while they are unpacked.

        Raises:
            DocumentError: there is none of this name, it is damaged or encrypted, or it unpacks to too much.
        """
        info = self._members.get(member)
        if info is None:
            raise DocumentError(
                "document_unreadable",
                f"{self._name} is incomplete: {member} is missing in it. Save it again in the program it comes from.",
            )
        if info.flag_bits & 1:
            raise DocumentError(
                "document_unreadable", f"{self._name} is encrypted. Save it without a password and add it again."
            )
        try:
            with self._file.open(info) as stream:
                return self._counted(stream, info.compress_size)
        except _DAMAGE as error:
            raise _damaged(self._name) from error

    def _counted(self, stream: IO[bytes], packed: int) -> bytes:
        pieces, size = [], 0
        while piece := stream.read(CHUNK):
            pieces.append(piece)
            size += len(piece)
            self._unpacked += len(piece)
            if self._unpacked > self._limits.zip_bytes or _too_tight(size, packed, self._limits):
                raise _bomb(self._name)
        return b"".join(pieces)


@contextmanager
def open_zip(path: Path, limits: Limits, name: str = "") -> Iterator[SafeZip]:
    """The zip file at `path`, which messages call `name`, after a look at what it says of its members. Libraries that
    open the file themselves may do so inside the block: `zipfile` gives them no more than was declared and checked.

    Raises:
        DocumentError: it is not there, not a zip file, has too many members, unpacks to too much, or has members whose
            names lead out of it.
    """
    name = name or path.name
    try:
        file = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise DocumentError("document_unreadable", f"{name} is not there any more. Add it again.") from error
    except PermissionError as error:
        raise DocumentError(
            "document_unreadable", f"{name} may not be read. Change its permissions or add a copy of it."
        ) from error
    except _DAMAGE as error:
        raise _damaged(name) from error
    with file:
        _check_members(file.infolist(), name, limits)
        yield SafeZip(file, name, limits)


def parse_xml(data: bytes, name: str = "The file") -> Any:
    """The root element (lxml) of `data`. Entities are not expanded, nothing is fetched, comments and processing
    instructions are left out; a tree that is too deep or too large is refused.

    Raises:
        DocumentError: `data` is not XML.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _damaged(name) from error


def _check_members(members: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    if len(members) > limits.zip_members:
        raise DocumentError(
            "document_unreadable",
            f"{name} consists of {len(members):,} files, and {limits.zip_members:,} is the most that is read. "
            "Split it into smaller documents.",
        )
    if any(_leads_out(member.filename) for member in members):
        raise DocumentError(
            "document_unreadable",
            f"{name} has parts whose names lead to other places on this computer, so it was not opened. "
            "Ask where it comes from before you open it elsewhere.",
        )
    if sum(member.file_size for member in members) > limits.zip_bytes or any(
        _too_tight(member.file_size, member.compress_size, limits) for member in members
    ):
        raise _bomb(name)


def _leads_out(member: str) -> bool:
    """Absolute on any system, or up and out."""
    if PurePosixPath(member).is_absolute() or PureWindowsPath(member).drive or member.startswith("\\"):
        return True
    return ".." in member.replace("\\", "/").split("/")


def _too_tight(size: int, packed: int, limits: Limits) -> bool:
    return size > RATIO_FROM and size > limits.zip_ratio * max(packed, 1)


def _bomb(name: str) -> DocumentError:
    return DocumentError(
        "document_unreadable",
        f"{name} would grow to more than can be read when it is unpacked, so it was not opened. "
        "If you trust it, save it again in the program it comes from, or split it.",
    )


def _damaged(name: str) -> DocumentError:
    return DocumentError(
        "document_unreadable",
        f"{name} is damaged or cut short. Open it in the program it comes from and save it again.",
    )
