"""The text of the plain page: a field that two write in, the person and the model."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QKeyEvent,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from app.look import Look
from app.ui.themed import Themed

_LINE_HEIGHT = 115.0
"""Per cent of the font's own."""
_AT_END = 24
"""Pixels from the end that still count as being there."""
_LINE_ENDS = str.maketrans("\u2028\u2029", "\n\n")
"""What Qt has in place of line feeds."""


class WritingField(QTextEdit, Themed):
    """Plain text in a column in the middle. While the model writes, the person can read, scroll and select; what it
    wrote stays marked until the next edit, and is undone in one step."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._written = (0, 0)
        """From where to where the model wrote."""
        self._has_written = False
        self._writing = False
        self.setObjectName("page")
        self.setProperty("kind", "composer")
        self.setAccessibleName("Text")
        self.setAcceptRichText(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        # Drops belong to the whole window.
        self.setAcceptDrops(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        # Not the frame's margins, which the placeholder does not know.
        self.document().setDocumentMargin(look.sizes.space_5)
        self.document().contentsChange.connect(self._on_change)
        self.set_text("")

    # --- The text ---

    def text(self) -> str:
        """All of it, character for character."""
        return self.document().toRawText().translate(_LINE_ENDS)

    def set_text(self, text: str) -> None:
        """Begin with `text`; what was there can not be brought back."""
        document = self.document()
        document.setUndoRedoEnabled(False)
        self.clear()
        spaced = QTextBlockFormat()
        spaced.setLineHeight(_LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor = QTextCursor(document)
        cursor.setBlockFormat(spaced)
        cursor.insertText(text)
        document.setUndoRedoEnabled(True)
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

    def take_away(self) -> None:
        """Empty the page; it can be undone."""
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.removeSelectedText()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- The model writes ---

    def begin_writing(self) -> None:
        """The model goes on from the end. What is being composed with an input method is part of the text first."""
        QGuiApplication.inputMethod().commit()
        end = QTextCursor(self.document())
        end.movePosition(QTextCursor.MoveOperation.End)
        self._written = (end.position(), end.position())
        self._has_written = False
        self._mark()
        self.setTextCursor(end)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._go_to_end()

    def write(self, text: str) -> None:
        """More from the model."""
        follows = self._is_at_end()
        begin, end = self._written
        self._written = (begin, self._replace(end, end, text))
        self._mark()
        if follows:
            self._go_to_end()

    def take_back(self) -> None:
        """What the model wrote since `begin_writing` is void."""
        begin, end = self._written
        self._written = (begin, self._replace(begin, end, ""))
        self._mark()

    def end_writing(self) -> None:
        """The field is the person's again."""
        if self._has_written:
            # Qt takes what is typed behind an insertion as part of it, but not what is typed behind a removal.
            end = self._written[1]
            self._replace(end, self._replace(end, end, " "), "")
        self._has_written = False
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextEditorInteraction)
        if self._is_at_end() and not self.textCursor().hasSelection():
            self.moveCursor(QTextCursor.MoveOperation.End)

    def _replace(self, begin: int, end: int, text: str) -> int:
        """Put `text` there, in the one step that undoes all since `begin_writing`. Returns where it ends."""
        cursor = QTextCursor(self.document())
        if self._has_written:
            cursor.joinPreviousEditBlock()
        else:
            cursor.beginEditBlock()
        self._writing = self._has_written = True
        cursor.setPosition(begin)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text)
        cursor.endEditBlock()
        self._writing = False
        return cursor.position()

    # --- How it looks ---

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self._mark()

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(self._look.sizes.page_width, self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:  # noqa: D102
        return QSize(0, self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        at_end = self._is_at_end()
        self._set_margins()
        super().resizeEvent(event)
        if at_end:
            self._go_to_end()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        super().keyPressEvent(event)
        if self.isReadOnly():
            # A key that is meant for the text must not end up elsewhere.
            event.accept()

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: D102
        self.insertPlainText(source.text())

    def canInsertFromMimeData(self, source: QMimeData) -> bool:  # noqa: D102
        return source.hasText()

    def _on_change(self, _at: int, _removed: int, _added: int) -> None:
        if not self._writing and self._written[0] != self._written[1]:
            self._written = (0, 0)
            self._mark()

    def _mark(self) -> None:
        begin, end = self._written
        marked = QTextCharFormat()
        marked.setBackground(QColor(self._look.palette.accent_soft))
        selections = []
        block = self.document().findBlock(begin)
        # A block at a time: the ends of the lines are left out.
        while block.isValid() and block.position() < end:
            cursor = QTextCursor(block)
            cursor.setPosition(max(begin, block.position()))
            cursor.setPosition(min(end, block.position() + block.length() - 1), QTextCursor.MoveMode.KeepAnchor)
            selection = QTextEdit.ExtraSelection()
            selection.cursor, selection.format = cursor, marked
            selections.append(selection)
            block = block.next()
        self.setExtraSelections(selections)

    def _set_margins(self) -> None:
        sizes = self._look.sizes
        # In line with what stands below, whether there is a scroll bar or not.
        inside = sizes.space_5 - sizes.space_3
        side = max(sizes.shadow_reach, (self.width() - sizes.page_width) // 2) - inside
        bar = self.verticalScrollBar()
        taken = bar.width() if bar.isVisible() else 0
        self.setViewportMargins(side, 0, max(0, side - taken), 0)

    def _is_at_end(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - _AT_END

    def _go_to_end(self) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())
