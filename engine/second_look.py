"""Asks once more where something is, in a part of the picture around where it should be."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

from engine import resources
from engine.grounding import GroundingText, Marks
from engine.images import open_picture
from engine.protocol import (
    Box,
    Event,
    FinishReason,
    Generate,
    Grounded,
    Image,
    LookAgain,
    Message,
    Sampling,
    Text,
    TextDelta,
)
from engine.tool_loop import Answering
from engine.zoom import MARGIN, SCALE, Region, crop, frame

PROMPT = "prompts/look_again.txt"
AROUND = 2.0
"""Sides of the part, in sides of the box: four times its area."""
LEAST_SIDE = 320
"""Pixels a side of the part at least, where the picture has as many."""
MOST_TOKENS = 96


class SecondLook:
    """One `LookAgain`."""

    def __init__(self, look: LookAgain) -> None:
        self._look = look

    def events(self, answer: Answering) -> Generator[Event, None, FinishReason]:
        """One `Grounded` if it is there; returns how the answer ended.

        Raises:
            PictureError: the picture can not be read any more.
            OSError: the part can not be written.
        """
        path = Path(self._look.picture.path)
        width, height = open_picture(path).size
        region = part_around(self._look.box, width, height)
        left, top, right, bottom = frame(region, width, height)
        with TemporaryDirectory(prefix="fingerpost-", ignore_cleanup_errors=True) as folder:
            found, reason = yield from self._asked(answer, crop(path, region, Path(folder)))
        if found is not None:
            across, down = right - left, bottom - top
            box = Box(
                (left + found.box.x0 * across) / width,
                (top + found.box.y0 * down) / height,
                (left + found.box.x1 * across) / width,
                (top + found.box.y1 * down) / height,
            )
            attachment = self._look.picture.attachment
            yield Grounded(self._look.request_id, attachment, 1, self._look.label, box, found.shape)
        return reason

    def _asked(self, answer: Answering, part: Image) -> Generator[Event, None, tuple[Grounded | None, FinishReason]]:
        """The first place that the model names on `part`. What it says is not told."""
        yield from ()
        reader = GroundingText(self._look.request_id, Marks(), lambda number: part)
        request = Generate(
            self._look.request_id,
            (Message("user", (part, Text(self._look.label))),),
            system=resources.text(PROMPT),
            sampling=Sampling(greedy=True),
            max_tokens=MOST_TOKENS,
            image_budget=self._look.image_budget,
        )
        answering = answer(request)
        told: list[str | Event] = []
        while True:
            try:
                event = next(answering)
            except StopIteration as stopped:
                reason: FinishReason = stopped.value
                break
            if isinstance(event, TextDelta) and event.channel == "answer":
                told += reader.push(event.text)
        told += reader.finish()
        return next((event for event in told if isinstance(event, Grounded)), None), reason


def part_around(box: Box, width: int, height: int) -> Region:
    """The part of a picture of `width` x `height` pixels to look at for what should be at `box`."""
    left, right = _around(box.x0, box.x1, width)
    top, bottom = _around(box.y0, box.y1, height)
    return Region(0, left, top, right, bottom)


def _around(first: float, last: float, size: int) -> tuple[float, float]:
    """Borders in thousandths. What is cut out has a margin of its own, which is part of the sides asked for."""
    side = max(AROUND * abs(last - first) * size, LEAST_SIDE) / (1 + 2 * MARGIN)
    middle, reach = (first + last) / 2 * SCALE, side / size / 2 * SCALE
    return middle - reach, middle + reach
