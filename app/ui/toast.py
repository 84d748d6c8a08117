"""Short notes above the composer: a sentence, and at most one thing to do about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.look import Look
from app.ui.buttons import Button, IconButton
from app.ui.icons import Icons
from app.ui.painting import Card, Shadowed
from app.ui.text import label

_HARMLESS_MS = 8000
_MOST = 3


class Toast(Card):
    """One note. It stays until it is closed, or for 8 seconds when it is `harmless`."""

    closed = Signal()

    def __init__(
        self,
        look: Look,
        icons: Icons,
        sentence: str,
        action: str,
        on_action: Callable[[], None] | None,
        *,
        harmless: bool,
    ) -> None:
        super().__init__(look, look.sizes.radius_m, strong=True)
        sizes = look.sizes
        self.sentence = sentence
        row = QHBoxLayout(self)
        row.setContentsMargins(sizes.space_4, sizes.space_2, sizes.space_2, sizes.space_2)
        row.setSpacing(sizes.space_3)
        row.addWidget(label(sentence, "plain", wrap=True), 1)
        if action:
            button = Button(look, action, "plain")
            button.clicked.connect(lambda: self._act(on_action))
            row.addWidget(button)
        close = IconButton(look, icons, "close", "Dismiss")
        close.clicked.connect(self.closed)
        row.addWidget(close)
        if harmless:
            QTimer.singleShot(_HARMLESS_MS, self, self.closed.emit)

    def _act(self, on_action: Callable[[], None] | None) -> None:
        self.closed.emit()
        if on_action is not None:
            on_action()


class Toasts(Shadowed):
    """The notes that are up, newest last; at most three."""

    changed = Signal()
    """The height changed."""

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(look, parent)
        self._icons = icons
        self._toasts: list[Toast] = []
        self._column = QVBoxLayout(self)
        reach = look.sizes.shadow_reach
        self._column.setContentsMargins(reach, reach, reach, reach + look.sizes.space_1)
        self._column.setSpacing(look.sizes.space_2)
        self._column.setAlignment(Qt.AlignmentFlag.AlignBottom)
        self.hide()

    def show_note(
        self, sentence: str, *, action: str = "", on_action: Callable[[], None] | None = None, harmless: bool = False
    ) -> None:
        """Put up a note. The same sentence is not shown twice."""
        for same in [toast for toast in self._toasts if toast.sentence == sentence]:
            self._close(same)
        while len(self._toasts) >= _MOST:
            self._close(self._toasts[0])
        toast = Toast(self._look, self._icons, sentence, action, on_action, harmless=harmless)
        toast.closed.connect(lambda: self._close(toast))
        self._toasts.append(toast)
        self._column.addWidget(toast)
        # A layout leaves out what is only about to be shown.
        toast.show()
        self.show()
        self.changed.emit()

    def sentences(self) -> tuple[str, ...]:
        """What is up now."""
        return tuple(toast.sentence for toast in self._toasts)

    def _close(self, toast: Toast) -> None:
        if toast not in self._toasts:
            return
        self._toasts.remove(toast)
        self._column.removeWidget(toast)
        toast.hide()
        toast.deleteLater()
        self.setVisible(bool(self._toasts))
        self.changed.emit()
