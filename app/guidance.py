"""Builds what leads a person through a program, and what acts in it for them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject

from app.accessibility.source import ElementSource
from app.acting.input.choice import pick_driver
from app.acting.input.driver import InputDriver
from app.acting.input.dry import DryDriver
from app.acting.programs import is_elevated, program_of
from app.acting.run import ActingRun
from app.acting.sentences import KILL_CHORD
from app.acting.tools import ActingTools
from app.acting.wordlist import load_words
from app.capture.clean_looks import CleanLooks
from app.capture.comparing import LookComparer, cells_between
from app.capture.screens import current_screens
from app.capture.source import ScreenSource
from app.capture.window_looks import WindowLooks
from app.domain.geometry import Rect, screen_at_logical, screen_at_physical, to_logical, to_physical
from app.domain.screen import WindowRef
from app.engine_client.requests import ModelRequests
from app.guide.tools import GuideTools
from app.guide.walk import Walk
from app.hotkeys.keys import GlobalKeys, pick_keys
from app.jobs import Jobs
from app.look import Look
from app.overlay.pointer import ScreenPointer
from app.pointing.finder import Finder
from app.ui.acting_card import ActingCard
from app.ui.guide_card import GuideCard
from app.ui.icons import Icons
from engine.protocol import Element

_KILL = "fingerpost-kill"


@dataclass(frozen=True, slots=True)
class Guidance:
    """A walk-through, acting, and their cards."""

    walk: Walk
    guide_card: GuideCard
    acting: ActingRun
    acting_card: ActingCard


def build_guidance(
    look: Look,
    resources: Path,
    folders: tuple[Path, Path],
    source: ScreenSource,
    elements: ElementSource,
    model: ModelRequests,
    finder: Finder,
    pointer: ScreenPointer,
    jobs: Jobs,
    app_id: str,
    end: ExitStack,
) -> Guidance:
    """`folders`: where pictures of windows lie meanwhile, and where the records of acting are kept. Closing `end` ends
    what runs."""
    icons = Icons(resources / "icons")
    style = (resources / "look" / "style.qss").read_text(encoding="utf-8")
    guide_card = GuideCard(look, icons, style)
    acting_card = ActingCard(look, icons, style, KILL_CHORD)

    def own() -> tuple[Rect, ...]:
        return tuple(_physical(card) for card in (guide_card, acting_card) if card.isVisible())

    def covered(with_marks: bool) -> tuple[Rect, ...]:
        if not with_marks:
            return own()
        screens = current_screens()
        areas = [Rect(each.x(), each.y(), each.width(), each.height()) for each in pointer.areas()]
        drawn = (to_physical(area, screen_at_logical(*area.centre, screens)) for area in areas)
        return (*own(), *drawn)

    pictures, records = folders
    window_looks = WindowLooks(source, elements, jobs, pictures, own=own)
    end.callback(window_looks.close)
    looks = CleanLooks(window_looks, pointer.hide)
    comparer = LookComparer(jobs)
    walk = Walk(
        GuideTools(model, finder, pointer, looks, _FrontOf(source).of, cells_between, comparer.changed, covered)
    )
    end.callback(walk.stop)
    keys = pick_keys()
    end.callback(keys.close)
    kill = _KillKey(keys)
    driver = pick_driver(app_id, _to_points)
    end.callback(driver.close)
    acting = ActingRun(
        ActingTools(
            model=model,
            pointer=pointer,
            looks=looks,
            press=_Presses(elements, jobs).press,
            prepare=_Preparing(driver, jobs).prepare,
            driver=driver,
            rehearsal=DryDriver(),
            front=lambda: source.focused_window(current_screens()),
            elevated=is_elevated,
            program=program_of,
            changed=comparer.changed,
            hold_kill_key=kill.hold,
            let_kill_key_go=kill.let_go,
            words=load_words(resources),
            journals=records,
        )
    )
    end.callback(acting.stop)
    for card in (guide_card, acting_card):
        end.callback(card.hide)
    return Guidance(walk, guide_card, acting, acting_card)


class _FrontOf:
    """The window that a person works in now, if it is one of the same program."""

    def __init__(self, source: ScreenSource) -> None:
        self._source = source

    def of(self, window: WindowRef) -> WindowRef | None:
        front = self._source.active_window(current_screens())
        return front if front is not None and front.process == window.process else None


class _KillKey(QObject):
    """The chord that stops everything, held while something may be done."""

    def __init__(self, keys: GlobalKeys) -> None:
        super().__init__()
        self._keys = keys
        self._kill: Callable[[], None] | None = None
        keys.pressed.connect(self._on_pressed)

    def hold(self, kill: Callable[[], None]) -> str:
        self._kill = kill
        return self._keys.hold(_KILL, KILL_CHORD)

    def let_go(self) -> None:
        self._kill = None
        self._keys.release(_KILL)

    def _on_pressed(self, name: str) -> None:
        if name == _KILL and self._kill is not None:
            self._kill()


class _Presses:
    """Has programs do what their elements are for, as jobs: some take a while to answer."""

    def __init__(self, elements: ElementSource, jobs: Jobs) -> None:
        self._elements, self._jobs = elements, jobs

    def press(self, window: WindowRef, element: Element, area: Rect, told: Callable[[bool], None]) -> None:
        self._jobs.run(lambda: self._elements.press(window, element, area), told, lambda _: told(False))


class _Preparing:
    """Makes the driver ready as a job: the desktop may ask the person."""

    def __init__(self, driver: InputDriver, jobs: Jobs) -> None:
        self._driver, self._jobs = driver, jobs

    def prepare(self, told: Callable[[str], None]) -> None:
        self._jobs.run(self._driver.prepare, told, lambda error: told(f"Nothing can be sent ({error}). Try again."))


def _physical(card: GuideCard | ActingCard) -> Rect:
    frame = card.frameGeometry()
    area = Rect(frame.x(), frame.y(), frame.width(), frame.height())
    return to_physical(area, screen_at_logical(*area.centre, current_screens()))


def _to_points(x: float, y: float) -> tuple[float, float]:
    screen = screen_at_physical(x, y, current_screens())
    spot = to_logical(Rect(x, y, 0, 0), screen)
    return spot.x, spot.y
