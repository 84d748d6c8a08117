"""What acting works with, as far as it uses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.acting.input.driver import InputDriver
from app.acting.wordlist import WordList
from app.capture.clean_looks import CleanLook
from app.domain.geometry import Rect
from app.domain.screen import ScreenLook, ScreenMark, WindowRef
from app.engine_client.requests import ModelRequests
from engine.protocol import Element


class Looking(Protocol):
    """See `app.capture.clean_looks.CleanLooks`."""

    def look(self, window: WindowRef, done: Callable[[CleanLook], None], failed: Callable[[str], None]) -> None:
        """How the window looks now, without us."""


class Pointing(Protocol):
    """See `app.overlay.pointer.ScreenPointer`."""

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


Press = Callable[[WindowRef, Element, Rect, Callable[[bool], None]], None]
"""Has a program do what an element of it is for, at a physical area, and tells whether it could."""


@dataclass(frozen=True, slots=True)
class ActingTools:
    """`front` is the window that has the keyboard now, None for one of ours. `elevated` and `program` tell of a
    process. `changed` tells how much of two looks differs in a physical area, 0..1. `hold_kill_key` has the kill chord
    call its argument until `let_kill_key_go`, and returns a sentence when it can not be had. `journals` is the folder
    of the records. `prepare` has the driver made ready and tells what stands in its way, or nothing."""

    model: ModelRequests
    pointer: Pointing
    looks: Looking
    press: Press
    prepare: Callable[[Callable[[str], None]], None]
    driver: InputDriver
    rehearsal: InputDriver
    front: Callable[[], WindowRef | None]
    elevated: Callable[[int], bool]
    program: Callable[[int], str]
    changed: Callable[[ScreenLook, ScreenLook, Rect, Callable[[float], None]], None]
    hold_kill_key: Callable[[Callable[[], None]], str]
    let_kill_key_go: Callable[[], None]
    words: WordList
    journals: Path
