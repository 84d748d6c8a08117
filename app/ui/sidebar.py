"""The sidebar: every conversation, a search over them, and what answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHBoxLayout, QListView, QMenu, QVBoxLayout, QWidget

from app.domain.conversation import ConversationSummary
from app.domain.models import Download
from app.domain.status import EngineState
from app.look import Look
from app.ui.buttons import Button
from app.ui.icons import Icons
from app.ui.models.words import network_words
from app.ui.sidebar_rows import RowDelegate, SidebarModel, id_of
from app.ui.text import ElidedLabel, EscapableField, label
from app.ui.themed import Themed
from app.ui.thumbnails import Thumbnails
from app.ui.words import model_line
from engine.protocol import ModelInfo

_SEARCH_MS = 120


class ConversationList(QListView):
    """The rows. Enter opens, F2 renames, Delete deletes."""

    activated_row = Signal(QModelIndex)
    delete_row = Signal(QModelIndex)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("conversations")
        self.setAccessibleName("Conversations")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def editing(self) -> bool:
        """Whether a title is being changed in its row."""
        return self.state() == QAbstractItemView.State.EditingState

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.currentIndex().isValid():
            self.delete_row.emit(self.currentIndex())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            # The field of a title passes on the Enter that ends it.
            if not self.editing():
                self.activated_row.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class SearchField(EscapableField):
    """The search, with its shortcut inside it. Esc empties it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("Search")
        self.setAccessibleName("Search conversations")
        self.setToolTip("Search conversations (Ctrl+K)")
        self.setAcceptDrops(False)
        self.setProperty("kind", "search")
        self._hint = label("Ctrl K", "key")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 10, 0)
        row.addStretch(1)
        row.addWidget(self._hint, 0, Qt.AlignmentFlag.AlignVCenter)
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.textChanged.connect(lambda text: self._hint.setVisible(not text))
        self.escaped.connect(self.clear)


class _Dot(QWidget, Themed):
    """Whether the model is there: filled when it is, a ring when it is not."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._state: EngineState = "stopped"
        self.setFixedSize(QSize(look.sizes.dot, look.sizes.dot))

    def set_state(self, state: EngineState) -> None:
        self._state = state
        self.update()

    def set_look(self, look: Look) -> None:
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._look.palette
        there = self._state in ("idle", "generating", "cancelling")
        colour = QColor(colours.ok if there else colours.bad if self._state == "crashed" else colours.ink_3)
        painter.setPen(colour)
        painter.setBrush(colour if there else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(self.rect().adjusted(1, 1, -2, -2) if not there else self.rect().adjusted(0, 0, -1, -1))


class ModelFoot(QWidget):
    """What answers, and where. A click chooses another."""

    clicked = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        sizes = look.sizes
        self._model: ModelInfo | None = None
        self._state: EngineState = "stopped"
        self._dot = _Dot(look)
        self._button = Button(look, "No model chosen", "foot")
        self._button.describe("No model chosen. Choose a model")
        self._button.clicked.connect(self.clicked)
        line = QHBoxLayout()
        line.setSpacing(sizes.space_2)
        line.addWidget(self._dot)
        line.addWidget(self._button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(sizes.space_2, sizes.space_3, sizes.space_2, 0)
        column.setSpacing(sizes.space_1)
        column.addLayout(line)
        self._network = ElidedLabel(network_words(()), "small")
        column.addWidget(self._network)

    def set_model(self, model: ModelInfo | None) -> None:
        """Name the model that is loaded."""
        self._model = model
        self._show_words()

    def set_state(self, state: EngineState) -> None:
        """Show whether it is there."""
        self._state = state
        self._dot.set_state(state)
        self._show_words()

    def set_downloads(self, downloads: Sequence[Download]) -> None:
        """Say which hosts models come from while they do."""
        self._network.set_whole(network_words(downloads))

    def _show_words(self) -> None:
        if self._model is not None:
            line = model_line(self._model)
        else:
            line = "Loading the model" if self._state in ("starting", "loading") else "No model loaded"
        self._button.set_words(line)
        self._button.describe(f"{line}. Choose a model")


class Sidebar(QWidget, Themed):
    """Search, New question, the conversations by day, and the model."""

    new_wanted = Signal()
    opened = Signal(str)
    """Conversation id."""
    rename_wanted = Signal(str, str)
    """Conversation id and its new title."""
    delete_wanted = Signal(str)
    model_wanted = Signal()

    def __init__(self, look: Look, icons: Icons, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        sizes = look.sizes
        self._open = ""
        # What came while a title was being typed.
        self._held: Sequence[ConversationSummary] | None = None
        self.search = SearchField()
        self.search.setFixedHeight(sizes.field)
        self.foot = ModelFoot(look)
        new = Button(look, "New question", "big")
        new.describe("New question", "Ctrl+N")
        new.setFixedHeight(sizes.field + 2)
        self._model = SidebarModel(self)
        self._list = ConversationList()
        self._delegate = RowDelegate(look, icons, thumbnails, self._list)
        self._list.setItemDelegate(self._delegate)
        self._list.setModel(self._model)
        # After the list itself has closed the field.
        self._delegate.closeEditor.connect(self._show_held)
        self._nothing = label("", "small", wrap=True)
        self._nothing.setContentsMargins(sizes.space_2, sizes.space_4, sizes.space_2, 0)
        self._nothing.hide()
        line = QFrame()
        line.setObjectName("line")
        line.setFixedHeight(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(sizes.space_3, sizes.space_3, sizes.space_3, sizes.space_3)
        column.setSpacing(sizes.space_2)
        column.addWidget(self.search)
        column.addWidget(new)
        column.addWidget(self._nothing)
        column.addWidget(self._list, 1)
        column.addWidget(line)
        column.addWidget(self.foot)
        self._debounce = QTimer(self)
        self._debounce.setSingleShot(True)
        self._debounce.setInterval(_SEARCH_MS)
        self._debounce.timeout.connect(self._search)
        self.search.textChanged.connect(self._search_soon)
        self.search.escaped.connect(self._search)
        self.search.returnPressed.connect(self._open_first)
        new.clicked.connect(self.new_wanted)
        self._list.clicked.connect(self._on_row)
        self._list.activated_row.connect(self._on_row)
        self._list.delete_row.connect(self._on_delete)
        self._list.customContextMenuRequested.connect(self._show_menu)
        self._model.rename_wanted.connect(self.rename_wanted)
        self.foot.clicked.connect(self.model_wanted)
        thumbnails.changed.connect(lambda _id: self._list.viewport().update())

    def set_summaries(self, summaries: Sequence[ConversationSummary]) -> None:
        """Show these, newest first. The place in the list is kept, and a title that is being typed."""
        self._held = None
        if self._list.editing():
            self._held = summaries
            return
        bar = self._list.verticalScrollBar()
        at = bar.value()
        self._model.set_summaries(summaries, datetime.now().astimezone())
        self._after_change()
        # The range is known only after the rows were measured.
        self._list.executeDelayedItemsLayout()
        bar.setValue(at)

    def set_open(self, conversation: str) -> None:
        """Mark the conversation that is open; empty for none."""
        self._open = conversation
        self._select_open()

    def focus_search(self) -> None:
        """Put the cursor into the search."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._delegate.set_look(look)
        self._list.viewport().update()

    def _show_held(self) -> None:
        if self._held is not None:
            self.set_summaries(self._held)

    def _search_soon(self) -> None:
        self._debounce.start()

    def _search(self) -> None:
        self._debounce.stop()
        self._model.set_filter(self.search.text(), datetime.now().astimezone())
        self._after_change()

    def _after_change(self) -> None:
        empty = self._model.rowCount() == 0
        found = "No conversation has these words." if self.search.text() else "What you ask is kept here."
        self._nothing.setText(found)
        self._nothing.setVisible(empty)
        self._select_open()

    def _select_open(self) -> None:
        index = self._model.row_of(self._open)
        if index.isValid():
            self._list.setCurrentIndex(index)
        else:
            self._list.clearSelection()
            self._list.setCurrentIndex(QModelIndex())

    def _open_first(self) -> None:
        self._search()
        if self._model.rowCount() > 1:
            self._on_row(self._model.index(1))

    def _on_row(self, index: QModelIndex) -> None:
        conversation = id_of(self._model, index)
        if conversation:
            self.opened.emit(conversation)
        else:
            self._select_open()

    def _on_delete(self, index: QModelIndex) -> None:
        conversation = id_of(self._model, index)
        if conversation:
            self.delete_wanted.emit(conversation)

    def _show_menu(self, at: QPoint) -> None:
        index = self._list.indexAt(at)
        if not id_of(self._model, index):
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Rename").triggered.connect(lambda: self._list.edit(index))
        menu.addAction("Delete").triggered.connect(lambda: self._on_delete(index))
        menu.popup(self._list.viewport().mapToGlobal(at))
