"""The answer as it is read: a column of blocks that grows while it is written, with its mouse and keyboard."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QClipboard,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
)
from PySide6.QtWidgets import QMenu, QScrollArea, QToolTip, QWidget

from app.domain.documents import Citation
from app.look import Look
from app.render.column import START, BlockColumn
from app.render.marks import number_of
from app.render.selector import Selector
from app.render.signs import sign_number
from app.render.stream import BlockStream
from engine.protocol import Mark

_INTERVAL_MS = 33
"""Between two updates while text streams in."""


class AnswerView(BlockColumn):
    """Markdown as blocks. The width comes from the parent, the height follows it exactly.

    While text is appended only the open block at the end is laid out again: what was read neither moves nor flickers,
    and a selection in it stays. Nothing is ever loaded: pictures are shown as their text.
    """

    link_activated = Signal(str)
    """The target of a link that was clicked, or chosen with Tab and Enter."""
    citation_opened = Signal(int)
    """The number of a mark that was clicked, or chosen with Tab and Enter."""
    citation_pointed = Signal(int, QRect)
    """The number of the mark under the pointer and where it is on the desktop; 0 when it is there no longer."""
    mark_pointed = Signal(int)
    """The number of the mark on the picture whose sign is under the pointer or has the keyboard; 0 for none."""
    mark_opened = Signal(int)
    """The number of one whose sign was clicked, or chosen with Tab and Enter."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, parent)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Answer")
        self._stream = BlockStream()
        self._waiting = ""
        self._timer = QTimer(self, singleShot=True, interval=_INTERVAL_MS)
        self._timer.timeout.connect(self.flush)
        self._selector = Selector(self)
        self._pressed_link = ""
        self._pointed = 0
        self._mark = 0
        self._third_click = QTimer(
            self, singleShot=True, interval=QGuiApplication.styleHints().mouseDoubleClickInterval()
        )

    # Text

    def append(self, text: str) -> None:
        """Add text that has just come. Pieces that follow each other closely are drawn together."""
        self._waiting += text
        if not self._timer.isActive():
            self.flush()

    def set_text(self, markdown: str) -> None:
        """Show a whole text instead; blocks that are the same stay as they are."""
        self._timer.stop()
        self._waiting = ""
        self.show_blocks(self._stream.finish(markdown))
        self._selector.apply()
        self._let_tab_in()

    def _let_tab_in(self) -> None:
        """Tab stops here only when there is something to choose."""
        links = any(widget.sheet.links() for widget in self.widgets)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if links else Qt.FocusPolicy.ClickFocus)

    def set_citations(self, citations: Sequence[Citation]) -> None:
        """Show numbers in brackets as marks where they are those of `citations`. May come before or after the text."""
        self.flush()
        self.marks.take(citations)
        if self._stream.cite(frozenset(citation.number for citation in citations)):
            self.show_blocks(self._stream.blocks)
            self._selector.apply()
            self._let_tab_in()
        self._repaint()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Show the signs of `marks` as chips. Nothing is laid out again for it."""
        self.marks.signs.take(marks)
        self._let_tab_in()
        self._repaint()

    def set_lit_mark(self, number: int) -> None:
        """Bring out the signs of one mark; 0 for none."""
        if number != self.marks.signs.lit:
            self.marks.signs.lit = number
            self._repaint()

    def set_open_citation(self, number: int) -> None:
        """Fill the mark whose page is open; 0 for none."""
        if number != self.marks.opened:
            self.marks.opened = number
            self._repaint()

    def finish(self) -> None:
        """No more text comes: read all of it once more, now that it is complete."""
        self.set_text(self.markdown())

    def markdown(self) -> str:
        """The text as it came."""
        return self._stream.source + self._waiting

    def plain_text(self) -> str:
        """The text as it is read."""
        self.flush()
        return self.text_between(START, self.end)

    def selected_text(self) -> str:
        """What is selected, as text; may be empty."""
        return self._selector.text

    def select_all(self) -> None:
        """Select the whole answer."""
        self._selector.all()

    def copy(self) -> None:
        """Put the selection on the clipboard, when there is one."""
        if text := self._selector.text:
            QGuiApplication.clipboard().setText(text)

    def flush(self) -> None:
        """Show at once what `append` still holds back."""
        if not self._waiting:
            return
        text, self._waiting = self._waiting, ""
        first = self._stream.frozen
        self._stream.append(text)
        self.show_blocks(self._stream.blocks, first)
        self._selector.apply()
        self._timer.start()

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a selection: one click at a place, two at a word, three at a block; Shift extends it."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        place = self.place_at(event.position())
        self._pressed_link = self.link_at(event.position())
        self._selector.drop_link()
        if self._third_click.isActive():
            self._selector.block(place)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._selector.extend(place)
        else:
            self._selector.begin(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select the word; a third click soon after takes the block."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._selector.word(self.place_at(event.position()))
            self._third_click.start()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Extend the selection while the button is held; else show what is under the mouse by its shape."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            if not self._third_click.isActive():
                self._selector.extend(self.place_at(event.position()))
                self._follow(event.position())
            return
        over_link = bool(link := self.link_at(event.position()))
        self._point(number_of(link), event.position())
        self._point_mark(sign_number(link))
        self.setCursor(Qt.CursorShape.PointingHandCursor if over_link else Qt.CursorShape.IBeamCursor)

    def leaveEvent(self, event: QEvent) -> None:
        """No mark is pointed at any more."""
        super().leaveEvent(event)
        self._point(0, QPointF())
        self._point_mark(0)

    def _point(self, number: int, at: QPointF) -> None:
        if number != self._pointed:
            self._pointed = number
            box = self.link_box(at).toAlignedRect() if number else QRect()
            self.citation_pointed.emit(number, QRect(self.mapToGlobal(box.topLeft()), box.size()))

    def _point_mark(self, number: int) -> None:
        if number != self._mark:
            self._mark = number
            self.mark_pointed.emit(number)

    def _activate(self, link: str) -> None:
        if number := number_of(link):
            self.citation_opened.emit(number)
        elif number := sign_number(link):
            self.mark_opened.emit(number)
        else:
            self.link_activated.emit(link)

    def _repaint(self) -> None:
        for widget in self.widgets:
            widget.update()

    def _follow(self, point: QPointF) -> None:
        """Scroll the page along while a selection is drawn beyond its edge."""
        parent = self.parentWidget()
        while parent is not None and not isinstance(parent, QScrollArea):
            parent = parent.parentWidget()
        page = parent.widget() if parent is not None else None
        if parent is not None and page is not None:
            at = self.mapTo(page, point.toPoint())
            parent.ensureVisible(at.x(), at.y(), 0, self.typography.look.sizes.space_5)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Follow a link that was pressed and released without selecting anything."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        link, self._pressed_link = self._pressed_link, ""
        text = self._selector.text
        if text and (clipboard := QGuiApplication.clipboard()).supportsSelection():
            clipboard.setText(text, QClipboard.Mode.Selection)
        if link and not text and self.link_at(event.position()) == link:
            self._activate(link)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction("Copy", self.copy)
        copy.setEnabled(bool(self._selector.text))
        link = self.link_at(QPointF(event.pos()))
        if link and not number_of(link) and not sign_number(link):
            menu.addAction("Copy link", lambda: QGuiApplication.clipboard().setText(link))
        menu.addAction("Select all", self.select_all)
        menu.popup(event.globalPos())

    def _told_of(self, link: str) -> str:
        """Of a citation its card tells."""
        if number := sign_number(link):
            return f"<p>{html.escape(self.marks.signs.line(number))}</p>"
        return "" if number_of(link) else link

    # Keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy, select all, follow the link that has the keyboard."""
        if event.matches(QKeySequence.StandardKey.Copy) and self._selector.text:
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._selector.link:
            self._activate(self._selector.link)
        else:
            event.ignore()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes through the links before it goes on."""
        if self.hasFocus() and self._selector.step_link(forward):
            self._point_mark(sign_number(self._selector.link))
            return True
        return super().focusNextPrevChild(forward)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Coming by Tab, begin with the first link, or with the last one when going backwards."""
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._selector.step_link(event.reason() == Qt.FocusReason.TabFocusReason)
            self._point_mark(sign_number(self._selector.link))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Clicking elsewhere ends the selection."""
        super().focusOutEvent(event)
        self._selector.drop_link()
        self._point_mark(0)
        if event.reason() == Qt.FocusReason.MouseFocusReason:
            self._selector.begin(START)

    def event(self, event: QEvent) -> bool:
        """Keep the keys for text from the window's shortcuts; show where a link leads while the mouse rests on it."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            copies = event.matches(QKeySequence.StandardKey.Copy) and bool(self._selector.text)
            if copies or event.matches(QKeySequence.StandardKey.SelectAll):
                event.accept()
                return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            link = self.link_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self._told_of(link), self)
            return True
        return super().event(event)
