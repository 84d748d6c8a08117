"""Answers to the store: at once, or at most once a second while they stream."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.conversation import Answer
from app.store.errors import StoreError
from app.store.store import Store

SAVE_MILLISECONDS = 1000


class AnswerKeeper(QObject):
    """Saves answers and loses none: what the store does not take stays here and is tried again with the next one.

    `problem` carries the sentence of a failed save, once until a save succeeds.
    """

    problem = Signal(str)

    def __init__(self, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._unsaved: dict[str, Answer] = {}
        self._soon: tuple[str, Callable[[], Answer]] | None = None
        self._in_trouble = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_MILLISECONDS)
        self._timer.timeout.connect(self._save_streaming)

    def unsaved(self, turn: str) -> Answer | None:
        """An answer that is newer than the store's."""
        return self._unsaved.get(turn)

    def save(self, turn: str, answer: Answer) -> None:
        """Save `answer` now."""
        if self._soon is not None and self._soon[0] == turn:
            self._soon = None
        self._unsaved[turn] = answer
        self._save_all()

    def save_soon(self, turn: str, answer: Callable[[], Answer]) -> None:
        """Save what `answer` gives within a second. Call it at every change."""
        if self._soon is not None and self._soon[0] != turn:
            self._save_streaming()
        self._soon = (turn, answer)
        if not self._timer.isActive():
            self._timer.start()

    def close(self) -> None:
        """Save what waits."""
        self._timer.stop()
        self._save_streaming()

    def _save_streaming(self) -> None:
        if self._soon is not None:
            turn, answer = self._soon
            self._soon = None
            self._unsaved[turn] = answer()
        self._save_all()

    def _save_all(self) -> None:
        for turn, answer in tuple(self._unsaved.items()):
            try:
                self._store.save_answer(turn, answer)
            except StoreError as error:
                if not self._in_trouble:
                    self._in_trouble = True
                    self.problem.emit(str(error))
                return
            del self._unsaved[turn]
            self._in_trouble = False
