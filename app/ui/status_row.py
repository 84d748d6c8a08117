"""The line under the composer: what happens now, and a hint."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.status import Status
from app.look import Look
from app.ui.progress import ProgressLine
from app.ui.text import ElidedLabel, label


class StatusRow(QWidget):
    """A sentence on the left with a thin line of progress above it, a hint on the right where there is room."""

    def __init__(self, look: Look, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._sentence = ElidedLabel("", "small")
        self._hint = label(hint, "small")
        self._progress = ProgressLine(look)
        keeps = self._progress.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(keeps)
        self._progress.hide()
        row = QHBoxLayout()
        row.setSpacing(look.sizes.space_4)
        row.addWidget(self._sentence, 1)
        row.addWidget(self._hint)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.sizes.space_1)
        column.addWidget(self._progress)
        column.addLayout(row)

    def set_status(self, status: Status) -> None:
        """Show the sentence, and the progress where its end is known."""
        self._sentence.set_whole(status.sentence)
        self._progress.set_progress(status.progress)
        self._progress.setVisible(status.progress is not None)

    def set_narrow(self, narrow: bool) -> None:
        """Leave the hint out."""
        self._hint.setVisible(not narrow)
