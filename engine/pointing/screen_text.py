"""Reads the writing on screenshots, fast.

Screens are drawn, not photographed: writing lies level, and its ink stands out from a plain ground. So the detection
network looks at a smaller picture, the ink itself tells to the pixel where a line is, and each line is read at its own
width. What was read once is not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image

from engine.pointing.screen_text_cache import Recent, look_of
from engine.pointing.screen_text_cutting import Cut
from engine.pointing.screen_text_holding import may_hold
from engine.pointing.screen_text_layout import Layout
from engine.pointing.screen_text_letters import Reading, read_line
from engine.pointing.screen_text_line import ScreenLine
from engine.pointing.screen_text_models import Networks
from engine.pointing.screen_text_words import line_of
from engine.protocol.documents import Box

__all__ = ["ScreenLine", "ScreenReader"]

_PICTURES = 8
"""Pictures whose lines are kept, about 1 MB each."""
_READINGS = 4_096


@dataclass(frozen=True, slots=True)
class _Laid:
    """A picture's size and its lines, cut out."""

    size: tuple[int, int]
    cuts: tuple[Cut, ...]


class ScreenReader:
    """Reads pictures line by line, and keeps what it read. It loads its models at first use. One thread at a time.

    `attachment` names a picture for good; `picture` opens it, and is called only when it was not seen lately.
    `checkpoint` is called between steps and raises to end the work; what was read until then stays known.

    `threads`: how many to compute with, 0 for as many as are good."""

    def __init__(self, threads: int = 0) -> None:
        self._networks = Networks(threads)
        self._layout = Layout(self._networks)
        self._laid: Recent[str, _Laid] = Recent(_PICTURES)
        self._readings: Recent[bytes, Reading] = Recent(_READINGS)

    def lines(
        self, attachment: str, picture: Callable[[], Image.Image], checkpoint: Callable[[], None]
    ) -> tuple[ScreenLine, ...]:
        """Every line of the picture, from top to bottom.

        Raises:
            DocumentError: there is not enough memory for it.
        """
        laid = self._lay(attachment, picture, checkpoint)
        return self._read(laid, laid.cuts, checkpoint)

    def lines_near(
        self,
        attachment: str,
        picture: Callable[[], Image.Image],
        areas: Sequence[Box],
        checkpoint: Callable[[], None],
    ) -> tuple[ScreenLine, ...]:
        """The lines that touch one of the `areas`. No other line is read.

        Raises:
            DocumentError: there is not enough memory for it.
        """
        laid = self._lay(attachment, picture, checkpoint)
        near = (one for one in laid.cuts if any(_touch(one, area, laid.size) for area in areas))
        return self._read(laid, near, checkpoint)

    def lines_like(
        self,
        attachment: str,
        picture: Callable[[], Image.Image],
        labels: Sequence[str],
        checkpoint: Callable[[], None],
    ) -> tuple[ScreenLine, ...]:
        """Every line that is long enough to hold one of the `labels`. No other line is read.

        Raises:
            DocumentError: there is not enough memory for it.
        """
        laid = self._lay(attachment, picture, checkpoint)
        fit = (one for one in laid.cuts if any(may_hold(one.box, label) for label in labels))
        return self._read(laid, fit, checkpoint)

    def _lay(self, attachment: str, picture: Callable[[], Image.Image], checkpoint: Callable[[], None]) -> _Laid:
        def make() -> _Laid:
            pixels = np.asarray(picture().convert("RGB"))
            return _Laid((pixels.shape[1], pixels.shape[0]), self._layout.lines(pixels, checkpoint))

        checkpoint()
        return self._laid.get(attachment, make)

    def _read(self, laid: _Laid, cuts: Iterable[Cut], checkpoint: Callable[[], None]) -> tuple[ScreenLine, ...]:
        lines = []
        for one in cuts:
            checkpoint()
            reading = self._readings.get(look_of(one.pixels), partial(read_line, self._networks, one.pixels))
            line = line_of(one, reading, laid.size)
            if line is not None:
                lines.append(line)
        return tuple(lines)


def _touch(one: Cut, area: Box, size: tuple[int, int]) -> bool:
    width, height = size
    box = one.box
    return (
        box.x0 <= area.x1 * width
        and area.x0 * width <= box.x1
        and box.y0 <= area.y1 * height
        and area.y0 * height <= box.y1
    )
