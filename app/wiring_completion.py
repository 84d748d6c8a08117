"""Who hears whom about the plain page."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.session import ChatSession
from app.session.completion import CompletionSession
from app.ui.main_window import MainWindow
from engine.protocol import ModelInfo


class WiringCompletion(QObject):
    """Connects its parts, which live as long as it does. While no model is loaded the window stays as it is for the
    last one."""

    def __init__(
        self,
        window: MainWindow,
        session: ChatSession,
        completion: CompletionSession,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window, self._completion = window, completion
        page = window.completion
        page.continue_wanted.connect(completion.go_on)
        page.stop_wanted.connect(completion.stop)
        page.text_changed.connect(completion.keep)
        completion.began.connect(page.begin)
        completion.extended.connect(page.extend)
        completion.taken_back.connect(page.take_back)
        completion.noted.connect(page.note)
        completion.ended.connect(page.end)
        completion.problem.connect(window.show_problem)
        session.model_changed.connect(self._show_variant)
        window.closing.connect(self._keep_last_words)

    def begin(self) -> None:
        """Put the kept text on the page of a fresh window."""
        self._window.completion.set_text(self._completion.restore())

    def _show_variant(self, model: ModelInfo | None) -> None:
        if model is not None:
            self._window.set_variant(model.variant)

    def _keep_last_words(self) -> None:
        self._completion.flush()
        self._window.completion.flush()
