"""Which streams an OLE compound file holds ([MS-CFB]): old Office files, and locked new ones, are such."""

from __future__ import annotations

import struct
from pathlib import Path

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENTRY = 128
_END = 0xFFFFFFFA
"""Sector numbers from here on are marks, no sectors."""
_MOST_SECTORS = 4_096
"""Of the directory; the files of a person need a handful."""


def top_streams(path: Path) -> frozenset[str]:
    """The names of streams and storages right below the root, as far as the file is whole. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(512)
        if len(head) < 512 or not head.startswith(MAGIC):
            return frozenset()
        shift = struct.unpack_from("<H", head, 30)[0]
        if shift not in (9, 12):
            return frozenset()
        size = 1 << shift
        table = struct.unpack_from("<109I", head, 76)

        def sector(number: int) -> bytes:
            file.seek((number + 1) << shift)
            return file.read(size)

        def following(number: int) -> int:
            place, entry = divmod(number, size // 4)
            if place >= len(table) or table[place] >= _END:
                return _END
            file.seek(((table[place] + 1) << shift) + entry * 4)
            data = file.read(4)
            return int.from_bytes(data, "little") if len(data) == 4 else _END

        directory, number, seen = b"", struct.unpack_from("<I", head, 48)[0], 0
        while number < _END and seen < _MOST_SECTORS:
            directory += sector(number)
            number, seen = following(number), seen + 1
    return _children_of_root(directory)


def _children_of_root(directory: bytes) -> frozenset[str]:
    count = len(directory) // _ENTRY
    if not count:
        return frozenset()
    names: set[str] = set()
    waiting, seen = [_links(directory, 0)[2]], set[int]()
    while waiting:
        index = waiting.pop()
        if index >= count or index in seen:
            continue
        seen.add(index)
        length = struct.unpack_from("<H", directory, index * _ENTRY + 64)[0]
        name = directory[index * _ENTRY : index * _ENTRY + max(0, min(length, 64) - 2)]
        names.add(name.decode("utf-16-le", "replace"))
        waiting += _links(directory, index)[:2]
    return frozenset(names)


def _links(directory: bytes, index: int) -> tuple[int, int, int]:
    """Left neighbour, right neighbour, first child."""
    left, right, child = struct.unpack_from("<3I", directory, index * _ENTRY + 68)
    return left, right, child
