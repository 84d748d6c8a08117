"""The lower row of the composer: ways in on the left, how to answer on the right, and the round button."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QMenu, QWidget

from app.look import Look
from app.ui.buttons import Button, Choice, ChoiceButton, Switch
from app.ui.icons import Icons
from engine.protocol import ImageBudget

_DELAYS = (0, 3, 5, 10)
_DETAIL: dict[ImageBudget, int] = {"fast": 480, "balanced": 1222, "full": 2040}
"""Tokens of a 1920 x 1080 picture at each budget."""
_CLOSER = Switch(
    "Look closer: the model may ask for a part, takes longer",
    "Look closer: the model may ask for a part of the picture at full size. Takes longer.",
    "look closer",
)


class ToolRow(QWidget):
    """Buttons lose their words, then the row breaks in two, before anything is cut."""

    region_wanted = Signal(int)
    """Seconds of delay."""
    window_wanted = Signal(int)
    screen_wanted = Signal(int)
    monitor_wanted = Signal(str, int)
    """Name of the monitor and seconds of delay."""
    files_wanted = Signal()
    delay_changed = Signal(int)
    thinking_changed = Signal(bool)
    detail_changed = Signal(str)
    look_closer_changed = Signal(bool)
    send_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        sizes = look.sizes
        self._region = Button(look, "Region", "word", icons, "region")
        self._region.setToolTip("Take a part of the screen (Ctrl+Shift+R)")
        self._window = Button(look, "Window", "word", icons, "window")
        self._window.setToolTip("Take the window that was in front before this one")
        self._screen = Button(look, "Screen", "word", icons, "screen")
        self._screen.setToolTip("Take everything on the screen")
        self._file = Button(look, "File", "word", icons, "file")
        self._file.setToolTip("Add pictures from this computer (Ctrl+O)")
        self._delay = ChoiceButton(look, "Delay", [_delay_choice(seconds) for seconds in _DELAYS])
        self._thinking = Button(look, "Think: off", "word")
        self._thinking.setCheckable(True)
        self._thinking.setToolTip("Let the model think before it answers")
        self._detail = ChoiceButton(look, "Detail", [_detail_choice(budget) for budget in _DETAIL], switch=_CLOSER)
        self._detail.set_value("balanced")
        self._send = Button(look, "", "round", icons, "send")
        self._send.setFixedSize(sizes.field, sizes.field)
        self._monitors = QMenu(self)
        self._busy = False
        self._ready = False

        left, right = QWidget(), QWidget()
        ways, how = QHBoxLayout(left), QHBoxLayout(right)
        for row in (ways, how):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(sizes.space_1 // 2)
        for button in (self._region, self._window, self._screen, self._file, self._delay):
            ways.addWidget(button)
        ways.addStretch(1)
        how.addStretch(1)
        how.addWidget(self._thinking)
        how.addWidget(self._detail)
        how.addSpacing(sizes.space_1)
        how.addWidget(self._send)
        self._left, self._right = left, right
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(sizes.space_1)
        self._row.addWidget(left)
        self._row.addWidget(right)

        self._region.clicked.connect(lambda: self.region_wanted.emit(self.delay()))
        self._window.clicked.connect(lambda: self.window_wanted.emit(self.delay()))
        self._screen.clicked.connect(self._take_screen)
        self._file.clicked.connect(self.files_wanted)
        self._delay.chosen.connect(lambda value: self.delay_changed.emit(int(value)))
        self._thinking.toggled.connect(self._on_thinking)
        self._detail.chosen.connect(self.detail_changed)
        self._detail.switched.connect(self.look_closer_changed)
        self._send.clicked.connect(self._on_round)
        self._show_round()

    def delay(self) -> int:
        """Seconds to wait before a picture is taken."""
        return int(self._delay.value())

    def set_delay(self, seconds: int) -> None:
        """Show the delay; a value that is not on offer counts as none."""
        self._delay.set_value(str(seconds if seconds in _DELAYS else 0))

    def set_thinking(self, thinking: bool) -> None:
        """Show whether the model thinks first. Emits nothing."""
        self._thinking.blockSignals(True)
        self._thinking.setChecked(thinking)
        self._thinking.blockSignals(False)
        self._thinking.set_words(f"Think: {'on' if thinking else 'off'}")

    def set_detail(self, detail: ImageBudget) -> None:
        """Show how closely pictures are looked at. Emits nothing."""
        self._detail.set_value(detail)

    def set_look_closer(self, on: bool) -> None:
        """Show whether the model may ask for a part of a picture at full size. Emits nothing."""
        self._detail.set_switch(on)

    def set_monitors(self, names: Sequence[str]) -> None:
        """Offer each monitor by its name where there are several."""
        self._monitors.clear()
        self._screen.setMenu(None)  # type: ignore[arg-type]  # None takes the menu away
        if len(names) < 2:
            return
        self._monitors.addAction("All screens").triggered.connect(lambda: self.screen_wanted.emit(self.delay()))
        for name in names:
            action = self._monitors.addAction(name)
            action.triggered.connect(lambda _checked=False, at=name: self.monitor_wanted.emit(at, self.delay()))
        self._screen.setMenu(self._monitors)

    def set_busy(self, busy: bool) -> None:
        """Turn the round button into Stop, or back."""
        self._busy = busy
        self._show_round()

    def set_ready(self, ready: bool) -> None:
        """Whether there is something to send."""
        self._ready = ready
        self._show_round()

    def event(self, event: QEvent) -> bool:  # noqa: D102
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        buttons = (self._region, self._window, self._screen, self._file)
        gap = self._row.spacing()
        whole = sum(button.whole_width() for button in buttons) + self._delay.sizeHint().width()
        right = self._right.sizeHint().width()
        spacing = 4 * (self._left.layout() or self._row).spacing()
        icons_only = whole + spacing + right + gap > self.width()
        for button in buttons:
            button.set_compact(icons_only)
        broken = self._left.sizeHint().width() + right + gap > self.width()
        direction = QBoxLayout.Direction.TopToBottom if broken else QBoxLayout.Direction.LeftToRight
        if direction != self._row.direction():
            self._row.setDirection(direction)

    def _take_screen(self) -> None:
        if self._screen.menu() is None:
            self.screen_wanted.emit(self.delay())

    def _on_thinking(self, on: bool) -> None:
        self.set_thinking(on)
        self.thinking_changed.emit(on)

    def _on_round(self) -> None:
        (self.stop_wanted if self._busy else self.send_wanted).emit()

    def _show_round(self) -> None:
        self._send.set_drawing("stop" if self._busy else "send")
        self._send.describe("Stop" if self._busy else "Send", "Esc" if self._busy else "Enter")
        self._send.setEnabled(self._busy or self._ready)


def _delay_choice(seconds: int) -> Choice:
    if seconds == 0:
        return Choice("0", "Take it at once", "No delay")
    return Choice(str(seconds), f"Take it after {seconds} seconds", f"{seconds} s delay")


def _detail_choice(budget: ImageBudget) -> Choice:
    entry = f"{budget.capitalize()}: about {_DETAIL[budget]:,} tokens for a 1920 × 1080 screen"
    return Choice(budget, entry, f"Detail: {budget}")
