"""Who hears whom: the signals between the window and the controllers. No logic beyond handing on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication

from app.accessibility.source import ElementSource
from app.attachments import Attachments
from app.capture.controller import CaptureController
from app.capture.shot import Shot
from app.capture.source import Availability
from app.capture.window_looks import WindowLooks
from app.documents import DocumentDesk, Looking, Opening, Reading
from app.domain.conversation import Attachment
from app.domain.documents import DocumentAttachment
from app.domain.geometry import Rect
from app.draft import Draft
from app.engine_client import EngineClient
from app.guidance import Guidance
from app.jobs import Jobs
from app.look import Look, load_look
from app.marking.marked_pictures import MarkedPictures
from app.models import ModelShelf
from app.overlay.pointer import ScreenPointer
from app.overlay.region_picker import RegionPicker
from app.pointing.finder import Finder
from app.preferences import Preferences
from app.session import ChatSession
from app.session.completion import CompletionSession
from app.settings import Settings
from app.store import Store
from app.ui.main_window import MainWindow
from app.wiring_acting import WiringActing
from app.wiring_completion import WiringCompletion
from app.wiring_documents import WiringDocuments
from app.wiring_guide import WiringGuide
from app.wiring_models import WiringModels
from app.wiring_pointing import WiringPointing
from engine.protocol import ImageBudget

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What one window is made of, built by `app.main`."""

    window: MainWindow
    client: EngineClient
    session: ChatSession
    completion: CompletionSession
    attachments: Attachments
    capture: CaptureController
    preferences: Preferences
    shelf: ModelShelf
    store: Store
    jobs: Jobs
    desk: DocumentDesk
    reading: Reading
    looking: Looking
    opening: Opening
    elements: ElementSource
    looks: WindowLooks
    finder: Finder
    pointer: ScreenPointer
    guidance: Guidance
    marked: MarkedPictures


class Wiring(QObject):
    """Connects `parts`, which live as long as it does. `look` is the one that the window was made with."""

    def __init__(self, application: QApplication, parts: Parts, look: Look, look_folder: Path) -> None:
        super().__init__()
        self._application = application
        self._window, self._session, self._store = parts.window, parts.session, parts.store
        self._attachments, self._capture, self._preferences = parts.attachments, parts.capture, parts.preferences
        self._look, self._look_folder = look, look_folder
        self._picker: RegionPicker | None = None
        self._permission_page = ""
        self._moves = 0
        """How often the person went to another conversation."""
        self._draft = Draft(parts.store, self)
        self._plain_page = WiringCompletion(parts.window, parts.session, parts.completion, self)
        self._models = WiringModels(parts.window, parts.shelf, parts.preferences, parts.session, parts.client, self)
        self._desk = parts.desk
        WiringDocuments(
            parts.window, parts.desk, parts.reading, parts.looking, parts.opening,
            parts.session, parts.attachments, parts.jobs, self,
        )  # fmt: skip
        find = parts.looks.find
        self._pointing = WiringPointing(parts.window, parts.session, parts.pointer, parts.marked, find, self)
        guidance = parts.guidance
        self._guide = WiringGuide(
            parts.window, parts.session, guidance.walk, guidance.guide_card, parts.pointer, find, self._budget, self
        )
        self._acting = WiringActing(
            parts.window, parts.session, guidance.acting, guidance.walk, guidance.acting_card, parts.pointer, find,
            self._budget, self,
        )  # fmt: skip
        self._connect_session()
        self._connect_page()
        self._connect_sidebar()
        self._connect_composer()
        self._connect_capture()
        self._connect_preferences()

    def begin(self, model: str, files: Sequence[Path]) -> None:
        """Tell a fresh window what there is, load the model, and read the files that the start named.

        `model` is the folder to use from now on, empty for the last one.
        """
        preferences = self._preferences
        self._session.begin()
        self._show_settings(preferences.settings)
        self._show_monitors()
        for notice in filter(None, (self._store.notice, preferences.notice)):
            self._window.show_problem(notice)
        self._window.composer.set_text(self._draft.restore())
        self._plain_page.begin()
        self._models.begin(model)
        if files:
            self._capture.files(files)

    # --- Session -----------------------------------------------------------------------------------------------------

    def _connect_session(self) -> None:
        session, window = self._session, self._window
        session.conversation_opened.connect(window.set_conversation)
        session.turn_added.connect(window.add_turn)
        session.answer_extended.connect(window.page.extend_answer)
        session.answer_changed.connect(window.page.set_answer)
        session.summaries_changed.connect(window.sidebar.set_summaries)
        session.status_changed.connect(window.set_status)
        session.model_changed.connect(window.set_model)
        session.problem.connect(window.show_problem)
        session.refused.connect(self._take_back)
        window.composer.tools.stop_wanted.connect(session.stop)
        window.stop_wanted.connect(self._give_up)

    def _take_back(
        self, question: str, attachments: tuple[Attachment, ...], documents: tuple[DocumentAttachment, ...]
    ) -> None:
        """Before what has been typed since."""
        composer = self._window.composer
        composer.set_text("\n".join(filter(None, (question, composer.text()))))
        self._attachments.restore(attachments)
        self._desk.restore(documents)

    def _give_up(self) -> None:
        """Esc gives up what was begun last: a capture that counts down, then the answer."""
        if self._capture.busy:
            self._capture.cancel()
        else:
            self._session.stop()

    def _connect_page(self) -> None:
        page, session = self._window.page, self._session
        page.copy_wanted.connect(lambda text: QGuiApplication.clipboard().setText(text))
        page.again_wanted.connect(session.again)
        page.edited.connect(session.edit)
        page.retry_wanted.connect(session.retry)
        page.offer_accepted.connect(session.accept)
        page.turn_chosen.connect(session.choose)
        page.link_activated.connect(self._open_link)

    def _open_link(self, target: str) -> None:
        """Only pages: a model must not start programs or open files of this computer."""
        url = QUrl(target, QUrl.ParsingMode.StrictMode)
        if not url.isValid() or url.scheme() not in ("http", "https"):
            self._window.show_note("Fingerpost opens web addresses only. Copy the link to use it elsewhere.")
        elif not QDesktopServices.openUrl(url):
            self._window.show_note("No browser could be opened. Copy the link and open it yourself.")

    def _connect_sidebar(self) -> None:
        window, session = self._window, self._session
        window.sidebar.new_wanted.connect(self._move)
        window.sidebar.opened.connect(self._move)
        window.sidebar.new_wanted.connect(session.new_conversation)
        window.sidebar.opened.connect(session.open_conversation)
        window.delete_wanted.connect(session.delete_conversation)
        window.undo_wanted.connect(session.undo_delete)
        window.renamed.connect(self._rename)

    def _move(self) -> None:
        self._moves += 1

    def _rename(self, conversation: str, title: str) -> None:
        self._session.rename(conversation, title)
        opened = self._session.conversation
        if opened is not None and opened.id == conversation:
            self._window.set_title(opened.title)

    # --- What goes into a question -----------------------------------------------------------------------------------

    def _connect_composer(self) -> None:
        composer = self._window.composer
        composer.submitted.connect(self._send)
        composer.removed.connect(self._attachments.remove)
        composer.moved.connect(self._attachments.move)
        composer.draft_changed.connect(self._draft.set_typed)
        self._draft.problem.connect(self._window.show_problem)
        self._attachments.changed.connect(composer.set_attachments)
        self._attachments.changed.connect(self._prepare)
        self._desk.ready_changed.connect(self._prepare)
        self._attachments.problem.connect(self._window.show_problem)

    def _prepare(self) -> None:
        self._session.prepare_for(self._attachments.all, self._desk.ready)

    def _send(self, question: str) -> None:
        composer = self._window.composer
        if self._desk.obstacle:
            self._window.show_problem(self._desk.obstacle)
            return
        composer.flush_draft()
        self._draft.send(question)
        composer.clear()
        opened = self._session.conversation
        asked_in = ("" if opened is None else opened.id, self._moves)
        # Documents first: they may take long, and what is not handed over yet can be seen in the composer.
        self._desk.take(question, partial(self._add_pictures, asked_in, question))

    def _add_pictures(
        self, asked_in: tuple[str, int], question: str, documents: tuple[DocumentAttachment, ...]
    ) -> None:
        self._attachments.take(partial(self._ask, asked_in, question, documents=documents))

    def _ask(
        self,
        asked_in: tuple[str, int],
        question: str,
        pictures: tuple[Attachment, ...],
        documents: tuple[DocumentAttachment, ...],
    ) -> None:
        """In the conversation where Enter was pressed, whatever was opened while the documents were read."""
        conversation, moves = asked_in
        if moves != self._moves and conversation:
            self._session.open_conversation(conversation)
        elif moves != self._moves:
            self._session.new_conversation()
        self._session.ask(question, pictures, documents)
        self._draft.arrive(question, self._window.composer.text())

    def _connect_capture(self) -> None:
        window, capture, tools = self._window, self._capture, self._window.composer.tools
        tools.region_wanted.connect(capture.region)
        tools.window_wanted.connect(capture.window)
        tools.screen_wanted.connect(capture.screen)
        tools.monitor_wanted.connect(capture.monitor)
        window.files_chosen.connect(capture.files)
        window.dropped.connect(self._take_dropped)
        window.pasted.connect(capture.paste)
        capture.picked.connect(self._attachments.add)
        capture.others.connect(self._desk.add)
        capture.problem.connect(window.show_problem)
        capture.withheld.connect(self._show_permission)
        window.settings_wanted.connect(self._open_permission_page)
        capture.counting.connect(window.composer.set_countdown)
        capture.cancelled.connect(lambda: window.composer.set_countdown(0))
        capture.choosing.connect(self._choose_region)
        capture.cancelled.connect(self._drop_picker)
        window.closing.connect(self._drop_picker)
        self._application.screenAdded.connect(self._show_monitors)
        self._application.screenRemoved.connect(self._show_monitors)

    def _show_permission(self, found: Availability) -> None:
        self._permission_page = found.settings
        if found.settings:
            self._window.show_permission(found.sentence)
        else:
            self._window.show_problem(found.sentence)

    def _open_permission_page(self) -> None:
        QDesktopServices.openUrl(QUrl(self._permission_page))

    def _take_dropped(self, data: QMimeData) -> None:
        self._capture.paste(data, "drop")

    def _choose_region(self, shots: tuple[Shot, ...]) -> None:
        self._picker = RegionPicker(shots, self._look, self)
        self._picker.taken.connect(self._take_region)
        self._picker.cancelled.connect(self._capture.give_up)
        self._picker.start()

    def _take_region(self, shot: int, area: Rect) -> None:
        self._drop_picker()
        self._capture.take(shot, area)

    def _drop_picker(self) -> None:
        """Close it if it is open, and let go of the pictures of all monitors that it holds."""
        picker, self._picker = self._picker, None
        if picker is not None:
            picker.cancel()
            picker.deleteLater()

    def _show_monitors(self) -> None:
        self._window.composer.tools.set_monitors([screen.name() for screen in QGuiApplication.screens()])

    def _budget(self) -> ImageBudget:
        return self._preferences.settings.detail

    # --- Preferences -------------------------------------------------------------------------------------------------

    def _connect_preferences(self) -> None:
        window, preferences, tools = self._window, self._preferences, self._window.composer.tools
        window.header.theme_chosen.connect(preferences.set_theme)
        tools.thinking_changed.connect(preferences.set_thinking)
        tools.detail_changed.connect(preferences.set_detail)
        tools.look_closer_changed.connect(preferences.set_look_closer)
        tools.delay_changed.connect(preferences.set_delay)
        preferences.changed.connect(self._show_settings)
        preferences.problem.connect(window.show_problem)
        self._application.styleHints().colorSchemeChanged.connect(self._show_theme)

    def _show_settings(self, settings: Settings) -> None:
        window, tools = self._window, self._window.composer.tools
        self._session.set_thinking(settings.thinking)
        self._session.set_detail(settings.detail)
        self._session.set_look_closer(settings.look_closer)
        tools.set_thinking(settings.thinking)
        tools.set_detail(settings.detail)
        tools.set_look_closer(settings.look_closer)
        tools.set_delay(settings.capture_delay)
        window.header.set_theme(settings.theme)
        window.empty.set_model_folder(settings.model_folder)
        window.models.set_choices(settings.model_folder, settings.recent_models, settings.device, settings.dtype)
        self._show_theme()

    def _show_theme(self) -> None:
        theme = self._preferences.theme(self._application.styleHints().colorScheme())
        if theme != self._look.palette.theme:
            self._look = load_look(theme, self._look_folder)
            self._window.set_look(self._look)
            for part in (self._pointing, self._guide, self._acting):
                part.set_look(self._look)


def log_states(parts: Parts) -> None:
    """What happens, step by step and without any text of a conversation: for a log that is asked for."""
    parts.client.state_changed.connect(lambda state: _log.debug("engine: %s", state))
    parts.capture.choosing.connect(lambda shots: _log.debug("choosing a region on %d monitors", len(shots)))
    parts.attachments.changed.connect(lambda waiting: _log.debug("pictures in the question: %d", len(waiting)))
    parts.desk.attachments_changed.connect(
        lambda waiting: _log.debug("documents in the question: %s", [document.state for document in waiting])
    )
    parts.session.turn_added.connect(lambda turn: _log.debug("answer: %s", turn.answer.state))
    parts.session.answer_changed.connect(lambda _turn, answer: _log.debug("answer: %s", answer.state))
    parts.session.problem.connect(lambda sentence: _log.debug("problem: %s", sentence))
    parts.shelf.problem.connect(lambda sentence: _log.debug("models: %s", sentence))
    parts.shelf.surveyed.connect(lambda found: _log.debug("models here: %d", len(found.installed)))
    parts.shelf.downloads_changed.connect(
        lambda downloads: _log.debug("downloads: %s", [download.state for download in downloads])
    )
    parts.capture.problem.connect(lambda sentence: _log.debug("capture: %s", sentence))
    parts.guidance.walk.view_changed.connect(
        lambda view: _log.debug("walk-through: %s, step %d of %d", view.state, view.step, view.total)
    )
    parts.window.header.acting_switched.connect(lambda on: _log.debug("acting: %s", "offered" if on else "off"))
    parts.guidance.acting.view_changed.connect(lambda view: _log.debug("acting: %s, step %d", view.state, view.step))
