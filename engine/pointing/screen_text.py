"""Reads the writing on screenshots."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from PIL import Image

from engine.documents.ocr import Recogniser
from engine.pointing.screen_text_line import ScreenLine
from engine.pointing.screen_text_plain import lines_plain
from engine.protocol.documents import Box

__all__ = ["ScreenLine", "ScreenReader"]

_PICTURES = 8
"""Pictures whose lines are kept."""


class ScreenReader:
    """Reads pictures line by line, and keeps what it read. It loads its models at first use. One thread at a time.

    `attachment` names a picture for good; `picture` opens it, and is called only when there is something to read.
    `checkpoint` is called between steps and raises to end the work; so do all methods.

    `threads`: how many to compute with, 0 for as many as are good."""

    def __init__(self, threads: int = 0) -> None:
        self._recogniser = Recogniser(threads)
        self._read: OrderedDict[str, tuple[ScreenLine, ...]] = OrderedDict()

    def lines(
        self, attachment: str, picture: Callable[[], Image.Image], checkpoint: Callable[[], None]
    ) -> tuple[ScreenLine, ...]:
        """Every line of the picture.

        Raises:
            DocumentError: there is not enough memory for it.
        """
        checkpoint()
        if attachment not in self._read:
            self._read[attachment] = lines_plain(self._recogniser, picture())
        self._read.move_to_end(attachment)
        while len(self._read) > _PICTURES:
            self._read.popitem(last=False)
        return self._read[attachment]

    def lines_near(
        self,
        attachment: str,
        picture: Callable[[], Image.Image],
        areas: Sequence[Box],
        checkpoint: Callable[[], None],
    ) -> tuple[ScreenLine, ...]:
        """The lines that touch one of the `areas`.

        Raises:
            DocumentError: there is not enough memory for it.
        """
        lines = self.lines(attachment, picture, checkpoint)
        return tuple(line for line in lines if any(_touch(line.box, area) for area in areas))

    def lines_like(
        self,
        attachment: str,
        picture: Callable[[], Image.Image],
        labels: Sequence[str],
        checkpoint: Callable[[], None],
    ) -> tuple[ScreenLine, ...]:
        """At least every line that may hold one of the `labels`. Lines whose size says that they can not may be left
        out.

        Raises:
            DocumentError: there is not enough memory for it.
        """
        return self.lines(attachment, picture, checkpoint)


def _touch(one: Box, other: Box) -> bool:
    return one.x0 <= other.x1 and other.x0 <= one.x1 and one.y0 <= other.y1 and other.y0 <= one.y1
