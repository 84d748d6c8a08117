"""One allowed action, from the last look to its last primitive."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject

from app.acting.performer import Performer
from app.acting.policy import element_at
from app.acting.primitives import point_of, primitives_of
from app.acting.proposal import Proposal, outline
from app.acting.tools import ActingTools
from app.domain.geometry import Rect, to_desktop
from app.domain.screen import ScreenLook
from app.rounds import Rounds
from engine.protocol import Element

DRIFT = 0.02
"""Share of the place around a target that may differ from what the model saw: a blinking cursor is less."""


class Recording(Protocol):
    """Puts what happens into the record; False when it can not, and then nothing may be done."""

    def __call__(self, what: str, picture: Path | None = None, **values: object) -> bool:
        """Add a line."""


class Execution(QObject):
    """One at a time. `record` is told of everything before it happens."""

    def __init__(self, tools: ActingTools, record: Recording, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tools, self._record = tools, record
        self._performer = Performer(tools.driver, self)
        self._rehearsal = Performer(tools.rehearsal, self)
        self._rounds = Rounds()

    def carry_out(
        self,
        proposal: Proposal,
        now: ScreenLook,
        *,
        dry_run: bool,
        drifted: Callable[[], None],
        begun: Callable[[], None],
        ended: Callable[[str], None],
    ) -> None:
        """Do what is proposed in the window as it looks `now`, unless that differs from what the model saw: `drifted`.
        Else `begun`, and later `ended` with nothing, or with the sentence of what came between."""
        self.stop()

        def compared(change: float) -> None:
            if change > DRIFT:
                drifted()
                return
            begun()
            self._do(proposal, now, dry_run, ended)

        area = outline(proposal)
        if proposal.look.window.frame != now.window.frame:
            drifted()
        elif area is None:
            compared(0.0)
        else:
            self._tools.changed(proposal.look, now, area.around, self._rounds.current(compared))

    def stop(self) -> None:
        """Nothing more is sent, and what is pressed is let go. None of the callbacks comes any more."""
        self._rounds.begin()
        self._performer.stop()
        self._rehearsal.stop()

    def _do(self, proposal: Proposal, now: ScreenLook, dry_run: bool, ended: Callable[[str], None]) -> None:
        target = _pressable(proposal, now)
        if dry_run:
            self._send(self._rehearsal, proposal, now, ended)
        elif target is None:
            self._send(self._performer, proposal, now, ended)
        else:
            told = partial(self._on_pressed, target, proposal, now, ended)
            self._tools.press(now.window, target, _area_of(target, now), self._rounds.current(told))

    def _on_pressed(
        self, target: Element, proposal: Proposal, now: ScreenLook, ended: Callable[[str], None], could: bool
    ) -> None:
        if not could:
            self._send(self._performer, proposal, now, ended)
        elif self._record("pressed", element=target.name):
            ended("")

    def _send(self, performer: Performer, proposal: Proposal, now: ScreenLook, ended: Callable[[str], None]) -> None:
        assert proposal.action is not None
        primitives = primitives_of(proposal.action, now.place)
        values = {"primitives": len(primitives), "at": point_of(proposal.action, now.place)}
        if self._record("sent", picture=now.path, dry_run=performer is self._rehearsal, **values):
            performer.perform(primitives, self._rounds.current(ended))


def _pressable(proposal: Proposal, now: ScreenLook) -> Element | None:
    """What may be done by the program's own way: no pointer moves then, and nothing can be missed."""
    action = proposal.action
    if action is None or action.name != "left_click":
        return None
    target = element_at(now.elements, action)
    return target if target is not None and target.name else None


def _area_of(element: Element, look: ScreenLook) -> Rect:
    box = element.box
    return to_desktop(Rect(box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0), look.place)
