"""The composition root: builds every object, connects their signals, and owns the order of the end."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox

from app.attachments import Attachments
from app.capture.controller import CaptureController
from app.capture.source import pick_source
from app.crash import CrashGuard
from app.engine_client import EngineClient
from app.jobs import Jobs
from app.log import route_qt_messages, start_log
from app.look import load_look
from app.paths import FolderError, Paths, find_paths, resources
from app.preferences import Preferences
from app.render.maths import load_typesetter
from app.render.view import AnswerView
from app.session import ChatSession
from app.signals import EndSignals
from app.store import Store, StoreError
from app.ui.front import bring_to_front
from app.ui.main_window import MainWindow
from app.ui.thumbnails import Thumbnails
from app.wiring import Wiring

APP_ID = "fingerpost"
"""Name of the installed desktop file: what the desktop portal and the window manager know the program by."""
MODEL_VARIABLE = "FINGERPOST_MODEL"
WORKER = (sys.executable, "-P", "-X", "utf8", "-m", "engine.worker", "model")

_log = logging.getLogger(__name__)


class _Herald(QObject):
    """Brings a sentence from any thread to the window."""

    said = Signal(str)


def run_window(model: Path | None, files: Sequence[Path]) -> int:
    """Open the window, with `files` in the question, and return the exit code once it is closed.

    `model` is the folder to use from now on; without it the last one, or the one that FINGERPOST_MODEL names.
    """
    # Qt registers the id with the desktop portal while the application is made.
    QGuiApplication.setDesktopFileName(APP_ID)
    application = QApplication([APP_ID])
    application.setApplicationDisplayName("Fingerpost")
    application.setStyle("Fusion")
    # A capture hides the window; that is no reason to quit.
    application.setQuitOnLastWindowClosed(False)
    with ExitStack() as end:
        try:
            paths = find_paths()
            end.callback(start_log(paths.logs))
            end.callback(route_qt_messages())
            store = Store(paths.data)
        except (FolderError, StoreError) as error:
            # There is no window yet that could say it.
            QMessageBox.critical(None, "Fingerpost", str(error))
            return 2
        end.callback(store.close)
        return _run(application, paths, store, _chosen(model), files, end)


def _run(
    application: QApplication, paths: Paths, store: Store, model: str, files: Sequence[Path], end: ExitStack
) -> int:
    herald = _Herald()
    guard = CrashGuard(paths.logs, herald.said.emit)
    guard.install()
    end.callback(guard.uninstall)
    jobs = Jobs()
    end.callback(jobs.close)
    preferences = Preferences(paths.data / "settings.json")
    theme = preferences.theme(application.styleHints().colorScheme())
    window = MainWindow(load_look(theme, resources() / "look"), resources(), Thumbnails(jobs), AnswerView)
    client = EngineClient(WORKER)
    end.callback(client.shutdown)
    session = ChatSession(client, store)
    end.callback(session.close)
    attachments = Attachments(store, jobs)
    capture = CaptureController(pick_source(APP_ID), jobs, window.hide, partial(bring_to_front, window))
    end.callback(capture.close)
    wiring = Wiring(application, window, session, attachments, capture, preferences, resources() / "look")
    wiring.connect_all()
    wiring.log_states(client)
    herald.said.connect(window.show_problem)
    window.composer.draft_changed.connect(store.set_draft)
    signals = EndSignals(window.close)
    end.callback(signals.close)

    state = paths.data / "window.state"
    if state.is_file():
        window.restore_geometry_state(state.read_bytes())
    window.closing.connect(lambda: _keep_geometry(window, state))
    window.closing.connect(application.quit)
    window.composer.set_text(store.draft())
    window.show()
    wiring.begin(model, files, (store.notice, preferences.notice))
    # 0.2 s that the first formula would otherwise hold the window up for.
    jobs.run(load_typesetter, lambda _: None, lambda error: _log.warning("no formulas can be drawn: %s", error))
    return application.exec()


def _chosen(model: Path | None) -> str:
    """The folder that this start names, as it will be found from any working directory; else nothing."""
    named = str(model) if model is not None else os.environ.get(MODEL_VARIABLE, "")
    return str(Path(named).expanduser().absolute()) if named else ""


def _keep_geometry(window: MainWindow, path: Path) -> None:
    try:
        path.write_bytes(window.geometry_state())
    except OSError as error:
        _log.warning("the window's place was not kept: %s", error)
