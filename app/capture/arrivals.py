"""Pictures that people bring: chosen files, drops, the clipboard."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal

from app.capture.clipboard import unpack
from app.capture.encode import picture_of
from app.capture.errors import NotAPicture
from app.capture.files import picture_from, read_picture
from app.capture.shot import Taken
from app.domain.conversation import Picture, Source
from app.jobs import Jobs


class Arrivals(QObject):
    """Reads them one after the other as jobs, so that they keep their order and show up as they are read."""

    picked = Signal(object)
    """`Picture`"""
    others = Signal(object)
    """Files and folders among those that came at once that are no pictures, in their order, as a tuple of paths."""
    problem = Signal(str)
    """A sentence; of several files that are refused at once, the first one's, and how many more there are."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs

    def files(self, paths: Sequence[Path], source: Source) -> None:
        """Each becomes `picked`, in this order; `others` come at the end, and what can not be read becomes one
        `problem`."""
        self._next(deque(paths), source, [], [])

    def paste(self, data: QMimeData, source: Source) -> None:
        """What the clipboard or a drop holds. `data` is used up before this returns."""
        incoming = unpack(data)
        if incoming.paths:
            self._next(deque(incoming.paths), source, list(incoming.refused), [])
        elif incoming.encoded:
            self._read(partial(picture_from, incoming.encoded, source, ""))
        elif incoming.image is not None:
            self._read(partial(picture_of, Taken(incoming.image, "", None), source))
        else:
            self._refuse(incoming.refused)

    def _next(self, paths: deque[Path], source: Source, refused: list[str], others: list[Path]) -> None:
        if not paths:
            self._refuse(refused)
            if others:
                self.others.emit(tuple(others))
            return
        path = paths.popleft()

        def done(picture: Picture) -> None:
            self.picked.emit(picture)
            self._next(paths, source, refused, others)

        def failed(error: Exception) -> None:
            if isinstance(error, NotAPicture):
                others.append(path)
            else:
                refused.append(str(error))
            self._next(paths, source, refused, others)

        self._jobs.run(partial(read_picture, path, source), done, failed)

    def _read(self, work: partial[Picture]) -> None:
        self._jobs.run(work, self.picked.emit, lambda error: self.problem.emit(str(error)))

    def _refuse(self, sentences: Sequence[str]) -> None:
        if not sentences:
            return
        others = len(sentences) - 1
        more = "" if not others else f" {others} more {'was' if others == 1 else 'were'} left out as well."
        self.problem.emit(sentences[0] + more)
