"""What every way of synthesising input offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Button = Literal["left", "middle", "right"]


class InputError(Exception):
    """The system did not take it. `str()` is a sentence with what to do next."""


@dataclass(frozen=True, slots=True)
class Move:
    """The pointer goes to a physical place of the desktop."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Press:
    """A button goes down."""

    button: Button


@dataclass(frozen=True, slots=True)
class Release:
    """A button goes up."""

    button: Button


@dataclass(frozen=True, slots=True)
class Wheel:
    """Notches of the wheel: up and to the right are positive."""

    right: int
    up: int


@dataclass(frozen=True, slots=True)
class KeyDown:
    """A key of `app.acting.chords` goes down."""

    key: str


@dataclass(frozen=True, slots=True)
class KeyUp:
    """A key goes up."""

    key: str


@dataclass(frozen=True, slots=True)
class Write:
    """One character, whatever the keyboard's layout."""

    character: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing, for a while."""

    seconds: float


Primitive = Move | Press | Release | Wheel | KeyDown | KeyUp | Write | Pause


class InputDriver(Protocol):
    """Called on the main thread, but for `prepare`; each call takes a few milliseconds at most. All raise
    `InputError`."""

    def prepare(self) -> str:
        """``""`` when input can be sent, or a sentence: why not, and what to do. The system may ask the person: slow,
        and called on a job's thread before anything is sent."""

    def send(self, primitive: Primitive) -> None:
        """Send one primitive that is no `Pause`."""

    def release_all(self) -> None:
        """Let go of every button and key that was pressed here."""

    def pointer(self) -> tuple[float, float] | None:
        """Where the pointer is, physical; None where the system does not tell."""

    def close(self) -> None:
        """Let go of everything."""
