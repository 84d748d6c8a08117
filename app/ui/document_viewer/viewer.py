"""A document beside the conversation: its pages with everything around them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.look import Look
from app.ui.document_viewer.contents import ContentsCard
from app.ui.document_viewer.find_bar import FindBar
from app.ui.document_viewer.header import ViewerHeader
from app.ui.document_viewer.marks import PassageMark
from app.ui.document_viewer.reader import PageReader
from app.ui.icons import Icons
from engine.protocol import Box, DocumentInfo, PageShown, TextPlace


class DocumentViewer(QWidget):
    """Speaks in signals and takes values; each says which document (its sha256) it is about, and what comes for another
    one than the open one is left alone."""

    page_wanted = Signal(str, int, int)
    """Document, page, and the width of its picture in pixels. The nearest come first; `wants_page` tells later whether
    it is still of use."""
    text_wanted = Signal(str, int)
    """Document and page."""
    find_wanted = Signal(str, str)
    """Document and words."""
    similar_wanted = Signal(str)
    """Words: passages about them."""
    region_taken = Signal(str, int, object)
    """Document, page and `Box`."""
    table_wanted = Signal(str, int, int)
    """Document, page and which of its tables, from 0, is to be saved as CSV."""
    close_wanted = Signal()

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._document = ""
        self._header = ViewerHeader(look, icons)
        self._find = FindBar(look, icons)
        self.pages = PageReader(look)
        self._contents = ContentsCard(look, self.pages)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header)
        column.addWidget(self._find)
        column.addWidget(self.pages, 1)
        self.setFocusProxy(self.pages)
        self._connect()
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self.open_find)

    def document(self) -> str:
        """The open document, ``""`` before the first."""
        return self._document

    def show_document(self, info: DocumentInfo, name: str) -> None:
        """Open a document at its first page; the one that is open stays where it is and takes what is new."""
        other = info.document != self._document
        self._document = info.document
        self._header.set_document(name, len(info.pages), info.page_word)
        self._header.contents.setVisible(self._contents.set_info(info))
        self._contents.set_page(self.pages.page)
        self._header.region.setVisible(any(page.width for page in info.pages))
        self.pages.set_taking(False)
        self.pages.show_document(info, name)
        if other:
            self._hide_contents()
            self._find.clear()

    def show_mark(self, page: int, boxes: Sequence[Box] = (), text: str = "", *, sure: bool = True) -> None:
        """Go to a passage and mark it: at `boxes`, or where `text` stands on a page without places. Not `sure`: with a
        dashed line."""
        self.pages.show_mark(PassageMark(page, tuple(boxes), text, sure))

    def go_to(self, page: int) -> None:
        """Show a page from its top."""
        self.pages.go_to(page)

    def open_find(self) -> None:
        """Open the field to find words."""
        self._hide_contents()
        self._find.open_bar(self.pages.page, self.pages.selected_text())

    def wants_page(self, document: str, page: int, width: int) -> bool:
        """Whether a picture that was asked for is still of use: what scrolled away is not."""
        return document == self._document and self.pages.requests.wants(page, width)

    def set_page_picture(self, document: str, page: int, picture: QImage) -> None:
        """The picture of a page."""
        if document == self._document:
            self.pages.set_page_picture(page, picture)

    def set_page_problem(self, document: str, page: int, sentence: str) -> None:
        """Why a page can not be shown."""
        if document == self._document:
            self.pages.set_page_problem(page, sentence)

    def set_page_text(self, document: str, shown: PageShown) -> None:
        """The text of a page."""
        if document == self._document:
            self.pages.set_page_text(shown)

    def set_found(self, document: str, text: str, places: Sequence[TextPlace], *, more: bool = False) -> None:
        """Where the document says `text`."""
        if document == self._document:
            self._find.set_found(text, places, more=more)

    def escape(self) -> bool:
        """Leave what is open inside. False when nothing is."""
        if self.pages.taking():
            self.pages.set_taking(False)
        elif self._contents.isVisible():
            self._hide_contents()
            self.pages.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self._find.isVisible():
            self._find.close_bar()
        else:
            return False
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._place_contents()

    def _connect(self) -> None:
        pages, header, find = self.pages, self._header, self._find
        header.contents_wanted.connect(self._show_contents)
        header.page_chosen.connect(self._choose)
        header.zoom_wanted.connect(pages.zoom_by)
        header.fit_wanted.connect(lambda: pages.set_zoom(None))
        header.taking_wanted.connect(pages.set_taking)
        header.find_wanted.connect(self.open_find)
        header.close_wanted.connect(self.close_wanted)
        self._contents.page_chosen.connect(self._choose)
        pages.page_changed.connect(header.set_page)
        pages.page_changed.connect(self._contents.set_page)
        pages.zoom_changed.connect(header.set_zoom)
        pages.taking_changed.connect(header.region.setChecked)
        pages.requests.picture_wanted.connect(lambda page, width: self.page_wanted.emit(self._document, page, width))
        pages.requests.text_wanted.connect(lambda page: self.text_wanted.emit(self._document, page))
        pages.region_taken.connect(lambda page, box: self.region_taken.emit(self._document, page, box))
        pages.table_wanted.connect(lambda page, table: self.table_wanted.emit(self._document, page, table))
        find.find_wanted.connect(lambda text: self.find_wanted.emit(self._document, text))
        find.similar_wanted.connect(self.similar_wanted)
        find.found_changed.connect(pages.set_found)
        find.closed.connect(lambda: pages.setFocus(Qt.FocusReason.OtherFocusReason))

    def _choose(self, page: int) -> None:
        self._hide_contents()
        self.pages.go_to(page)
        self.pages.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_contents(self, on: bool) -> None:
        if on:
            self._place_contents()
            self._contents.open_at(self.pages.page)
        else:
            self._hide_contents()

    def _hide_contents(self) -> None:
        self._contents.hide()
        self._header.contents.setChecked(False)

    def _place_contents(self) -> None:
        edge = self._look.sizes.space_2
        room = self.pages.rect().adjusted(edge, edge, -edge, -edge)
        room.setWidth(min(room.width(), self._look.sizes.contents_width))
        room.setHeight(min(room.height(), self._contents.whole_height()))
        self._contents.setGeometry(room)
