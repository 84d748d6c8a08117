"""The table of contents, as a card over the pages."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.look import Look
from app.ui.painting import Card
from engine.protocol import DocumentInfo, OutlineEntry

_INDENT = "    "
_PAGE = Qt.ItemDataRole.UserRole
_DEEPEST = 5


class _List(QListWidget):
    """Enter takes an entry, Esc is left to the viewer."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentItem() is not None:
            self.itemClicked.emit(self.currentItem())
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)


class ContentsCard(Card):
    """Entries with their page; the one that is read is chosen."""

    page_chosen = Signal(int)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, look.sizes.radius_m, parent, strong=True)
        self._list = _List()
        self._list.setAccessibleName("Contents")
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._list.setUniformItemSizes(True)
        edge = look.sizes.space_1
        column = QVBoxLayout(self)
        column.setContentsMargins(edge, edge, edge, edge)
        column.addWidget(self._list)
        self._list.itemClicked.connect(lambda item: self.page_chosen.emit(int(item.data(_PAGE))))
        self.hide()

    def set_info(self, info: DocumentInfo) -> bool:
        """Take the contents of a document. False when there is nothing to choose from."""
        entries = list(_entries(info))
        self._list.clear()
        for entry in entries:
            item = QListWidgetItem(_INDENT * (min(entry.level, _DEEPEST) - 1) + entry.title)
            item.setData(_PAGE, entry.page)
            item.setToolTip(f"{entry.title}, {info.page_word} {entry.page}")
            self._list.addItem(item)
        return bool(entries)

    def whole_height(self) -> int:
        """The height at which nothing needs to be scrolled."""
        return self._list.sizeHintForRow(0) * self._list.count() + 2 * self._look.sizes.space_1 + 2

    def set_page(self, page: int) -> None:
        """Choose the entry that `page` belongs to."""
        pages = [int(self._list.item(row).data(_PAGE)) for row in range(self._list.count())]
        before = [row for row, begins in enumerate(pages) if begins <= page]
        self._list.setCurrentRow(pages.index(page) if page in pages else before[-1] if before else -1)

    def open_at(self, page: int) -> None:
        """Show it, with the keyboard in it."""
        self.set_page(page)
        self.show()
        self.raise_()
        self._list.setFocus(Qt.FocusReason.OtherFocusReason)


def _entries(info: DocumentInfo) -> Sequence[OutlineEntry]:
    """The outline, or the names of sheets, slides and sections where there is none."""
    if info.outline or info.page_word == "page":
        return info.outline
    return [OutlineEntry(page.label, 1, page.number) for page in info.pages if page.label]
