"""The rows of the sidebar: a model of days and conversations, and how they are painted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.domain.conversation import ConversationSummary
from app.look import Look
from app.ui.icons import Icons
from app.ui.painting import paint_surface, rounded
from app.ui.thumbnails import Thumbnails, cover
from app.ui.words import day_of

Index = QModelIndex | QPersistentModelIndex

SUMMARY = Qt.ItemDataRole.UserRole
"""The `ConversationSummary` of a row, None for the head of a day."""


class SidebarModel(QAbstractListModel):
    """Days and the conversations under them, newest first, as far as the filter lets them through."""

    rename_wanted = Signal(str, str)
    """Conversation id and its new title."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._summaries: tuple[ConversationSummary, ...] = ()
        self._filter = ""
        self._rows: list[ConversationSummary | str] = []

    def set_summaries(self, summaries: Sequence[ConversationSummary], now: datetime) -> None:
        """Show `summaries`, newest first, in the days that `now` makes of them."""
        self._summaries = tuple(summaries)
        self._arrange(now)

    def set_filter(self, words: str, now: datetime) -> None:
        """Show only conversations whose title or detail has every word of `words`."""
        self._filter = words
        self._arrange(now)

    def row_of(self, conversation: str) -> QModelIndex:
        """The row of a conversation, an invalid index where it is not shown."""
        for number, row in enumerate(self._rows):
            if isinstance(row, ConversationSummary) and row.id == conversation:
                return self.index(number)
        return QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, D102
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        row = self._rows[index.row()]
        if isinstance(row, str):
            return row if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole) else None
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole | Qt.ItemDataRole.ToolTipRole:
                return row.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{row.title}, {row.detail}" if row.detail else row.title
            case Qt.ItemDataRole.UserRole:
                return row
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: D102
        row = self._rows[index.row()]
        title = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or isinstance(row, str) or not title or title == row.title:
            return False
        self.rename_wanted.emit(row.id, title)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:  # noqa: D102
        if isinstance(self._rows[index.row()], str):
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def _arrange(self, now: datetime) -> None:
        words = self._filter.casefold().split()
        rows: list[ConversationSummary | str] = []
        begins = math.inf
        for summary in self._summaries:
            if words and not _has(summary, words):
                continue
            if summary.updated < begins:
                day, begins = day_of(summary.updated, now)
                rows.append(day)
            rows.append(summary)
        if _shape(rows) == _shape(self._rows):
            changed = [number for number, row in enumerate(rows) if row != self._rows[number]]
            self._rows = rows
            for number in changed:
                self.dataChanged.emit(self.index(number), self.index(number))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()


def _has(summary: ConversationSummary, words: Sequence[str]) -> bool:
    text = f"{summary.title}\n{summary.detail}".casefold()
    return all(word in text for word in words)


def _shape(rows: Sequence[ConversationSummary | str]) -> list[str]:
    return [row if isinstance(row, str) else row.id for row in rows]


class RowDelegate(QStyledItemDelegate):
    """Paints a day's head, or a conversation with its picture, title and detail."""

    def __init__(self, look: Look, icons: Icons, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._icons = icons
        self._thumbnails = thumbnails

    def set_look(self, look: Look) -> None:
        """Paint with `look` from now on."""
        self._look = look

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: D102
        sizes = self._look.sizes
        return QSize(0, sizes.day_height if index.data(SUMMARY) is None else sizes.row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: D102
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        summary = index.data(SUMMARY)
        if summary is None:
            self._paint_day(painter, area, str(index.data()))
        else:
            self._paint_row(painter, area, state, summary)
        painter.restore()

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: Index) -> QWidget:  # noqa: D102
        field = QLineEdit(parent)
        field.setAccessibleName("Title of the conversation")
        field.setAcceptDrops(False)
        return field

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:  # noqa: D102
        area: QRect = option.rect
        height = editor.sizeHint().height()
        editor.setGeometry(area.left() + 1, area.center().y() - height // 2, area.width() - 2, height)

    def _paint_day(self, painter: QPainter, area: QRect, day: str) -> None:
        sizes = self._look.sizes
        painter.setFont(self._font(sizes.font_s))
        painter.setPen(QColor(self._look.palette.ink_3))
        room = area.adjusted(sizes.space_2, 0, -sizes.space_2, -sizes.space_1)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, day)

    def _paint_row(self, painter: QPainter, area: QRect, state: QStyle.StateFlag, summary: ConversationSummary) -> None:
        colours, sizes = self._look.palette, self._look.sizes
        card = QRectF(area).adjusted(0, 1, 0, -1)
        if state & QStyle.StateFlag.State_Selected:
            focused = bool(state & QStyle.StateFlag.State_HasFocus)
            paint_surface(painter, card, sizes.radius_m, colours.surface, colours.accent if focused else colours.line)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillPath(rounded(card, sizes.radius_m), QColor(colours.line))
        thumb = QRectF(area.left() + sizes.space_2, 0, sizes.thumb_width, sizes.thumb_height)
        thumb.moveTop(area.center().y() - sizes.thumb_height / 2 + 1)
        self._paint_thumb(painter, thumb, summary)
        left = int(thumb.right()) + sizes.radius_m
        width = area.right() - left - sizes.space_2
        font = self._font(sizes.font_m)
        painter.setFont(font)
        title_height = painter.fontMetrics().height()
        painter.setPen(QColor(colours.ink))
        title = painter.fontMetrics().elidedText(summary.title, Qt.TextElideMode.ElideRight, width)
        small = self._font(sizes.font_s)
        painter.setFont(small)
        detail_height = painter.fontMetrics().height() if summary.detail else 0
        detail = painter.fontMetrics().elidedText(summary.detail, Qt.TextElideMode.ElideRight, width)
        top = area.center().y() + 1 - (title_height + detail_height) // 2
        painter.setFont(font)
        painter.drawText(QRect(left, top, width, title_height), Qt.AlignmentFlag.AlignVCenter, title)
        painter.setFont(small)
        painter.setPen(QColor(colours.ink_3 if not state & QStyle.StateFlag.State_MouseOver else colours.ink_2))
        painter.drawText(QRect(left, top + title_height, width, detail_height), Qt.AlignmentFlag.AlignVCenter, detail)

    def _paint_thumb(self, painter: QPainter, area: QRectF, summary: ConversationSummary) -> None:
        colours, sizes = self._look.palette, self._look.sizes
        painter.save()
        painter.setClipPath(rounded(area, sizes.space_1))
        painter.fillRect(area, QColor(colours.surface))
        image = None
        if summary.thumbnail is not None:
            wanted = cover(summary.thumbnail, sizes.thumb_width, sizes.thumb_height)
            ratio = painter.device().devicePixelRatioF() if painter.device() is not None else 1.0
            image = self._thumbnails.image(summary.thumbnail, wanted * ratio)
            if image is not None:
                shown = QRectF(0, 0, wanted.width(), wanted.height())
                shown.moveCenter(area.center())
                painter.drawImage(shown, image)
        if image is None and summary.thumbnail is None:
            # A conversation of words: three lines of text.
            for line, width in enumerate((24, 24, 14)):
                bar = QRectF(area.left() + sizes.space_2, area.top() + sizes.space_2 + line * 5, width, 2)
                painter.fillRect(bar, QColor(colours.line_strong))
        painter.restore()
        painter.setPen(QPen(QColor(colours.line_strong), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), sizes.space_1, sizes.space_1)

    def _font(self, size: int) -> QFont:
        parent = self.parent()
        font = QFont(parent.font()) if isinstance(parent, QWidget) else QFont()
        font.setPixelSize(size)
        return font


def id_of(model: QAbstractItemModel, index: Index) -> str:
    """The conversation of a row, empty for the head of a day or no row at all."""
    summary = model.data(index, SUMMARY) if index.isValid() else None
    return summary.id if isinstance(summary, ConversationSummary) else ""
