"""The question of a turn: a soft block on the right that turns into a field when it is edited."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.look import Look
from app.ui.buttons import Button
from app.ui.painting import rounded
from app.ui.text import GrowingEdit, SelectableText
from app.ui.themed import Themed

_LONG_LINES = 14
"""A longer question is folded, so that a pasted log does not push everything away."""
_EDIT_LINES = 12


class QuestionBlock(QWidget, Themed):
    """As wide as its words need, at most ``question_width``, on the right of the column."""

    def __init__(self, look: Look, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._text = SelectableText(question, "Question", "question", self)
        self._text.ensurePolished()
        self._more = Button(look, "Show all of it", "link", parent=self)
        self._more.clicked.connect(self._unfold)
        self._folded = True
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:  # noqa: D102
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: D102
        return self._measure(width)[2]

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(self._look.sizes.question_width, self.heightForWidth(self._look.sizes.question_width))

    def minimumSizeHint(self) -> QSize:  # noqa: D102
        return QSize(0, 0)

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        sizes = self._look.sizes
        area = self._block()
        path = rounded(area, sizes.radius_l)
        # The corner next to the answer is nearly square.
        corner = QPainterPath()
        corner.addRoundedRect(
            QRectF(area.right() - sizes.radius_l, area.bottom() - sizes.radius_l, sizes.radius_l, sizes.radius_l),
            sizes.space_1,
            sizes.space_1,
        )
        painter.fillPath(path.united(corner), QColor(self._look.palette.accent_soft))

    def _measure(self, width: int) -> tuple[int, int, int]:
        """Width and height of the text, and the height of it all."""
        sizes = self._look.sizes
        across, down = 2 * sizes.space_4 - sizes.space_1, sizes.space_5 - sizes.space_1
        room = max(1, min(width, sizes.question_width) - across)
        text_width = min(self._text.natural_width(), room)
        text_height = self._text.heightForWidth(text_width)
        limit = self._text.fontMetrics().lineSpacing() * _LONG_LINES
        if not self._folded or text_height <= limit:
            return text_width, text_height, text_height + down
        return text_width, limit, limit + down + sizes.control

    def _block(self) -> QRectF:
        sizes = self._look.sizes
        text_width, _, height = self._measure(self.width())
        width = text_width + 2 * sizes.space_4 - sizes.space_1
        return QRectF(self.width() - width, 0, width, height)

    def _place(self) -> None:
        sizes = self._look.sizes
        text_width, text_height, height = self._measure(self.width())
        left = self.width() - text_width - sizes.space_4 + sizes.space_1 // 2
        top = (sizes.space_5 - sizes.space_1) // 2
        self._text.setGeometry(left, top, text_width, text_height)
        folded = height > text_height + sizes.space_5
        self._more.setVisible(folded)
        self._more.setGeometry(left, top + text_height, self._more.sizeHint().width(), sizes.control)

    def _unfold(self) -> None:
        self._folded = False
        self.updateGeometry()
        self._place()


class QuestionEditor(QWidget):
    """The question as a field, with what to do about it. The old answer is kept either way."""

    saved = Signal(str)
    cancelled = Signal()

    def __init__(self, look: Look, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        sizes = look.sizes
        self._field = GrowingEdit("Edit the question", _EDIT_LINES)
        self._field.setProperty("kind", "edit")
        self._field.setPlainText(question)
        self._field.take_escape()
        self._save = Button(look, "Ask again", "primary")
        cancel = Button(look, "Cancel", "plain")
        row = QHBoxLayout()
        row.setSpacing(sizes.space_2)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self._save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(sizes.space_2)
        column.addWidget(self._field)
        column.addLayout(row)
        self._field.submitted.connect(self._finish)
        self._field.given_up.connect(self.cancelled)
        self._field.textChanged.connect(self._check)
        self._save.clicked.connect(self._finish)
        cancel.clicked.connect(self.cancelled)

    def begin(self) -> None:
        """Put the cursor at the end of the question."""
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        cursor = self._field.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self._field.setTextCursor(cursor)

    def _check(self) -> None:
        self._save.setEnabled(bool(self._field.toPlainText().strip()))

    def _finish(self) -> None:
        if self._save.isEnabled():
            self.saved.emit(self._field.toPlainText())
