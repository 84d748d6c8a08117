"""safetensors files as they lie on the disk: eight bytes with the length of a header in JSON, the header, the data.

What PyTorch and MLX have for it maps a file or holds all of it in memory; a conversion reads and writes pieces.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from engine.models.manifest import FileFact

WIDTHS = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "BF16": 2, "F16": 2, "I16": 2, "U16": 2}
"""Bytes of a number by the name of its type; one for all others."""
MOST_HEADER = 100_000_000
"""Bytes: what the library itself refuses to read more of."""
PIECE = 16 * 1024**2
"""Bytes that are read at a time where nobody looks into them."""


class Damaged(Exception):
    """A file that is no whole safetensors file, or can not be read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A tensor in a file: its type as the header names it, its shape, and where in the file it begins."""

    name: str
    kind: str
    shape: tuple[int, ...]
    start: int = 0

    @property
    def width(self) -> int:
        """Bytes of one of its numbers."""
        return WIDTHS.get(self.kind, 1)

    @property
    def nbytes(self) -> int:
        """Bytes of all of them."""
        return math.prod(self.shape) * self.width


def read_entries(path: Path) -> list[Entry]:
    """The tensors of a file in the order in which they lie. Raises `Damaged`, `OSError`."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= MOST_HEADER:
            raise Damaged
        text = file.read(length)
        size = os.fstat(file.fileno()).st_size
    try:
        header: dict[str, Any] = json.loads(text)
        entries = [_entry(name, row, 8 + length) for name, row in header.items() if name != "__metadata__"]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise Damaged from error
    entries.sort(key=lambda entry: (entry.start, entry.nbytes))
    end = 8 + length
    for entry in entries:
        # No holes and nothing twice, as the format wants it.
        if entry.start != end:
            raise Damaged
        end += entry.nbytes
    if end != size:
        raise Damaged
    return entries


class HashedFile:
    """Reads a file once from beginning to end; nothing of it stays in memory. Every method raises `Damaged`."""

    def __init__(self, path: Path) -> None:
        self._path, self._hash, self._at = path, hashlib.sha256(), 0
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise Damaged from error

    def __enter__(self) -> HashedFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read(self, count: int) -> bytearray:
        """The next `count` bytes."""
        data = bytearray(count)
        try:
            filled = _fill(self._file, memoryview(data))
        except OSError as error:
            raise Damaged from error
        if filled != count:
            raise Damaged
        self._hash.update(data)
        self._at += count
        return data

    def pass_to(self, end: int, passed: Callable[[int], None]) -> None:
        """Read on up to the byte `end`; `passed` gets how many bytes each time."""
        while self._at < end:
            passed(len(self.read(min(PIECE, end - self._at))))

    def finish(self, passed: Callable[[int], None]) -> FileFact:
        """What is known of the file after its last byte."""
        self.pass_to(os.fstat(self._file.fileno()).st_size, passed)
        return FileFact(self._path.name, self._at, self._hash.hexdigest())


class ShardFile:
    """Writes tensors whose types and shapes are known into a file, piece by piece; each lies where it is aligned.

    The file has the ending ``.part`` until `finish` has read it back.
    """

    def __init__(self, path: Path, entries: Iterable[Entry]) -> None:
        self._path, self._draft = path, path.with_name(f"{path.name}.part")
        self._entries = _placed(sorted(entries, key=lambda entry: (-entry.width, entry.name)))
        self._by_name = {entry.name: entry for entry in self._entries}
        self._sums: dict[str, int] = {}
        self._written: dict[str, int] = {}
        header = _header(self._entries)
        self._data = len(header)
        self._file: BinaryIO = self._draft.open("wb+")
        self._file.write(header)

    @property
    def full(self) -> bool:
        """Whether all of all tensors is written."""
        return sum(self._written.values()) == sum(entry.nbytes for entry in self._entries)

    def close(self) -> None:
        """Leave it as it is."""
        self._file.close()

    def write(self, name: str, data: memoryview) -> None:
        """The next bytes of the tensor `name`. Raises `OSError`."""
        at = self._written.get(name, 0)
        self._file.seek(self._by_name[name].start + at)
        self._file.write(data)
        self._written[name] = at + data.nbytes
        self._sums[name] = zlib.crc32(data, self._sums.get(name, 0))

    def finish(self, passed: Callable[[int], None]) -> FileFact:
        """Put the file on the disk, read it back and give it its name.

        Raises:
            Damaged: a tensor is not what was written.
            OSError: it can not be written.
        """
        self._file.flush()
        os.fsync(self._file.fileno())
        if hasattr(os, "posix_fadvise"):
            # Else it would be read from the memory of the system, whatever the disk has made of it.
            os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        self._file.close()
        with HashedFile(self._draft) as file:
            file.pass_to(self._data, lambda count: None)
            for entry in self._entries:
                total = 0
                for count in _pieces(entry.nbytes):
                    total = zlib.crc32(file.read(count), total)
                    passed(count)
                if total != self._sums.get(entry.name, 0):
                    raise Damaged
            fact = file.finish(passed)
        self._draft.replace(self._path)
        return FileFact(self._path.name, fact.size, fact.sha256)


def _entry(name: str, row: dict[str, Any], data: int) -> Entry:
    """A line of the header; `data` is where in the file the data begin."""
    shape = tuple(int(side) for side in row["shape"])
    return Entry(name, str(row["dtype"]), shape, data + int(row["data_offsets"][0]))


def _fill(file: BinaryIO, view: memoryview) -> int:
    done = 0
    while done < len(view):
        count = file.readinto(view[done:])  # type: ignore[attr-defined]
        if not count:
            break
        done += count
    return done


def _pieces(total: int) -> Iterable[int]:
    return (min(PIECE, total - at) for at in range(0, total, PIECE))


def _placed(entries: list[Entry]) -> list[Entry]:
    """With their places, which follow from the length of the header, in which they are said from the data on."""
    at = len(_header(entries))
    placed = []
    for entry in entries:
        placed.append(Entry(entry.name, entry.kind, entry.shape, at))
        at += entry.nbytes
    return placed


def _header(entries: list[Entry]) -> bytes:
    rows: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for entry in entries:
        rows[entry.name] = {
            "dtype": entry.kind,
            "shape": list(entry.shape),
            "data_offsets": [at, at + entry.nbytes],
        }
        at += entry.nbytes
    text = json.dumps(rows, separators=(",", ":")).encode()
    # Whole eights, so that every number behind lies where it is aligned.
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text
