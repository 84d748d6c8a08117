"""What an answer points at, below it: one line a mark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from engine.cli_output import Output
from engine.protocol import Box, Event, Finished, Grounded, Image, Notice, mark_sign


class MarksOutput:
    """Shows events by `output`, and after the last one on `out` where the signs in the text point to. `pictures` are
    those of the question."""

    def __init__(self, output: Output, out: TextIO, pictures: tuple[Image, ...]) -> None:
        self._output, self._out = output, out
        self._paths: Mapping[str, Path] = {picture.attachment: Path(picture.path) for picture in pictures}
        self._marks: list[Grounded] = []

    def show(self, event: Event) -> None:
        """Show one event."""
        self._output.show(event)
        match event:
            case Grounded():
                self._marks.append(event)
            case Notice(code="repetition"):
                self._marks.clear()
            case Finished() if self._marks:
                self._out.write("\n" + "".join(map(self._line, self._marks)))
                self._out.flush()

    def _line(self, mark: Grounded) -> str:
        """The sign, the label, the middle in percent, and the box in pixels; of which picture only where there are
        several."""
        path, box = self._paths[mark.attachment], mark.box
        middle = f"{(box.x0 + box.x1) / 2:.0%}, {(box.y0 + box.y1) / 2:.0%}"
        name = f"  {path.name}" if len(self._paths) > 1 else ""
        label = f" {mark.label}" if mark.label else ""
        return f"{mark_sign(mark.number)}{label}  {middle}{_pixels(path, box)}{name}\n"


def _pixels(path: Path, box: Box) -> str:
    """Left, top, right and bottom, in brackets; nothing when the picture is gone meanwhile."""
    from engine.images import PictureError, open_picture  # noqa: PLC0415 - NumPy and Pillow

    try:
        width, height = open_picture(path).size
    except PictureError:
        return ""
    return f"  ({box.x0 * width:.0f}, {box.y0 * height:.0f}, {box.x1 * width:.0f}, {box.y1 * height:.0f})"
