"""Choosing a part of the frozen screen, over all monitors at once."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QGuiApplication, QKeyEvent, QScreen

from app.capture.shot import Shot
from app.domain.geometry import Rect, Screen, to_logical
from app.look import Look
from app.overlay.native import cover, grab_keyboard, release_keyboard
from app.overlay.picker_window import PickerWindow
from app.overlay.selection import Selection, whole_of

_KEYBOARD_RETRY_MS = 50
_FAR = 10
"""Device pixels an arrow key moves with Ctrl."""
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class RegionPicker(QObject):
    """One window a monitor. Exactly one of `taken` and `cancelled` comes, once, after the windows have gone.

    Drag selects; edges, corners and the inside adjust it, arrow keys too (Shift resizes, Ctrl goes ten pixels). Enter,
    a double click or the button take it; Space takes the whole monitor under the pointer; Esc and right click give up.
    """

    taken = Signal(int, object)
    """Index of the shot, and a `Rect` in Qt's logical coordinates of the desktop on that shot's screen."""
    cancelled = Signal()

    def __init__(self, shots: Sequence[Shot], look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shots = tuple(shots)
        self._windows = [PickerWindow(shot, look) for shot in self._shots]
        self._current = 0
        self._open = True
        self._keyboard = QTimer(self)
        self._keyboard.setInterval(_KEYBOARD_RETRY_MS)
        self._keyboard.timeout.connect(self._seize_keyboard)
        for index, window in enumerate(self._windows):
            window.taken.connect(self._take_selection)
            window.cancelled.connect(self.cancel)
            window.began.connect(lambda index=index: self._clear_others(index))
            window.entered.connect(lambda index=index: self._enter(index))
            window.key_pressed.connect(self._press)

    @property
    def windows(self) -> tuple[PickerWindow, ...]:
        """One a shot, in their order."""
        return tuple(self._windows)

    def start(self) -> None:
        """Show the frozen monitors. Gives up at once when one of them is not there any more."""
        screens = QGuiApplication.screens()
        pairs = [
            (window, _screen_of(shot.screen, screens)) for window, shot in zip(self._windows, self._shots, strict=True)
        ]
        if any(screen is None for _, screen in pairs):
            self.cancel()
            return
        pointer = QCursor.pos()
        for index, (window, screen) in enumerate(pairs):
            if screen is not None:
                cover(window, screen)
                if screen.geometry().contains(pointer):
                    self._current = index
        # The frozen picture no longer fits a desktop whose monitors change.
        desktop = QGuiApplication.instance()
        if isinstance(desktop, QGuiApplication):
            desktop.screenAdded.connect(self.cancel)
            desktop.screenRemoved.connect(self.cancel)
        self._keyboard.start()
        self._seize_keyboard()

    def cancel(self) -> None:
        """Give up."""
        if self._close():
            self.cancelled.emit()

    def _take_selection(self) -> None:
        selection = self._windows[self._current].selection
        if selection is None:
            chosen = [index for index, window in enumerate(self._windows) if window.selection is not None]
            if not chosen:
                return
            self._current = chosen[0]
            selection = self._windows[self._current].selection
        if selection is not None:
            self._take(self._current, selection)

    def _take(self, index: int, selection: Selection) -> None:
        if self._close():
            screen = self._shots[index].screen
            corner = screen.physical
            area = Rect(corner.x + selection.left, corner.y + selection.top, selection.width, selection.height)
            self.taken.emit(index, to_logical(area, screen))

    def _press(self, event: QKeyEvent) -> None:
        key, window = Qt.Key(event.key()), self._windows[self._current]
        if key == Qt.Key.Key_Escape:
            self.cancel()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take_selection()
        elif key == Qt.Key.Key_Space:
            self._take(self._current, whole_of(window.bounds))
        elif key in _ARROWS:
            chosen = [other for other in self._windows if other.selection is not None]
            dx, dy = _ARROWS[key]
            far = _FAR if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 1
            resize = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            (chosen[0] if chosen else window).nudge(dx * far, dy * far, resize=resize)

    def _enter(self, index: int) -> None:
        self._current = index

    def _clear_others(self, index: int) -> None:
        self._current = index
        for other, window in enumerate(self._windows):
            if other != index:
                window.select(None)

    def _seize_keyboard(self) -> None:
        if self._open and grab_keyboard(self._windows[self._current]):
            self._keyboard.stop()

    def _close(self) -> bool:
        """Whether it was still open. The windows go before anybody is told."""
        if not self._open:
            return False
        self._open = False
        self._keyboard.stop()
        for window in self._windows:
            release_keyboard(window)
            window.hide()
            window.deleteLater()
        return True


def _screen_of(wanted: Screen, screens: Sequence[QScreen]) -> QScreen | None:
    for screen in screens:
        corner = screen.geometry().topLeft()
        if screen.name() == wanted.name and (corner.x(), corner.y()) == (wanted.logical.x, wanted.logical.y):
            return screen
    return None
