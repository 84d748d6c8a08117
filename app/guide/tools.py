"""What a walk-through works with, as far as it uses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.capture.clean_looks import CleanLook
from app.domain.geometry import Rect
from app.domain.screen import ScreenLook, ScreenMark, WindowRef
from app.engine_client.requests import ModelRequests
from app.guide.watch import Difference, Glancing
from engine.protocol import Element, FoundFor


class Looking(Glancing, Protocol):
    """See `app.capture.clean_looks.CleanLooks`."""

    def look(self, window: WindowRef, done: Callable[[CleanLook], None], failed: Callable[[str], None]) -> None:
        """How the window looks now, without us."""


class Finding(Protocol):
    """See `app.pointing.finder.Finder`."""

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
        """Where the queries are; its request id."""

    def cancel(self, request_id: str) -> None:
        """Its result is not wanted any more."""


class Pointing(Protocol):
    """See `app.overlay.pointer.ScreenPointer`."""

    def obstacle(self) -> str:
        """Why nothing can be drawn on this desktop, or nothing."""

    def point(
        self,
        marks: Sequence[ScreenMark],
        window: WindowRef | None = None,
        seconds: float = 0.0,
        *,
        screen: str = "",
    ) -> None:
        """Draw `marks`."""

    def hide(self) -> None:
        """Draw nothing any more."""


@dataclass(frozen=True, slots=True)
class GuideTools:
    """`front` is the window that a person works in now, of the program that the given window belongs to: its dialogs
    come before it. `differs` compares glances; `changed` tells how much of two looks differs in a physical area, 0..1.
    `covered` are the physical areas of our cards, and with True those that the pointer draws on as well."""

    model: ModelRequests
    finder: Finding
    pointer: Pointing
    looks: Looking
    front: Callable[[WindowRef], WindowRef | None]
    differs: Difference
    changed: Callable[[ScreenLook, ScreenLook, Rect, Callable[[float], None]], None]
    covered: Callable[[bool], Sequence[Rect]]
