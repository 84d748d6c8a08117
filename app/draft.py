"""What is typed and not answered yet survives a restart."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.store import Store, StoreError


class Draft(QObject):
    """The text in the composer, and before it the questions whose pictures are still being kept: those are in neither
    the composer nor the history.

    Signals:
        problem: a sentence, when it can not be kept or read.
    """

    problem = Signal(str)

    def __init__(self, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._sent: list[str] = []
        self._typed = ""
        self._kept = ""

    def restore(self) -> str:
        """What was kept when the program ended; it is what is typed now."""
        try:
            self._kept = self._store.draft()
        except StoreError as error:
            self.problem.emit(str(error))
        self._typed = self._kept
        return self._kept

    def set_typed(self, text: str) -> None:
        """What the composer holds."""
        self._typed = text
        self._keep()

    def send(self, question: str) -> None:
        """`question` left the composer, which is about to be emptied."""
        self._sent.append(question)

    def arrive(self, question: str, typed: str) -> None:
        """`question` is in the history, or back in the composer, which now holds `typed`."""
        self._sent.remove(question)
        self.set_typed(typed)

    def _keep(self) -> None:
        draft = "\n".join(filter(None, (*self._sent, self._typed)))
        if draft == self._kept:
            return
        try:
            self._store.set_draft(draft)
        except StoreError as error:
            self.problem.emit(str(error))
        else:
            self._kept = draft
