"""A desktop that exists only in a test: what is on the screen, and a walk-through over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.capture.clean_looks import CleanLook
from app.capture.window_looks import Glance
from app.domain.geometry import Place, Rect
from app.domain.screen import ScreenLook, ScreenMark, WindowRef
from app.guide.tools import GuideTools
from app.guide.walk import Walk
from engine.protocol import (
    Box,
    Element,
    Event,
    Finished,
    FoundFor,
    Generate,
    GuideStep,
    LookAgain,
    Mark,
    StepCheck,
    StepPlanned,
    Timings,
    Usage,
)

WINDOW = WindowRef(7, 42, "Untitled - Editor", Rect(100, 50, 800, 600))


@dataclass
class Desk:
    """`texts` are on the screen now, each with its box in shares of the window."""

    window: WindowRef | None = WINDOW
    texts: dict[str, Box] = field(default_factory=dict)
    elements: tuple[Element, ...] = ()
    number: int = 0
    pointed: list[tuple[ScreenMark, ...]] = field(default_factory=list)
    is_pointing: bool = False
    requests: list[Generate] = field(default_factory=list)
    told: list[Callable[[Event], None]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    has_model: bool = True
    problem: str = ""
    glances: int = 0

    def change(self, *texts: str, title: str | None = None, elements: tuple[Element, ...] | None = None) -> None:
        """Another screen."""
        self.number += 1
        self.texts = {text: Box(0.1, 0.1 * at, 0.3, 0.1 * at + 0.05) for at, text in enumerate(texts, 1)}
        if title is not None and self.window is not None:
            self.window = replace(self.window, title=title)
        if elements is not None:
            self.elements = elements

    # ModelRequests
    @property
    def model_is_there(self) -> bool:
        return self.has_model

    def ask(self, request: Generate | LookAgain, told: Callable[[Event], None]) -> None:
        assert isinstance(request, Generate)
        self.requests.append(request)
        self.told.append(told)

    def cancel(self, request_id: str) -> None:
        self.cancelled.append(request_id)

    # Finding
    def find(
        self,
        attachment: str,
        path: Path,
        elements: tuple[Element, ...],
        queries: Sequence[str],
        told: Callable[[tuple[FoundFor, ...]], None],
        failed: Callable[[str], None],
        top: int = 5,
    ) -> str:
        self.queries += queries
        found = []
        for query in queries:
            marks = [
                Mark(1, attachment, text, box, confidence=0.95, confirmed=True)
                for text, box in self.texts.items()
                if text == query
            ]
            found.append(FoundFor(query, tuple(marks)))
        told(tuple(found))
        return f"f{len(self.queries)}"

    # Pointing
    def obstacle(self) -> str:
        return self.problem

    def point(
        self,
        marks: Sequence[ScreenMark],
        window: WindowRef | None = None,
        seconds: float = 0.0,
        *,
        screen: str = "",
    ) -> None:
        self.pointed.append(tuple(marks))
        self.is_pointing = True
        self.glances = 0

    def hide(self) -> None:
        self.is_pointing = False

    # Looking
    def look(self, window: WindowRef, done: Callable[[CleanLook], None], failed: Callable[[str], None]) -> None:
        if self.window is None:
            failed("The window was closed.")
            return
        place = Place("A", self.window.frame, 1.0)
        look = ScreenLook(f"look{self.number}", Path("look.png"), 800, 600, place, self.window, self.elements)
        done(CleanLook(self._seen(self.window), look))

    def glance(
        self, window: WindowRef, area: Rect | None, done: Callable[[Glance], None], failed: Callable[[str], None]
    ) -> None:
        if self.window is None:
            failed("The window was closed.")
        else:
            done(self._seen(self.window))
            self.glances += 1

    def _seen(self, window: WindowRef) -> Glance:
        return Glance(window, window.frame, bytes([self.number]))

    # The model's side
    def plan(self, *steps: GuideStep, whole: bool = True) -> None:
        for step in steps:
            self.told[-1](StepPlanned(self.requests[-1].request_id, step))
        if whole:
            self.told[-1](
                Finished(self.requests[-1].request_id, "stop", Usage(1, 0, 0, 1, 0), Timings(0, 0, 0, 0, 0), ())
            )

    def walk(self) -> Walk:
        return Walk(GuideTools(self, self, self, self, lambda _: self.window, self.differs, self.changed, lambda _: ()))

    @staticmethod
    def differs(one: Glance, other: Glance, without: Sequence[Rect]) -> frozenset[int]:
        return frozenset() if one.signature == other.signature else frozenset({other.signature[0]})

    @staticmethod
    def changed(one: ScreenLook, other: ScreenLook, area: Rect, told: Callable[[float], None]) -> None:
        told(0.0 if one.id == other.id else 0.5)


def step(number: int, target: str, check: StepCheck | None = None) -> GuideStep:
    return GuideStep(number, f"Click **{target}**.", target, check or StepCheck("text_appears", f"after {target}"))
