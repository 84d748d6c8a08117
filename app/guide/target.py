"""Where a step points on the screen as it is now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.geometry import Rect, to_desktop
from app.domain.screen import ScreenLook, ScreenMark
from engine.protocol import Box, GuideStep, Mark, MarkShape

SURE = 0.5
"""Confidence from which a thing that was found by its words is what the step means."""
AROUND = 0.5
"""Of a target's height: what changes that near to it has changed because of it."""
_LONGEST_WORDS = 24
_MARKUP = re.compile(r"[*_`]")


@dataclass(frozen=True, slots=True)
class Target:
    """`area` is physical. `confirmed` as a `Mark` is."""

    area: Rect
    confirmed: bool
    shape: MarkShape = "box"

    @property
    def around(self) -> Rect:
        """The target with a margin."""
        margin = AROUND * max(self.area.height, 16.0)
        area = self.area
        return Rect(area.x - margin, area.y - margin, area.width + 2 * margin, area.height + 2 * margin)


def query_of(step: GuideStep) -> str:
    """What to look for."""
    role = "" if step.role is None else step.role.replace("_", " ")
    return f"the “{step.target}” {role}".strip() if role and role != "other" else step.target


def target_of(step: GuideStep, found: Sequence[Mark], look: ScreenLook, *, planned_here: bool) -> Target | None:
    """The best of `found`, else the model's own place where the plan was made on this very look, else None."""
    best = next((mark for mark in found if mark.confidence >= SURE), None)
    if best is not None:
        return Target(_on_desktop(best.box, look), best.confirmed, best.shape)
    if planned_here and step.box is not None:
        return Target(_on_desktop(step.box, look), confirmed=False)
    return None


def screen_mark(step: GuideStep, target: Target, number: int) -> ScreenMark:
    """What to draw."""
    words = _MARKUP.sub("", step.target) or "Here"
    words = words if len(words) <= _LONGEST_WORDS else words[: _LONGEST_WORDS - 1].rstrip() + "…"
    return ScreenMark(number, words, target.area, target.confirmed, target.shape)


def _on_desktop(box: Box, look: ScreenLook) -> Rect:
    return to_desktop(Rect(box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0), look.place)
