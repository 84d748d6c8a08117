"""`ActingRun`: one goal in one window, an action at a time, each drawn, confirmed, checked and recorded."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.acting.execution import Execution
from app.acting.journal import Journal
from app.acting.pace import Pace
from app.acting.permission import Permission
from app.acting.policy import Ruling, Scene, element_at, judge
from app.acting.proposal import Proposal, outline
from app.acting.sentences import (
    CHANGED_BEFORE,
    DECLINED,
    DONE_SENTENCE,
    DRIFTED,
    GAVE_UP,
    INJECTED,
    KILLED,
    NO_ACTION,
    NO_JOURNAL,
    NO_MODEL,
    NOT_DONE,
    REHEARSED,
    WORKED,
)
from app.acting.talk import Talk
from app.acting.tools import ActingTools
from app.acting.wordlist import texts_of
from app.acting.words import in_words
from app.capture.clean_looks import CleanLook
from app.domain.acting import ActingState, ActingView
from app.domain.screen import ScreenLook, WindowRef
from app.rounds import Rounds
from engine.protocol import (
    ActionProposed,
    Event,
    Failed,
    Finished,
    ImageBudget,
    TextDelta,
    ToolCall,
)

SETTLE_MS = 500
"""From the last primitive until the window shows what came of it."""


class ActingRun(QObject):
    """Off until `begin`, which only a person's own click may call, for a window that they chose.

    Every action is drawn and waits for `confirm`. Right before it is sent the window is looked at again. After `kill`
    nothing is sent until the next `begin`.

    Signals:
        view_changed: the `ActingView`.
        ended: the card may go.
    """

    view_changed = Signal(object)
    ended = Signal()

    def __init__(
        self, tools: ActingTools, clock: Callable[[], float] = time.monotonic, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tools, self._clock = tools, clock
        self._execution = Execution(tools, self._note, self)
        self._permission: Permission | None = None
        self._pace: Pace | None = None
        self._talk: Talk | None = None
        self._journal: Journal | None = None
        self._proposal: Proposal | None = None
        self._request = ""
        self._rounds = Rounds()
        self._view: ActingView | None = None
        self._budget: ImageBudget = "balanced"
        self._offered: tuple[str, WindowRef, ImageBudget] | None = None

    @property
    def view(self) -> ActingView | None:
        """What is shown, None while nothing is under way."""
        return self._view

    @property
    def permission(self) -> Permission | None:
        """What holds now."""
        return self._permission

    def offer(self, goal: str, window: WindowRef, budget: ImageBudget = "balanced") -> None:
        """Ask the person whether `goal` may be worked towards in `window`. Nothing is looked at before `allow`."""
        self._leave()
        self._offered = (goal, window, budget)
        self._view = ActingView("asking", goal, window.title)
        self.view_changed.emit(self._view)

    @Slot()
    def allow(self) -> None:
        """The person allows it, for this once."""
        self._allow(dry_run=False)

    @Slot()
    def rehearse(self) -> None:
        """The person wants to see what would be done."""
        self._allow(dry_run=True)

    def _allow(self, *, dry_run: bool) -> None:
        if self._offered is not None and self._view is not None and self._view.state == "asking":
            goal, window, budget = self._offered
            self.begin(goal, Permission(window, dry_run), budget)

    def begin(self, goal: str, permission: Permission, budget: ImageBudget = "balanced") -> None:
        """Work towards `goal` as far as `permission` goes."""
        self._leave()
        title = permission.window.title
        self._view = ActingView("thinking", goal, title, most=permission.most_steps, dry_run=permission.dry_run)
        self._permission, self._budget = permission, budget
        self._pace = Pace(permission, self._clock())
        if not self._tools.model.model_is_there:
            self._end(NO_MODEL)
            return
        if obstacle := self._tools.hold_kill_key(self.kill):
            self._end(obstacle)
            return
        try:
            self._journal = Journal(self._tools.journals, goal, permission.window.title)
        except OSError as error:
            self._end(NO_JOURNAL.format(error=error))
            return
        self._tell("thinking")
        if permission.dry_run:
            self._prepared(goal, "")
        else:
            self._tools.prepare(self._rounds.current(partial(self._prepared, goal)))

    def _prepared(self, goal: str, obstacle: str) -> None:
        if obstacle:
            self._end(obstacle)
        else:
            self._look(partial(self._first_ask, goal))

    @Slot()
    def confirm(self) -> None:
        """The person allows the proposed action, for this once."""
        view, proposal = self._view, self._proposal
        if view is None or proposal is None or view.state not in ("confirming", "confirming_again"):
            return
        if view.state == "confirming" and proposal.ruling.verdict == "confirm_twice":
            self._tell("confirming_again", note=proposal.ruling.sentence)
            return
        if not self._note("confirmed") or self._pace is None:
            return
        self._tell("doing")
        wait = self._pace.wait(self._clock())
        self._later(round(wait * 1000), partial(self._look, self._recheck))

    @Slot()
    def skip(self) -> None:
        """The person does not want this one; the model is told, and proposes another."""
        if self._proposal is not None and self._view is not None and self._view.state.startswith("confirming"):
            self._note("declined")
            self._go_on(DECLINED)

    @Slot()
    def allow_other(self) -> None:
        """The person allows the window of the same program that is in front now, too; a dialog, mostly."""
        other = self._other_window()
        if self._permission is not None and other is not None and self._view is not None:
            self._permission = self._permission.with_window(other)
            self._note("allowed", window=other.title)
            self.go_on()

    @Slot()
    def go_on(self) -> None:
        """After a pause: look again and ask the model again."""
        if self._view is not None and self._view.state == "paused":
            if self._proposal is not None:
                self._go_on(NOT_DONE.format(why=self._view.note))
            else:
                self._tell("thinking")
                self._look(self._ask_with)

    @Slot()
    def stop(self) -> None:
        """The person ends it; the card goes."""
        if self._view is None:
            return
        if self._view.state not in ("done", "ended"):
            self._note("stopped")
        self._leave()
        self._view = None
        self.ended.emit()

    @Slot()
    def kill(self) -> None:
        """Here and now: nothing more is sent, and what is pressed is let go."""
        self._execution.stop()
        if self._view is not None and self._view.state not in ("done", "ended"):
            self._note("killed")
            self._end(KILLED)

    # --- The model ---------------------------------------------------------------------------------------------------

    def _first_ask(self, goal: str, look: ScreenLook) -> None:
        self._talk = Talk(goal, look)
        self._ask_with(look)

    def _ask_with(self, look: ScreenLook) -> None:
        assert self._talk is not None
        assert self._pace is not None
        self._proposal = None
        if limit := self._pace.limit(self._clock()):
            self._end(limit)
            return
        orders = self._tools.words.orders_in((look.window.title, *texts_of(look.elements)))
        note = "" if self._view is None else self._view.note
        self._tell("thinking", note, INJECTED.format(text=orders[0]) if orders else "")
        if orders:
            self._note("order on the screen", text=orders[0])
        request = self._talk.request(self._budget)
        self._request = request.request_id
        self._tools.model.ask(request, self._rounds.current(partial(self._on_event, Proposal.begin(look))))

    def _on_event(self, proposal: Proposal, event: Event) -> None:
        match event:
            case TextDelta(channel="answer", text=text):
                proposal.said += text
            case ToolCall() if proposal.call is None:
                proposal.call = event
            case ActionProposed() if proposal.action is None:
                proposal.action = event.action
            case Failed():
                self._end(event.message)
            case Finished():
                self._take(proposal)

    def _take(self, proposal: Proposal) -> None:
        action = proposal.action
        if action is None or proposal.call is None:
            self._end(proposal.said.strip() or NO_ACTION)
            return
        self._proposal = proposal
        proposal.target = element_at(proposal.look.elements, action)
        proposal.words = in_words(action, proposal.target)
        self._note("proposed", proposal.look.path, action=proposal.words)
        match action.name:
            case "terminate":
                self._finish(DONE_SENTENCE if action.success else GAVE_UP, success=action.success)
            case "answer":
                self._finish(action.text or proposal.said.strip() or DONE_SENTENCE, success=True)
            case _:
                proposal.ruling = self._judge(proposal, proposal.look)
                self._propose(proposal)

    def _propose(self, proposal: Proposal) -> None:
        if proposal.ruling.verdict == "refuse":
            self._refuse(proposal.ruling.sentence)
            return
        self._tools.pointer.hide()
        assert self._pace is not None
        if area := outline(proposal):
            mark, look = area.mark(self._pace.steps + 1), proposal.look
            self._tools.pointer.point([mark], look.window, screen=look.place.screen)
        self._tell("confirming")

    # --- The action --------------------------------------------------------------------------------------------------

    def _recheck(self, now: ScreenLook) -> None:
        """Right before: the same window, the same place, and still allowed."""
        proposal = self._proposal
        if proposal is None or proposal.action is None:
            return
        ruling = self._judge(proposal, now)
        if ruling.verdict == "refuse":
            self._refuse(ruling.sentence)
            return
        self._execution.carry_out(
            proposal, now, dry_run=self._dry_run, drifted=self._drifted, begun=self._begun, ended=self._on_performed
        )

    def _drifted(self) -> None:
        self._note("drifted")
        self._go_on(CHANGED_BEFORE, DRIFTED)

    def _begun(self) -> None:
        assert self._pace is not None
        self._pace.count(self._clock())
        self._tools.pointer.hide()

    def _on_performed(self, sentence: str) -> None:
        if sentence:
            self._note("interrupted", sentence=sentence)
            self._pause(sentence)
        else:
            self._later(SETTLE_MS, lambda: self._go_on(REHEARSED if self._dry_run else WORKED))

    def _go_on(self, result: str, note: str = "") -> None:
        self._tools.pointer.hide()
        self._tell("thinking", note=note)
        self._look(partial(self._after, result))

    def _after(self, result: str, look: ScreenLook) -> None:
        proposal, talk = self._proposal, self._talk
        assert talk is not None
        if proposal is not None and proposal.call is not None:
            talk.add(proposal.said.strip(), proposal.call, look, result)
        self._ask_with(look)

    def _refuse(self, sentence: str) -> None:
        self._note("refused", sentence=sentence)
        self._pause(sentence)

    def _other_window(self) -> WindowRef | None:
        """A window of the same program that is in front and not allowed."""
        front, permission = self._tools.front(), self._permission
        if front is None or permission is None or permission.covers(front):
            return None
        return front if front.process == permission.window.process else None

    def _pause(self, sentence: str) -> None:
        self._tools.pointer.hide()
        self._tell("paused", note=sentence)

    # --- Ends --------------------------------------------------------------------------------------------------------

    def _finish(self, sentence: str, *, success: bool) -> None:
        self._note("finished", sentence=sentence)
        self._leave()
        self._tell("done" if success else "ended", note=sentence)

    def _end(self, sentence: str) -> None:
        self._note("ended", sentence=sentence)
        self._leave()
        self._tell("ended", note=sentence)

    def _leave(self) -> None:
        """Nothing goes on, and no permission is left."""
        self._rounds.begin()
        self._execution.stop()
        self._tools.pointer.hide()
        self._tools.let_kill_key_go()
        if self._request:
            self._tools.model.cancel(self._request)
            self._request = ""
        self._permission = self._pace = self._talk = self._journal = self._proposal = self._offered = None

    # --- Inside ------------------------------------------------------------------------------------------------------

    @property
    def _dry_run(self) -> bool:
        return self._permission is None or self._permission.dry_run

    def _judge(self, proposal: Proposal, look: ScreenLook) -> Ruling:
        assert proposal.action is not None
        assert self._permission is not None
        process = self._permission.window.process
        scene = Scene(look, self._tools.front(), self._tools.elevated(process), self._tools.program(process))
        return judge(proposal.action, scene, self._permission, self._tools.words)

    def _look(self, done: Callable[[ScreenLook], None]) -> None:
        permission = self._permission
        assert permission is not None
        front = self._tools.front()
        window = front if front is not None and permission.covers(front) else permission.window

        def looked(clean: CleanLook) -> None:
            done(clean.look)

        self._tools.looks.look(window, self._rounds.current(looked), self._rounds.current(self._end))

    def _later(self, milliseconds: int, work: Callable[[], None]) -> None:
        QTimer.singleShot(milliseconds, self, partial(self._rounds.current(lambda _: work()), None))

    def _note(self, what: str, picture: Path | None = None, **values: object) -> bool:
        """Into the record. A disk that takes nothing more ends the run: what is not recorded is not done."""
        if self._journal is None:
            return False
        try:
            self._journal.write(what, picture, **values)
        except OSError as error:
            self._journal = None
            self._end(NO_JOURNAL.format(error=error))
            return False
        return True

    def _tell(self, state: ActingState, note: str = "", warning: str | None = None) -> None:
        assert self._view is not None
        words = "" if self._proposal is None else self._proposal.words
        self._view = dataclasses.replace(
            self._view,
            state=state,
            step=0 if self._pace is None else self._pace.steps + 1,
            say=words,
            note=note,
            warning=self._view.warning if warning is None else warning,
            other_window=other.title if state == "paused" and (other := self._other_window()) else "",
        )
        self.view_changed.emit(self._view)
