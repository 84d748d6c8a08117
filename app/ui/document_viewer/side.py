"""The panel on the right of the conversation: a document, or the search in documents."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QWidget

from app.domain.documents import Citation
from app.look import Look
from app.ui.document_viewer.passages import PassagesPanel
from app.ui.document_viewer.viewer import DocumentViewer
from app.ui.icons import Icons
from app.ui.themed import Themed
from engine.protocol import DocumentInfo, PassageFound

_GRIP = 7
_LEAST = 360
_BESIDE = 380
"""What the conversation keeps; a window too narrow for both shows the panel alone."""
_KEY_STEP = 24


class _Grip(QWidget, Themed):
    """The edge of the panel, to make it wider or narrower."""

    moved = Signal(float)
    """By how many pixels to the right."""
    reset = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._from: QPointF | None = None
        self.setFixedWidth(_GRIP)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Width of the panel")
        self.setAccessibleDescription("Left and Right change it")

    def set_look(self, look: Look) -> None:
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = self._look.palette
        lit = self.hasFocus() or self.underMouse()
        painter.fillRect(self.rect(), QColor(colours.sunken))
        painter.fillRect(0, self._look.sizes.bar_height - 1, self.width(), 1, QColor(colours.line))
        painter.fillRect(0, 0, 2 if lit else 1, self.height(), QColor(colours.accent if lit else colours.line))

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is not None:
            self.moved.emit(event.position().x() - self._from.x())

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._from = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self.reset.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.moved.emit(-_KEY_STEP if event.key() == Qt.Key.Key_Left else _KEY_STEP)
        else:
            event.ignore()


class DocumentSide(QWidget):
    """Hidden until it is asked for. The window gives it its place and asks `width_in` how wide it is."""

    changed = Signal()
    """It came, went, or has another width."""
    width_chosen = Signal(int)
    """The person made it that wide: to be remembered, and given to `set_width` next time."""
    left = Signal()
    """The page of a citation is open no longer: it was closed, or something else is shown in its place."""

    def __init__(self, look: Look, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self._wide = look.sizes.document_width
        self._focus_before: QWidget | None = None
        self.viewer = DocumentViewer(look, icons)
        self.passages = PassagesPanel(look, icons)
        self._pages = QStackedWidget()
        for page in (self.viewer, self.passages):
            self._pages.addWidget(page)
        grip = _Grip(look)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(grip)
        row.addWidget(self._pages, 1)
        grip.moved.connect(self._widen)
        grip.reset.connect(lambda: self._take(look.sizes.document_width))
        self.viewer.close_wanted.connect(self.close_side)
        self.passages.close_wanted.connect(self.close_side)
        self.viewer.similar_wanted.connect(self._search)
        self.hide()

    def show_document(self, info: DocumentInfo, name: str, page: int = 0) -> None:
        """Open a document, at `page` where one is given."""
        self._show(info, name)
        if page:
            self.viewer.go_to(page)

    def show_citation(self, info: DocumentInfo, citation: Citation) -> None:
        """Open the page of a citation with its quote marked, or its passage where the quote was not found."""
        text = citation.quote if citation.proved and citation.quote else citation.passage.text
        self._show(info, citation.passage.name)
        self.viewer.show_mark(citation.place, citation.lines, text, sure=citation.proved is not False)

    def show_passage(self, info: DocumentInfo, passage: PassageFound) -> None:
        """Open the page of a passage that was found, with the passage marked."""
        self._show(info, passage.name)
        self.viewer.show_mark(passage.page, passage.boxes, passage.text)

    def show_passages(self) -> None:
        """Come with the search."""
        self.left.emit()
        self._open(self.passages)

    def close_side(self) -> None:
        """Go away, and give the focus back."""
        if self.isHidden():
            return
        inside = self.has_focus()
        self.hide()
        self.changed.emit()
        before, self._focus_before = self._focus_before, None
        if inside and before is not None and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.left.emit()

    def escape(self) -> None:
        """Close what is open inside, else all of it."""
        if self._pages.currentWidget() is not self.viewer or not self.viewer.escape():
            self.close_side()

    def has_focus(self) -> bool:
        """Whether the keyboard is in it."""
        focus = QApplication.focusWidget()
        return focus is not None and self.isAncestorOf(focus)

    def set_width(self, width: int) -> None:
        """The width of the last time."""
        self._wide = max(_LEAST, width)
        self.changed.emit()

    def width_in(self, room: int) -> int:
        """How much of a window of `room` pixels it takes."""
        if self.isHidden():
            return 0
        if room < _LEAST + _BESIDE:
            return room
        return min(self._wide, room - _BESIDE)

    def _show(self, info: DocumentInfo, name: str) -> None:
        self.left.emit()
        self.viewer.show_document(info, name)
        self._open(self.viewer)

    def _open(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        if self.isHidden():
            self._focus_before = QApplication.focusWidget()
            self.show()
            self.changed.emit()
        page.setFocus(Qt.FocusReason.OtherFocusReason)

    def _search(self, question: str) -> None:
        self.show_passages()
        self.passages.ask(question)

    def _widen(self, right: float) -> None:
        self._take(round(self.width() - right))

    def _take(self, width: int) -> None:
        self.set_width(width)
        self.width_chosen.emit(self._wide)
