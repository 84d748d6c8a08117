"""What was read is kept by what it looks like: a line that was seen before, on this picture or an earlier one, is not
read again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from hashlib import blake2b
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by key: the `most` that were used last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of `key`, made if it is not there."""
        if key not in self._kept:
            self._kept[key] = make()
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def look_of(pixels: NDArray[np.uint8]) -> bytes:
    """16 bytes that are the same for pixels that are the same, whatever picture they come from."""
    told = blake2b(str(pixels.shape).encode(), digest_size=16)
    told.update(np.ascontiguousarray(pixels).tobytes())
    return told.digest()
