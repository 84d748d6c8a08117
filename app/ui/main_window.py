"""The window: what stands where, and the keys that work everywhere in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from app.capture.clipboard import accepts
from app.domain.conversation import Conversation, Turn
from app.domain.documents import Citation
from app.domain.status import Status
from app.look import Look, style_sheet
from app.render.view import AnswerView
from app.ui.answer import AnswerFactory
from app.ui.composer import Composer
from app.ui.document_viewer.side import DocumentSide
from app.ui.documents.sources_sheet import SourcesSheet
from app.ui.file_dialog import choose_files
from app.ui.header import HeaderBar
from app.ui.icons import Icons
from app.ui.middle import Middle
from app.ui.model_sheet import ModelSheet
from app.ui.painting import Shadowed
from app.ui.sheet import DropVeil, Overlay, SidebarVeil
from app.ui.sidebar import Sidebar
from app.ui.status_row import StatusRow
from app.ui.themed import qt_palette, retheme
from app.ui.thumbnails import Thumbnails
from app.ui.toast import Toasts
from app.ui.viewer import PictureViewer
from engine.protocol import DocumentInfo, ModelInfo, Variant

_LEAST = QSize(380, 420)
_FIRST = QSize(1240, 820)
_SHARE = 0.95
"""Of the screen, at most: there is a frame around the window."""
_MODIFIER = Qt.KeyboardModifier
_HINT = "Ctrl+Shift+R takes a region"


class MainWindow(QWidget):
    """Holds the parts, which are public: `app.main` connects their signals. Sets no state that was not given to it."""

    dropped = Signal(QMimeData)
    pasted = Signal(QMimeData)
    """Pictures or files, during the signal alone."""
    files_chosen = Signal(list)
    """Paths, from the system's own dialog."""
    delete_wanted = Signal(str)
    """Conversation id. A note offers to undo it."""
    undo_wanted = Signal(str)
    renamed = Signal(str, str)
    """Conversation id and its new title."""
    stop_wanted = Signal()
    """Esc, while nothing lies on top."""
    settings_wanted = Signal()
    """The system's page for the permission to capture the screen."""
    closing = Signal()

    def __init__(
        self,
        look: Look,
        resources: Path,
        thumbnails: Thumbnails,
        answer_view: AnswerFactory = AnswerView,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._template = (resources / "look" / "style.qss").read_text(encoding="utf-8")
        icons = Icons(resources / "icons")
        self._conversation = ""
        self._narrow = False
        self._answering = False
        self.setWindowTitle("Fingerpost")
        self.setWindowIcon(icons.icon("fingerpost", "", 2 * look.sizes.space_6))
        self.setMinimumSize(_LEAST)
        # A window manager may leave what is larger than its screen partly out of sight.
        self.resize(_FIRST.boundedTo(self.screen().availableSize() * _SHARE))
        self.setAcceptDrops(True)

        self.header = HeaderBar(look, icons)
        self.composer = Composer(look, icons, thumbnails)
        self._middle = Middle(look, icons, thumbnails, answer_view, self.composer)
        self.page, self.empty, self.completion = self._middle.page, self._middle.empty, self._middle.completion
        self.first_run = self.empty.first_run
        self.status_row = StatusRow(look, _HINT)
        self._content = QWidget(self)
        raised = Shadowed(look)
        self._lower = QVBoxLayout(raised)
        self._lower.setSpacing(look.sizes.space_2)
        self._lower.addWidget(self.composer)
        self._lower.addWidget(self.completion.bar)
        self._lower.addWidget(self.status_row)
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self._middle, 1)
        column.addWidget(raised)
        self.toasts = Toasts(look, icons, self._content)
        self.documents = DocumentSide(look, icons, self)
        self._sidebar_veil = SidebarVeil(look, self)
        self.sidebar = Sidebar(look, icons, thumbnails, self)
        self.viewer = PictureViewer(look, icons, thumbnails, self)
        self.models = ModelSheet(look, icons, self)
        self.sources = SourcesSheet(look, self)
        self._drop_veil = DropVeil(look, self)
        self._connect()
        self._add_shortcuts()
        self.set_look(look)
        self.composer.focus()

    # --- What is shown ---

    def set_look(self, look: Look) -> None:
        """Show everything in `look` from now on."""
        self._look = look
        # The application's, because dialogs do not inherit the window's.
        QApplication.setPalette(qt_palette(look))
        font = self.font()
        font.setPixelSize(look.sizes.font_m)
        self.setFont(font)
        self.setStyleSheet(style_sheet(look, self._template))
        retheme(self, look)

    def set_conversation(self, conversation: Conversation | None) -> None:
        """Open a conversation, or the empty page for a new one."""
        self._conversation = conversation.id if conversation is not None else ""
        self.set_title("" if conversation is None else conversation.title)
        self.sidebar.set_open(self._conversation)
        self._middle.show_conversation(conversation)
        self._sidebar_veil.close_over()
        self._middle.focus()

    def show_citation(self, info: DocumentInfo, turn: str, citation: Citation) -> None:
        """Open the page that `citation` of `turn` stands for, with what it cites marked."""
        self.documents.show_citation(info, citation)
        self.page.set_open_citation(turn, citation.number)

    def set_variant(self, variant: Variant) -> None:
        """For a model that answers there is the composer, for one that continues a text the plain page."""
        if (variant == "instruct") != self._middle.asks:
            self._middle.set_variant(variant)
            self.status_row.set_hint(_HINT if self._middle.asks else "")
            if not self._conversation:
                self.set_title("")
            self._middle.focus()
            self._place_toasts()

    def add_turn(self, turn: Turn) -> None:
        """Put a new turn at the end of the open conversation."""
        self._middle.show_turns()
        self.page.add_turn(turn)

    def set_title(self, title: str) -> None:
        """Name the open conversation, or say what is there instead of one."""
        other = "New question" if self._middle.asks else "Plain page"
        self.header.set_title(title or other, can_rename=bool(self._conversation))

    def set_status(self, status: Status) -> None:
        """Show what the engine does now, everywhere it is shown."""
        self.status_row.set_status(status)
        self.empty.set_status(status)
        self.page.set_status(status)
        self.sidebar.foot.set_state(status.state)
        self.models.set_state(status.state)

    def set_model(self, model: ModelInfo | None) -> None:
        """Name the model that is loaded."""
        self.sidebar.foot.set_model(model)
        self.models.set_model(model)

    def show_problem(self, sentence: str) -> None:
        """A sentence that belongs to no turn; it stays until it is dismissed."""
        self.toasts.show_note(sentence)

    def show_note(self, sentence: str) -> None:
        """A harmless sentence that goes away by itself."""
        self.toasts.show_note(sentence, harmless=True)

    def show_permission(self, sentence: str) -> None:
        """The system does not let the screen be captured: say so, and offer to open its settings."""
        self.toasts.show_note(sentence, action="Open settings", on_action=self.settings_wanted.emit)

    # --- What main keeps ---

    def geometry_state(self) -> bytes:
        """Size and place, for `restore_geometry_state`."""
        return bytes(self.saveGeometry().data())

    def restore_geometry_state(self, state: bytes) -> None:
        """Take the size and place of the last time; anything else is ignored."""
        self.restoreGeometry(QByteArray(state))

    # --- Events ---

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            self._place_toasts()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What no other widget takes and can be typed goes into the question: after a click on the page, for one."""
        held = event.modifiers() & (_MODIFIER.ControlModifier | _MODIFIER.AltModifier | _MODIFIER.MetaModifier)
        if event.text().strip() and event.text().isprintable() and not held and not self._on_top():
            self._middle.insert(event.text())
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        QPainter(self).fillRect(self.rect(), QColor(self._look.palette.paper))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: D102
        self.composer.flush_draft()
        self.closing.emit()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: D102
        mime = event.mimeData()
        if self._takes_pictures(mime) or mime.hasText():
            event.acceptProposedAction()
            self._drop_veil.setGeometry(self.rect())
            self._drop_veil.show()
            self._drop_veil.raise_()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: D102
        self._drop_veil.hide()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: D102
        self._drop_veil.hide()
        mime = event.mimeData()
        event.acceptProposedAction()
        if self._takes_pictures(mime):
            self.dropped.emit(mime)
        else:
            self._middle.insert(mime.text())

    # --- Inside ---

    def _connect(self) -> None:
        tools = self.composer.tools
        tools.files_wanted.connect(self._choose_files)
        self.empty.files_wanted.connect(self._choose_files)
        self.empty.region_wanted.connect(lambda: tools.region_wanted.emit(tools.delay()))
        self.empty.window_wanted.connect(lambda: tools.window_wanted.emit(tools.delay()))
        self.empty.model_wanted.connect(self._open_model)
        self.composer.enlarge_wanted.connect(self.viewer.show_picture)
        self.composer.pasted.connect(self.pasted)
        self.page.enlarge_wanted.connect(self.viewer.show_picture)
        self.page.closer_look_wanted.connect(self.viewer.show_look)
        self.page.marks_opened.connect(self.viewer.show_marks)
        self.page.answering_changed.connect(self._on_answering)
        self.page.sources_wanted.connect(self.sources.open_for)
        self.documents.changed.connect(self._arrange)
        self.documents.left.connect(lambda: self.page.set_open_citation("", 0))
        self.composer.search_wanted.connect(self.documents.show_passages)
        self.sidebar.model_wanted.connect(self._open_model)
        self.sidebar.delete_wanted.connect(self._delete)
        self.sidebar.rename_wanted.connect(self.renamed)
        self.header.model_wanted.connect(self._open_model)
        self.status_row.model_wanted.connect(self._open_model)
        self.header.delete_wanted.connect(lambda: self._delete(self._conversation))
        self.header.renamed.connect(lambda title: self.renamed.emit(self._conversation, title))
        self.header.sidebar_wanted.connect(self._show_sidebar)
        self._sidebar_veil.closed.connect(self._arrange)
        self.toasts.changed.connect(self._place_toasts)
        self.completion.bar.page_wanted.connect(self.sidebar.new_wanted)
        self.completion.bar.model_wanted.connect(self._open_model)
        for lower in (self.composer, self.completion.bar):
            lower.installEventFilter(self)

    def _add_shortcuts(self) -> None:
        keys: dict[str | QKeySequence.StandardKey, Callable[[], object]] = {
            "Ctrl+N": self.sidebar.new_wanted.emit,
            "Ctrl+K": self._search,
            "Ctrl+Shift+R": self._take_region,
            "Ctrl+O": self._choose_files,
            "Esc": self._escape,
            QKeySequence.StandardKey.Paste: self._paste,
        }
        for key, action in keys.items():
            QShortcut(QKeySequence(key), self).activated.connect(action)

    def _escape(self) -> None:
        """What lies on top goes first; the answer is stopped last."""
        if (overlay := self._on_top()) is not None:
            overlay.close_over()
        elif self.documents.isVisible() and (self.documents.has_focus() or not self._answering):
            self.documents.escape()
        elif self.completion.isVisible():
            self.completion.stop_wanted.emit()
        else:
            self.stop_wanted.emit()

    def _on_top(self) -> Overlay | None:
        overlays = (self.viewer, self.models, self.sources, self._sidebar_veil)
        return next((overlay for overlay in overlays if overlay.isVisible()), None)

    def _on_answering(self, answering: bool) -> None:
        self._answering = answering

    def _paste(self) -> None:
        """The clipboard, when no field takes it."""
        mime = QGuiApplication.clipboard().mimeData()
        if self._takes_pictures(mime):
            self.pasted.emit(mime)
        elif mime.hasText():
            self._middle.insert(mime.text())

    def _takes_pictures(self, mime: QMimeData) -> bool:
        return self._middle.asks and accepts(mime)

    def _take_region(self) -> None:
        if self._middle.asks:
            self.composer.tools.region_wanted.emit(self.composer.tools.delay())

    def _choose_files(self) -> None:
        if not self._middle.asks:
            return
        if paths := choose_files(self):
            self.files_chosen.emit(paths)

    def _open_model(self) -> None:
        self._sidebar_veil.close_over()
        self.models.open_over()

    def _delete(self, conversation: str) -> None:
        self.delete_wanted.emit(conversation)
        self.toasts.show_note(
            "Conversation deleted.",
            action="Undo",
            on_action=lambda: self.undo_wanted.emit(conversation),
            harmless=True,
        )

    def _search(self) -> None:
        if self._narrow:
            self._show_sidebar()
        self.sidebar.focus_search()

    def _show_sidebar(self) -> None:
        self._sidebar_veil.open_over()
        self._arrange()

    def _arrange(self) -> None:
        sizes = self._look.sizes
        beside = self.documents.width_in(self.width())
        self._narrow = self.width() - beside < sizes.narrow_width
        side = 0 if self._narrow else sizes.sidebar_width
        if not self._narrow:
            self._sidebar_veil.hide()
        self._content.setGeometry(QRect(side, 0, self.width() - side - beside, self.height()))
        self._content.setVisible(beside < self.width())
        self.documents.setGeometry(QRect(self.width() - beside, 0, beside, self.height()))
        self.sidebar.setGeometry(QRect(0, 0, sizes.sidebar_width, self.height()))
        self.sidebar.setVisible(not self._narrow or self._sidebar_veil.isVisible())
        if self._sidebar_veil.isVisible():
            self.sidebar.raise_()
        self.header.set_narrow(self._narrow)
        self.status_row.set_narrow(self._narrow)
        room = self._content.width()
        edge = max(sizes.shadow_reach, (room - sizes.page_width) // 2)
        self._lower.setContentsMargins(edge, sizes.space_4, edge, sizes.space_3)
        self._place_toasts()

    def _place_toasts(self) -> None:
        """Over the lower end of the page, as wide as the column."""
        sizes = self._look.sizes
        self._content.layout().activate()  # type: ignore[union-attr]  # it was given one above
        reach = sizes.shadow_reach
        below = self._middle.card.mapTo(self._content, QPoint(0, 0))
        width = self._middle.card.width() + 2 * reach
        height = max(self.toasts.heightForWidth(width), self.toasts.sizeHint().height())
        self.toasts.setGeometry(below.x() - reach, below.y() - height, width, height)
        above_composer = self._lower.contentsMargins().top()
        self._middle.set_covered(height - reach - above_composer if self.toasts.sentences() else 0)
        self.toasts.raise_()
