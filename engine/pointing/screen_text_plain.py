"""The slow twin of reading a screenshot: detection and recognition by RapidOCR as it comes. It finds writing at any
angle and on photographs too, and is what the fast reading is compared with."""

from __future__ import annotations

from PIL import Image

from engine.documents.ocr import Line, Recogniser
from engine.pointing.screen_text_line import ScreenLine
from engine.protocol.documents import Box


def lines_plain(recogniser: Recogniser, picture: Image.Image) -> tuple[ScreenLine, ...]:
    """Everything that is written in a picture, by the whole pipeline of `recogniser`.

    Raises:
        DocumentError: there is not enough memory for it.
    """
    return tuple(_line(line, picture.size) for line in recogniser._lines(picture) if line.words)


def _line(line: Line, size: tuple[int, int]) -> ScreenLine:
    words = tuple((text, _share(sides, size)) for text, sides in line.words)
    boxes = [box for _, box in words]
    whole = Box(
        min(box.x0 for box in boxes),
        min(box.y0 for box in boxes),
        max(box.x1 for box in boxes),
        max(box.y1 for box in boxes),
    )
    return ScreenLine(line.text.strip(), whole, words, line.score)


def _share(sides: tuple[float, float, float, float], size: tuple[int, int]) -> Box:
    width, height = size
    x0, y0, x1, y1 = sides
    return Box(x0 / width, y0 / height, x1 / width, y1 / height)
