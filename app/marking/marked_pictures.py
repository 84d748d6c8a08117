"""`MarkedPictures`: copies and saves pictures with their marks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage

from app.domain.conversation import Attachment
from app.jobs import Jobs
from app.look import Look
from app.marking.export import load_marked, save_marked
from engine.protocol import Mark


class MarkedPictures(QObject):
    """Works in jobs, so that a large picture keeps nobody waiting. Every outcome is told as a sentence."""

    told = Signal(str)
    """It was copied or saved."""
    failed = Signal(str)

    def __init__(self, jobs: Jobs, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._look = look

    def set_look(self, look: Look) -> None:
        """Paint with `look` from now on."""
        self._look = look

    def copy(self, attachment: Attachment, marks: Sequence[Mark]) -> None:
        """Put the picture with `marks` on the clipboard."""
        self._jobs.run(
            partial(load_marked, self._look, attachment.path, tuple(marks)),
            self._take,
            lambda _error: self.failed.emit(
                "The picture could not be opened, so nothing was copied. Take the screenshot once more and ask again."
            ),
        )

    def save(self, attachment: Attachment, marks: Sequence[Mark], to: Path) -> None:
        """Write the picture with `marks` to the file `to`, as PNG whatever its name says."""
        self._jobs.run(
            partial(save_marked, self._look, attachment.path, tuple(marks), to),
            lambda _: self.told.emit(f"Saved as {to.name}."),
            lambda _error: self.failed.emit(
                f"{to.name} could not be saved. Choose another folder, or make room on the disk, and save again."
            ),
        )

    def _take(self, picture: QImage) -> None:
        QGuiApplication.clipboard().setImage(picture)
        self.told.emit("Copied the picture with its marks.")
