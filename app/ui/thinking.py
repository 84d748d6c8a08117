"""What the model thought, folded away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.conversation import Answer
from app.look import Look
from app.ui.buttons import Button
from app.ui.icons import Icons
from app.ui.text import SelectableText
from app.ui.words import thought_line


class ThinkingFold(QWidget):
    """A line to click, and the thoughts under it once they are wanted. Unfolding never moves what stands above."""

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._head = Button(look, "Thinking…", "link", icons, "right")
        self._head.setCheckable(True)
        self._text = SelectableText("", "What the model thought", "thoughts")
        self._text.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.sizes.space_2)
        column.addWidget(self._head, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._text)
        self._reasoning = ""
        self._head.toggled.connect(self._fold)

    def extend(self, text: str) -> None:
        """Add what was thought just now."""
        self._reasoning += text
        if self._text.isVisibleTo(self):
            cursor = QTextCursor(self._text.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(text)
            self._text.updateGeometry()

    def end(self) -> None:
        """The answer has begun; how long it took comes with the whole answer."""
        self._head.set_words("Thought")

    def set_answer(self, answer: Answer, *, live: bool) -> None:
        """Show the thoughts of `answer`; `live` while they are still coming."""
        self._head.set_words(thought_line(answer, live=live))
        if answer.reasoning != self._reasoning:
            self._reasoning = answer.reasoning
            if self._head.isChecked():
                self._text.setPlainText(self._reasoning)
                self._text.updateGeometry()

    def _fold(self, open_: bool) -> None:
        if open_:
            self._text.setPlainText(self._reasoning.strip())
        self._text.setVisible(open_)
        self._head.set_drawing("down" if open_ else "right")
