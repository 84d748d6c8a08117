"""A desktop that exists only in a test, and an acting run on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.acting.input.driver import KeyDown, KeyUp, Move, Press, Primitive, Release
from app.acting.input.dry import DryDriver
from app.acting.run import ActingRun
from app.acting.tools import ActingTools
from app.acting.wordlist import load_words
from app.capture.clean_looks import CleanLook
from app.capture.window_looks import Glance
from app.domain.geometry import Place, Rect
from app.domain.screen import ScreenLook, ScreenMark, WindowRef
from app.paths import resources
from engine.protocol import (
    Action,
    ActionProposed,
    Box,
    Element,
    Event,
    Finished,
    Generate,
    LookAgain,
    TextDelta,
    Timings,
    ToolCall,
    Usage,
)

WINDOW = WindowRef(7, 42, "Letter - Editor", Rect(100, 50, 800, 600))
SAVE = Element("button", "Save", Box(0.1, 0.1, 0.2, 0.2))
DELETE = Element("button", "Delete everything", Box(0.3, 0.1, 0.4, 0.2))
PASSWORD = Element("password_field", "", Box(0.1, 0.5, 0.4, 0.6))
TEXT = Element("text_field", "Body", Box(0.1, 0.7, 0.9, 0.9), ("focused",))


@dataclass
class Driver:
    """Keeps what it was given, and what is held."""

    sent: list[Primitive] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    at: tuple[float, float] = (0.0, 0.0)
    released: int = 0
    on_send: Callable[[Primitive], None] | None = None

    def prepare(self) -> str:
        return ""

    def send(self, primitive: Primitive) -> None:
        self.sent.append(primitive)
        match primitive:
            case Move(x=x, y=y):
                self.at = (x, y)
            case Press(button=name) | KeyDown(key=name):
                self.held.append(name)
            case Release(button=name) | KeyUp(key=name):
                self.held.remove(name)
        if self.on_send is not None:
            self.on_send(primitive)

    def release_all(self) -> None:
        self.held.clear()
        self.released += 1

    def pointer(self) -> tuple[float, float] | None:
        return self.at

    def close(self) -> None:
        pass


@dataclass
class Stage:
    folder: Path
    window: WindowRef = WINDOW
    front: WindowRef | None = WINDOW
    elements: tuple[Element, ...] = (SAVE, DELETE, TEXT)
    number: int = 0
    is_elevated: bool = False
    program: str = "editor"
    presses: bool = False
    pressed: list[str] = field(default_factory=list)
    pointed: list[tuple[ScreenMark, ...]] = field(default_factory=list)
    requests: list[Generate] = field(default_factory=list)
    told: list[Callable[[Event], None]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    driver: Driver = field(default_factory=Driver)
    rehearsal: DryDriver = field(default_factory=DryDriver)
    kill: Callable[[], None] | None = None
    kill_problem: str = ""
    driver_problem: str = ""
    has_model: bool = True

    @property
    def model_is_there(self) -> bool:
        return self.has_model

    def ask(self, request: Generate | LookAgain, told: Callable[[Event], None]) -> None:
        assert isinstance(request, Generate)
        self.requests.append(request)
        self.told.append(told)

    def cancel(self, request_id: str) -> None:
        self.cancelled.append(request_id)

    def look(self, window: WindowRef, done: Callable[[CleanLook], None], failed: Callable[[str], None]) -> None:
        place = Place("A", self.window.frame, 1.0)
        path = self.folder / "look.png"
        look = ScreenLook(f"look{self.number}", path, 800, 600, place, self.window, self.elements)
        done(CleanLook(Glance(self.window, self.window.frame, b""), look))

    def point(
        self,
        marks: Sequence[ScreenMark],
        window: WindowRef | None = None,
        seconds: float = 0.0,
        *,
        screen: str = "",
    ) -> None:
        self.pointed.append(tuple(marks))

    def hide(self) -> None:
        pass

    def press(self, window: WindowRef, element: Element, area: Rect, told: Callable[[bool], None]) -> None:
        if self.presses:
            self.pressed.append(element.name)
        told(self.presses)

    def hold_kill_key(self, killed: Callable[[], None]) -> str:
        self.kill = killed
        return self.kill_problem

    def let_kill_key_go(self) -> None:
        self.kill = None

    @staticmethod
    def changed(one: ScreenLook, other: ScreenLook, area: Rect, told: Callable[[float], None]) -> None:
        told(0.0 if one.id == other.id else 0.5)

    def run(self, clock: Callable[[], float]) -> ActingRun:
        tools = ActingTools(
            model=self,
            pointer=self,
            looks=self,
            press=self.press,
            prepare=lambda told: told(self.driver_problem),
            driver=self.driver,
            rehearsal=self.rehearsal,
            front=lambda: self.front,
            elevated=lambda _: self.is_elevated,
            program=lambda _: self.program,
            changed=self.changed,
            hold_kill_key=self.hold_kill_key,
            let_kill_key_go=self.let_kill_key_go,
            words=load_words(resources()),
            journals=self.folder / "journals",
        )
        return ActingRun(tools, clock)

    def propose(self, action: Action, said: str = "") -> None:
        """The model's side."""
        id_, told = self.requests[-1].request_id, self.told[-1]
        if said:
            told(TextDelta(id_, "answer", said))
        told(ToolCall(id_, "call_1", "computer_use", {"action": action.name}))
        told(ActionProposed(id_, "call_1", action))
        told(Finished(id_, "tool_calls", Usage(1, 0, 0, 1, 0), Timings(0, 0, 0, 0, 0), ()))

    def move(self, x: float, y: float) -> None:
        """The window is somewhere else."""
        frame = Rect(x, y, self.window.frame.width, self.window.frame.height)
        self.window = self.front = replace(self.window, frame=frame)
