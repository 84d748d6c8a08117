"""A local record of what was proposed, allowed and done, with small pictures: for the person, and never sent."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from app.files import private_folder

THUMBNAIL = 480
"""Pixels of a thumbnail's longer side: one sees where it was, and can hardly read what stood there."""


class Journal:
    """One file of JSON lines for a goal, and its thumbnails beside it, in a folder of their own under `folder`."""

    def __init__(self, folder: Path, goal: str, window: str, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        name = time.strftime("%Y-%m-%d %H-%M-%S", time.localtime(clock()))
        self.folder = folder / name
        private_folder(self.folder)
        self._file = self.folder / "steps.jsonl"
        self._pictures = 0
        self.write("began", goal=goal, window=window)

    def write(self, what: str, picture: Path | None = None, **values: object) -> None:
        """Add a line. A picture that can not be read is left out; `OSError` where nothing can be written."""
        line: dict[str, object] = {"time": self._clock(), "what": what, **values}
        if picture is not None and (name := self._thumbnail(picture)):
            line["picture"] = name
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")

    def _thumbnail(self, picture: Path) -> str:
        image = QImage(str(picture))
        if image.isNull():
            return ""
        self._pictures += 1
        name = f"{self._pictures:03}.png"
        small = image.scaled(
            THUMBNAIL, THUMBNAIL, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        return name if small.save(str(self.folder / name)) else ""
