"""The line under the composer: what happens now, and a hint."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.status import Status
from app.look import Look
from app.ui.buttons import Button
from app.ui.progress import ProgressLine
from app.ui.text import ElidedLabel, label


class StatusRow(QWidget):
    """A sentence on the left with a thin line of progress above it. On the right a hint where there is room, or, while
    there is no model, the way to one."""

    model_wanted = Signal()

    def __init__(self, look: Look, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._sentence = ElidedLabel("", "small")
        self._hint = label(hint, "small")
        self._narrow = False
        self._without_model = False
        self._choose = Button(look, "Choose a model…", "link")
        self._choose.clicked.connect(self.model_wanted)
        self._choose.hide()
        self._progress = ProgressLine(look)
        keeps = self._progress.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)
        self._progress.setSizePolicy(keeps)
        self._progress.hide()
        row = QHBoxLayout()
        row.setSpacing(look.sizes.space_4)
        row.addWidget(self._sentence, 1)
        row.addWidget(self._hint)
        row.addWidget(self._choose)
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
        self._without_model = status.state in ("stopped", "crashed")
        self._show_right()

    def set_hint(self, hint: str) -> None:
        """Another hint, or none."""
        self._hint.setText(hint)

    def set_narrow(self, narrow: bool) -> None:
        """Leave the hint out."""
        self._narrow = narrow
        self._show_right()

    def _show_right(self) -> None:
        self._choose.setVisible(self._without_model)
        self._hint.setVisible(not self._without_model and not self._narrow)
