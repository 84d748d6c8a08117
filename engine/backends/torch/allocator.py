"""The C library's allocator while weights are made into another form, where it is glibc's."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterator
from contextlib import contextmanager

# The parameters of mallopt(3).
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
APART = 2**20
"""Bytes: each weight of the 4B is larger, and nearly all that is needed on the way is smaller."""
REUSED = 2**27
"""Bytes: no part of a chunk of the prompt or of a picture is larger."""
KEPT = 2**30
"""Bytes: what a chunk of the prompt needs in all, which the next one needs again."""


@contextmanager
def large_blocks_apart() -> Iterator[None]:
    """Give each large block a mapping of its own, which goes back to the system when it is freed.

    glibc soon takes blocks of up to 32 MB from the heap. Weights that stay are then strewn between copies that do not,
    and the holes are never filled: 0.8 GB beside the 2.3 GB of a quarter of the 4B. Afterwards such blocks come from
    the heap, and it is kept: fresh memory costs a page fault for every 4 KiB, 130,000 for 512 tokens.
    """
    if platform.libc_ver()[0] != "glibc":
        yield
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(M_MMAP_THRESHOLD, APART)
    try:
        yield
    finally:
        libc.mallopt(M_MMAP_THRESHOLD, REUSED)
        libc.mallopt(M_TRIM_THRESHOLD, KEPT)
