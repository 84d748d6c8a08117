"""The whole window as the program builds it, on a desktop that is played, and hands to use it with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.accessibility.none import NoElements
from app.accessibility.source import MOST_ELEMENTS, READ_SECONDS, UNPLACED, FoundElements
from app.capture.shot import Shot, Taken, cut_area
from app.capture.source import Availability, cut_window
from app.domain.conversation import Answer, Conversation
from app.domain.geometry import Rect, Screen
from app.domain.screen import WindowRef
from app.main import build, worker
from app.paths import Paths
from app.render.view import AnswerView
from app.store import Store
from app.ui.tiles import Tile
from engine.protocol import Element, Surveyed, encode
from tests.app.models.samples import surveyed

WAIT_MS = 60_000
FAKE_SERVICE = Path(__file__).parents[1] / "engine_client" / "fake_service.py"

W = TypeVar("W", bound=QWidget)


class StrayWindows(QObject):
    """Every window that is shown besides the program's own: a part that is shown before it has its place flashes over
    the desktop and takes the keyboard with it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            kind = type(watched).__name__
            if kind not in ("MainWindow", "PickerWindow", "QMenu"):
                self.seen.append(kind)
        return super().eventFilter(watched, event)


class PlayedSource:
    """A teal desktop with one window on it. `found` is what the system says when it is asked for leave."""

    leaves_itself_out = False

    def __init__(self) -> None:
        self.found = Availability("ok")
        self.front = WindowRef(7, 1, "Budget.ods", Rect(10, 20, 300, 200))

    def availability(self) -> Availability:
        return self.found

    def ask(self) -> Availability:
        return self.found

    def grab_all(self, screens: Sequence[Screen]) -> tuple[Shot, ...]:
        return tuple(Shot(screen, _ramp(screen)) for screen in screens)

    def grab_window(self, screens: Sequence[Screen]) -> Taken:
        return cut_window(self.grab_all(screens), self.front)

    def grab_area(self, area: Rect, screens: Sequence[Screen]) -> Taken | None:
        return cut_area(self.grab_all(screens), area)

    def active_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        return self.front

    def focused_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        return self.active_window(screens)

    def find_window(self, handle: int, screens: Sequence[Screen]) -> WindowRef | None:
        return self.front if self.front is not None and self.front.handle == handle else None

    def close(self) -> None:
        pass


class PlayedElements(NoElements):
    """The program in front tells of one button."""

    def read(self, window: WindowRef, seconds: float = READ_SECONDS, most: int = MOST_ELEMENTS) -> FoundElements:
        frame = window.frame
        return ((Element("button", "Save", UNPLACED), Rect(frame.x + 200, frame.y + 160, 60, 20)),)


class Desk:
    """The running program. `end` closes it, `start` opens it again on the same data.

    The processes that look after models and fetch them are played; with `is_real` they are the program's own, as those
    that answer and that read documents always are.
    """

    is_real = False

    def __init__(self, qtbot: QtBot, application: QApplication, home: Path) -> None:
        self.qtbot, self.application = qtbot, application
        self.paths = Paths(home / "data", home / "cache", home / "logs")
        self.source = PlayedSource()
        self.elements = PlayedElements()
        self._home = home
        self.will_find(surveyed())
        self._end = ExitStack()

    def start(self, model: Path | None = None, files: Sequence[Path] = ()) -> None:
        self.store = Store(self.paths.data)
        self.parts, self.wiring = build(
            self.application, self.paths, self.store, self.source, self.elements, self._end, self._command_of
        )
        self.window = self.parts.window
        self.composer = self.window.composer
        with self.qtbot.waitExposed(self.window):
            self.window.show()
        self.window.activateWindow()
        self.wiring.begin("" if model is None else str(model), files)
        if model is not None:
            self.until(lambda: self.parts.client.state == "idle")

    def end(self) -> None:
        """As `app.main.run_window` ends. May be called again."""
        if hasattr(self, "window"):
            self.window.close()
            self._end.close()
            self.wiring.deleteLater()
            self.window.deleteLater()
            del self.window

    def will_find(self, found: Surveyed) -> None:
        """What a look at the models tells from now on."""
        self._home.mkdir(parents=True, exist_ok=True)
        (self._home / "survey").write_bytes(encode(found))

    def will_arrive_in(self, folder: Path) -> None:
        """Where models are once they are fetched."""
        (self._home / "arrivals").write_text(str(folder), encoding="utf-8")

    def hold_downloads(self) -> None:
        """No model arrives until `let_downloads_go`."""
        (self._home / "hold").touch()

    def let_downloads_go(self) -> None:
        (self._home / "hold").unlink()

    def heard(self, role: str) -> list[str]:
        """The commands that a played process has had."""
        path = self._home / role
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def _command_of(self, role: str) -> Sequence[str]:
        if self.is_real or role in ("model", "reader"):
            return worker(role)
        return (sys.executable, str(FAKE_SERVICE), str(self._home / role))

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=WAIT_MS)

    # --- What a person does ------------------------------------------------------------------------------------------

    def type(self, text: str) -> None:
        """Into the composer."""
        self.composer.focus()
        self.type_on(text)

    def type_on(self, text: str) -> None:
        """Into whatever has the keyboard."""
        self.qtbot.keyClicks(self._field, text)

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(self._field, key, modifiers)

    def ask(self, question: str) -> None:
        self.type(question)
        self.press(Qt.Key.Key_Return)

    def paste_picture(self, colour: str = "orange") -> None:
        image = QImage(90, 60, QImage.Format.Format_RGB32)
        image.fill(QColor(colour))
        data = QMimeData()
        data.setImageData(image)
        self.application.clipboard().setMimeData(data)
        tiles = len(self.tiles())
        self.press(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        self.until(lambda: len(self.tiles()) == tiles + 1)

    def click(self, words: str) -> None:
        """Press the one visible button with these words."""
        (button,) = [each for each in self._visible(QAbstractButton) if each.text() == words]
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    # --- What a person sees ------------------------------------------------------------------------------------------

    def tiles(self) -> list[Tile]:
        return [tile for tile in self.composer.findChildren(Tile) if not tile.isHidden()]

    def notes(self) -> tuple[str, ...]:
        return self.window.toasts.sentences()

    def buttons(self) -> list[str]:
        return [button.text() for button in self._visible(QAbstractButton)]

    def sees(self, words: str) -> bool:
        return words in [label.text() for label in self._visible(QLabel)]

    def shown_answers(self) -> list[str]:
        """The markdown of the answers on the page, from top to bottom."""
        views = self._visible(AnswerView)
        return [view.markdown() for view in sorted(views, key=lambda view: view.mapTo(self.window, view.pos()).y())]

    def palette_colour(self) -> str:
        return self.window.palette().window().color().name()

    # --- What is kept ------------------------------------------------------------------------------------------------

    def conversation(self) -> Conversation:
        """The only one, as the store has it."""
        (summary,) = self.store.summaries()
        return self.store.conversation(summary.id)

    def answer(self) -> Answer:
        """The last one of the only conversation, as the store has it."""
        return self.conversation().turns[-1].answer

    @property
    def _field(self) -> QWidget:
        focused = self.application.focusWidget()
        assert focused is not None
        return focused

    def _visible(self, kind: type[W]) -> list[W]:
        return [widget for widget in self.window.findChildren(kind) if widget.isVisible()]


def _ramp(screen: Screen) -> QImage:
    image = QImage(int(screen.physical.width), int(screen.physical.height), QImage.Format.Format_RGB32)
    image.fill(QColor("teal"))
    image.setPixelColor(100, 50, QColor("white"))
    return image
