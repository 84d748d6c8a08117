"""What the model wants to do next."""

from __future__ import annotations

from dataclasses import dataclass

from app.acting.policy import Ruling
from app.acting.primitives import point_of
from app.domain.geometry import Rect, to_desktop
from app.domain.screen import ScreenLook, ScreenMark
from engine.protocol import Action, Element, MarkShape, ToolCall

PATCH = 64.0
"""Physical pixels around a place that have to look as they did when the model saw it."""
_LONGEST = 24


@dataclass(slots=True)
class Proposal:
    """Grows while the model writes it. `look` is what it saw."""

    look: ScreenLook
    said: str = ""
    call: ToolCall | None = None
    action: Action | None = None
    target: Element | None = None
    words: str = ""
    ruling: Ruling = Ruling("refuse")  # noqa: RUF009 - frozen

    @classmethod
    def begin(cls, look: ScreenLook) -> Proposal:
        """Nothing is written yet."""
        return cls(look)


@dataclass(frozen=True, slots=True)
class Outline:
    """Where an action is, physical, and what is drawn there."""

    area: Rect
    shape: MarkShape
    words: str

    @property
    def around(self) -> Rect:
        """A patch around its middle."""
        x, y = self.area.centre
        return Rect(x - PATCH / 2, y - PATCH / 2, PATCH, PATCH)

    def mark(self, number: int) -> ScreenMark:
        """As the pointer draws it: nothing but the model says that it is the right place."""
        return ScreenMark(number, self.words, self.area, self.shape == "box", self.shape)


def outline(proposal: Proposal) -> Outline | None:
    """Where the proposed action is; the element there if it is known, else the point. None where it has no place."""
    action, look = proposal.action, proposal.look
    at = None if action is None else point_of(action, look.place)
    if at is None:
        return None
    words = proposal.words if len(proposal.words) <= _LONGEST else proposal.words[: _LONGEST - 1].rstrip() + "…"
    if proposal.target is None:
        return Outline(Rect(*at, 0, 0), "point", words)
    box = proposal.target.box
    area = to_desktop(Rect(box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0), look.place)
    return Outline(area, "box", words)
