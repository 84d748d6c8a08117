"""What is done for a person, as they see it: values without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ActingState = Literal["asking", "thinking", "confirming", "confirming_again", "doing", "paused", "done", "ended"]
"""``asking``: nothing is allowed yet, and the person is asked for the one window. ``thinking``: the model decides on
the next action. ``confirming``: it waits for the person, and once more (``confirming_again``) where what it does can
not be undone. ``paused``: the person has to do something. ``done``: the model says that it is. ``ended``: killed,
stopped or failed."""


@dataclass(frozen=True, slots=True)
class ActingView:
    """What the card shows. `window` is the title of the allowed one. `step` of at most `most`. `say` is the proposed
    action in words. `note` is a sentence: why it stopped, or what speaks against the action. `warning` is one about
    text on the screen that reads like an order. In a `dry_run` nothing is sent. `other_window` is
    the title of another window of the same program that came to the front, and could be allowed too."""

    state: ActingState
    goal: str
    window: str = ""
    step: int = 0
    most: int = 0
    say: str = ""
    note: str = ""
    warning: str = ""
    dry_run: bool = False
    other_window: str = ""
