"""A walk-through as a person sees it: values without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GuideState = Literal["planning", "looking", "showing", "replanning", "done", "lost"]
"""``planning``: the first step is not written yet. ``looking``: where the step's target is now. ``showing``: waits for
the person. ``replanning``: the person went another way. ``done``: the last check held. ``lost``: it can not go on."""


@dataclass(frozen=True, slots=True)
class GuideView:
    """What the card shows. `step` counts from 1 and is 0 before the first one; `total` grows while the plan is still
    written, which `plan_is_whole` tells. `say` is Markdown of the step, `watch` what is waited for, in words; `note`
    is a sentence, as why nothing is pointed at, or what went wrong."""

    state: GuideState
    step: int = 0
    total: int = 0
    plan_is_whole: bool = False
    say: str = ""
    watch: str = ""
    note: str = ""
    can_go_back: bool = False
    can_skip: bool = False
