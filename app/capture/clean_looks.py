"""Looks at a window as it would be without us: what we draw over it is taken away, where our cards stand is grey."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer

from app.capture.controller import SETTLE_MS
from app.capture.window_looks import Glance, WindowLooks
from app.domain.geometry import Rect
from app.domain.screen import ScreenLook, WindowRef


@dataclass(frozen=True, slots=True)
class CleanLook:
    """A look, and a glance right before it: whatever changes after the look differs from the glance."""

    glance: Glance
    look: ScreenLook


class CleanLooks(QObject):
    """`hide` takes away what is drawn; the system needs a moment until it is gone from the screen."""

    def __init__(self, looks: WindowLooks, hide: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._looks, self._hide = looks, hide

    def look(self, window: WindowRef, done: Callable[[CleanLook], None], failed: Callable[[str], None]) -> None:
        """How the window looks now. `failed` gets a sentence."""
        self._hide()

        def glanced(glance: Glance) -> None:
            self._looks.look(window, lambda look: done(CleanLook(glance, look)), failed)

        QTimer.singleShot(SETTLE_MS, self, lambda: self._looks.glance(window, None, glanced, failed))

    def glance(
        self, window: WindowRef, area: Rect | None, done: Callable[[Glance], None], failed: Callable[[str], None]
    ) -> None:
        """A glance at the window as it is, with what we draw."""
        self._looks.glance(window, area, done, failed)
