"""Finding things on a picture, and weighing what the model points at: what these commands do, and how each ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from engine.documents.job import Stopped
from engine.images import open_picture
from engine.pointing.check import check
from engine.pointing.find import Picture, Search
from engine.pointing.screen_text import ScreenReader
from engine.protocol import CheckMarks, Element, Event, FindOnScreen, FoundOnScreen, MarksChecked
from engine.worker.lanes import Task

PointRequest = FindOnScreen | CheckMarks


class Pointing:
    """Does the commands about places on a picture, and keeps what it read. For one thread."""

    def __init__(self) -> None:
        self._reader = ScreenReader()

    def point(self, task: Task[PointRequest]) -> Event:
        """Do a command.

        Raises:
            Stopped: it was cancelled.
            PictureError, DocumentError: the picture can not be read.
        """
        command = task.command

        def checkpoint() -> None:
            if task.cancelled.is_set():
                raise Stopped

        checkpoint()
        search = self._search(command.attachment, command.path, command.elements, checkpoint)
        if isinstance(command, CheckMarks):
            return MarksChecked(command.request_id, check(search, command.elements, command.marks))
        if not command.queries:
            search.all_lines()
        found = []
        for query in command.queries:
            checkpoint()
            found.append(search.find(query, command.top))
        return FoundOnScreen(command.request_id, tuple(found))

    def _search(
        self, attachment: str, path: str, elements: Sequence[Element], checkpoint: Callable[[], None]
    ) -> Search:
        opened: list[Image.Image] = []

        def picture() -> Image.Image:
            if not opened:
                opened.append(open_picture(Path(path)))
            return opened[0]

        return Search(Picture(attachment, picture), elements, self._reader, checkpoint)
