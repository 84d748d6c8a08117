"""The documents of a question, on the page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.domain.documents import DocumentAttachment
from app.look import Look
from app.ui.buttons import Button
from app.ui.documents.words import icon_of, read_words
from app.ui.icons import Icons
from app.ui.painting import paint_surface
from engine.protocol import SourceRead

_AT_ONCE = 4


class DocumentChip(Button):
    """Its name and what was read of it."""

    def __init__(self, look: Look, icons: Icons, document: DocumentAttachment) -> None:
        super().__init__(look, "", "quiet")
        self._drawings = icons
        self.document = document
        self._detail = ""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.set_sources(())

    def set_sources(self, sources: Sequence[SourceRead]) -> None:
        """Say how much of it the answer was given."""
        self._detail = read_words(self.document, sources)
        self.describe(f"Open {self.document.name}" + (f", {self._detail}" if self._detail else ""))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: D102
        sizes = self._look.sizes
        small = QFontMetrics(self._small()).horizontalAdvance(self._detail)
        width = self._left() + self.fontMetrics().horizontalAdvance(self.document.name) + sizes.space_3
        return QSize(width + (small + sizes.space_2 + sizes.space_1 if small else 0), sizes.field + sizes.space_1)

    def minimumSizeHint(self) -> QSize:  # noqa: D102
        return QSize(self._look.sizes.tile_width, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, sizes = self._look.palette, self._look.sizes
        area = QRectF(self.rect())
        lit = self.hasFocus() or self.underMouse()
        paint_surface(painter, area, sizes.radius_m, colours.surface, colours.accent if lit else colours.line)
        icon = QRectF(sizes.space_3, (area.height() - sizes.icon) / 2, sizes.icon, sizes.icon)
        self._drawings.paint(painter, icon_of(self.document), colours.ink_2, icon)
        small = QFontMetrics(self._small())
        room = self.width() - self._left() - sizes.space_3
        detail = small.horizontalAdvance(self._detail)
        beside = room - detail - sizes.space_3
        fits = bool(detail) and beside >= min(
            sizes.tile_width, self.fontMetrics().horizontalAdvance(self.document.name)
        )
        kept = beside if fits else room
        name = self.fontMetrics().elidedText(self.document.name, Qt.TextElideMode.ElideMiddle, kept)
        painter.setPen(QColor(colours.ink))
        painter.drawText(area.adjusted(self._left(), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)
        if fits:
            painter.setFont(self._small())
            painter.setPen(QColor(colours.ink_3))
            right = area.adjusted(0, 0, -sizes.space_3, 0)
            painter.drawText(right, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._detail)

    def _left(self) -> int:
        sizes = self._look.sizes
        return sizes.space_3 + sizes.icon + sizes.space_2

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(self._look.sizes.font_s)
        return font


class DocumentChips(QWidget):
    """On the right, over the question; many are folded."""

    opened = Signal(object)
    """The `DocumentAttachment`."""

    def __init__(self, look: Look, icons: Icons, documents: Sequence[DocumentAttachment]) -> None:
        super().__init__()
        self._chips = [DocumentChip(look, icons, document) for document in documents]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.sizes.space_2)
        for number, chip in enumerate(self._chips):
            chip.clicked.connect(lambda _on=False, document=chip.document: self.opened.emit(document))
            column.addWidget(chip, 0, Qt.AlignmentFlag.AlignRight)
            chip.setVisible(number < _AT_ONCE)
        self._more = Button(look, f"Show all {len(documents)} documents", "link")
        self._more.clicked.connect(self._unfold)
        column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignRight)
        self._more.setVisible(len(documents) > _AT_ONCE)

    def set_sources(self, sources: Sequence[SourceRead]) -> None:
        """Say how much of each the answer was given."""
        for chip in self._chips:
            chip.set_sources(sources)

    def _unfold(self) -> None:
        self._more.hide()
        for chip in self._chips:
            chip.show()
