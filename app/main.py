"""The composition root: builds every object, connects their signals, and owns the order of the end."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox

from app.accessibility.source import ElementSource, pick_elements
from app.attachments import Attachments
from app.capture.controller import CaptureController
from app.capture.source import ScreenSource, pick_source
from app.capture.window_looks import WindowLooks
from app.crash import CrashGuard
from app.documents import DocumentDesk, Looking, Opening, Reading
from app.engine_client import EngineClient, Service
from app.files import write_whole
from app.guidance import build_guidance
from app.jobs import Jobs
from app.log import route_qt_messages, start_log
from app.look import load_look
from app.marking.marked_pictures import MarkedPictures
from app.models import ModelShelf
from app.overlay.pointer import ScreenPointer
from app.paths import FolderError, Paths, find_paths, resources
from app.pointing.finder import Finder
from app.preferences import Preferences
from app.render.maths import load_typesetter
from app.render.view import AnswerView
from app.session import ChatSession
from app.session.completion import CompletionSession
from app.signals import EndSignals
from app.store import Store, StoreError
from app.ui.front import bring_to_front
from app.ui.main_window import MainWindow
from app.ui.thumbnails import Thumbnails
from app.wiring import Parts, Wiring, log_states

APP_ID = "fingerpost"
"""Name of the installed desktop file: what the desktop portal and the window manager know the program by."""
MODEL_VARIABLE = "FINGERPOST_MODEL"
SETTINGS = "settings.json"
PLACE = "window.state"
"""Files in the data folder: what was chosen, and where the window was."""
ACTING = "acting"
"""The folder in the data with records of what was done for the person."""
LOOKS = "looks"
"""The folder in the cache with pictures of windows that are looked at afresh."""
WALKS = "walks"
"""Another one, for those of a walk-through."""
READER_REST = 60.0
"""Seconds that the reader is kept while nobody needs it: who reads in a document soon wants the next page."""

_log = logging.getLogger(__name__)


class _Herald(QObject):
    """Brings a sentence from any thread to the window."""

    said = Signal(str)


def worker(role: str) -> tuple[str, ...]:
    """The command that starts a child process."""
    return (sys.executable, "-P", "-X", "utf8", "-m", "engine.worker", role)


def run_window(model: Path | None, files: Sequence[Path]) -> int:
    """Open the window, with `files` in the question, and return the exit code once it is closed.

    `model` is the folder to use from now on; without it the last one, or the one that FINGERPOST_MODEL names.
    """
    application = _application()
    herald = _Herald()
    with ExitStack() as end:
        try:
            paths = find_paths()
            end.callback(start_log(paths.logs))
            end.callback(route_qt_messages())
            store = Store(paths.data)
        except (FolderError, StoreError) as error:
            _log.error("%s", error)
            # There is no window yet that could say it, and seldom a terminal.
            QMessageBox.critical(None, "Fingerpost", str(error))
            return 2
        guard = CrashGuard(paths.logs, herald.said.emit)
        guard.install()
        end.callback(guard.uninstall)
        parts, wiring = build(application, paths, store, pick_source(APP_ID), pick_elements(), end)
        log_states(parts)
        herald.said.connect(parts.window.show_problem)
        parts.window.closing.connect(application.exit)
        end.callback(EndSignals(parts.window.close).close)
        parts.window.show()
        wiring.begin(_chosen(model), files)
        # 0.2 s that the first formula would otherwise hold the window up for.
        parts.jobs.run(load_typesetter, lambda _: None, partial(_log.warning, "no formulas can be drawn: %s"))
        return application.exec()


def build(
    application: QApplication,
    paths: Paths,
    store: Store,
    source: ScreenSource,
    elements: ElementSource,
    end: ExitStack,
    command_of: Callable[[str], Sequence[str]] = worker,
) -> tuple[Parts, Wiring]:
    """The window, which is not shown yet, and all behind it. `command_of` a role starts that child process.

    Closing `end` ends what runs and closes `store`, in the right order: call it when the window is closed, while the
    parts are still held.
    """
    end.callback(_close_store, store)
    jobs = Jobs()
    end.callback(jobs.close)
    end.callback(elements.close)
    preferences = Preferences(paths.data / SETTINGS)
    look_folder = resources() / "look"
    look = load_look(preferences.theme(application.styleHints().colorScheme()), look_folder)
    window = MainWindow(look, resources(), Thumbnails(jobs), AnswerView)
    models = Service(command_of("models"), "process that looks after models")
    end.callback(models.shutdown)
    downloads = Service(command_of("downloads"), "process that fetches models")
    end.callback(downloads.shutdown)
    shelf = ModelShelf(models, downloads, paths.data)
    client = EngineClient(command_of("model"))
    end.callback(client.shutdown)
    reader = Service(command_of("reader"), "process that reads documents", rest=READER_REST)
    end.callback(reader.shutdown)
    finder = Finder(reader)
    session = ChatSession(client, store, finder)
    end.callback(session.close)
    end.callback(finder.close)
    completion = CompletionSession(client, store)
    end.callback(completion.close)
    capture = CaptureController(source, jobs, window.hide, partial(bring_to_front, window), elements=elements)
    end.callback(capture.close)
    looks = WindowLooks(source, elements, jobs, paths.cache / LOOKS)
    end.callback(looks.close)
    pointer = ScreenPointer(look, looks.find)
    end.callback(pointer.close)
    guidance = build_guidance(
        look, resources(), (paths.cache / WALKS, paths.data / ACTING), source, elements, session.errands, finder,
        pointer, jobs, APP_ID, end,
    )  # fmt: skip
    # First of all, so that its processes end while the others do.
    end.callback(shelf.close)
    attachments = Attachments(store, jobs)
    reading = Reading(reader)
    looking = Looking(reader, jobs, reading.password)
    desk = DocumentDesk(reading, looking, store, jobs)
    opening = Opening(reading, jobs, store.copies)
    for part in (reader.stop, reading.close, looking.close, opening.close, desk.close):
        end.callback(part)
    parts = Parts(
        window, client, session, completion, attachments, capture, preferences, shelf, store, jobs,
        desk, reading, looking, opening, elements, looks, finder, pointer,
        guidance, MarkedPictures(jobs, look),
    )  # fmt: skip
    wiring = Wiring(application, parts, look, look_folder)
    _restore_place(window, paths.data / PLACE)
    window.closing.connect(partial(_keep_place, window, paths.data / PLACE))
    return parts, wiring


def _application() -> QApplication:
    # Qt registers the id with the desktop portal while the application is made.
    QGuiApplication.setDesktopFileName(APP_ID)
    application = QApplication([APP_ID])
    application.setApplicationDisplayName("Fingerpost")
    application.setStyle("Fusion")
    # A capture hides the window; that is no reason to quit.
    application.setQuitOnLastWindowClosed(False)
    return application


def _chosen(model: Path | None) -> str:
    """The folder that this start names, as it will be found from any working directory; else nothing."""
    named = str(model) if model is not None else os.environ.get(MODEL_VARIABLE, "")
    return str(Path(named).expanduser().absolute()) if named else ""


def _close_store(store: Store) -> None:
    """With the window goes the last way to undo a deletion."""
    try:
        store.purge()
    except StoreError as error:
        _log.warning("what was deleted is not removed yet: %s", error)
    try:
        store.close()
    except StoreError as error:
        _log.warning("the history was not closed well: %s", error)


def _restore_place(window: MainWindow, path: Path) -> None:
    try:
        state = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        _log.warning("the window's place is not known: %s", error)
        return
    window.restore_geometry_state(state)


def _keep_place(window: MainWindow, path: Path) -> None:
    try:
        write_whole(path, window.geometry_state())
    except OSError as error:
        _log.warning("the window's place was not kept: %s", error)
