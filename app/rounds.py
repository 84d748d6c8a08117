"""What comes back late from something that was given up is not heard any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Rounds:
    """Numbers what is under way; `begin` makes everything before it old."""

    def __init__(self) -> None:
        self._number = 0

    def begin(self) -> None:
        """Something else is under way now."""
        self._number += 1

    def current(self, call: Callable[[T], None]) -> Callable[[T], None]:
        """`call`, unless something else has begun until then."""
        number = self._number

        def if_current(result: T) -> None:
            if number == self._number:
                call(result)

        return if_current
