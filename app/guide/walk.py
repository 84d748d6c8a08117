"""`Walk`: one walk-through, from its question to the last check."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.capture.clean_looks import CleanLook
from app.capture.window_looks import Glance
from app.domain.geometry import Rect
from app.domain.guide import GuideState, GuideView
from app.domain.screen import ScreenLook, WindowRef
from app.guide.checks import Seen, judge, judge_text, watch_words
from app.guide.plan import Plan
from app.guide.sentences import LOST_WAY, NO_MODEL, NO_STEPS, NOT_SEEN, OTHER_WAY
from app.guide.target import Target, query_of, screen_mark, target_of
from app.guide.tools import GuideTools
from app.guide.watch import WindowWatch
from app.rounds import Rounds
from engine.protocol import Event, Failed, Finished, FoundFor, GuideStep, ImageBudget, StepPlanned, TextDelta

MOST_REPLANS = 3
"""Wrong turns in a row after which it gives up: the model does not know this program."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A step that is shown: the window then, and where it points."""

    look: ScreenLook
    target: Target | None


class Walk(QObject):
    """Shows the steps towards a goal one after the other, and goes on by itself when a step's check holds.

    It looks at the screen and points; it never clicks or types. One at a time: `begin` ends what ran before.

    Signals:
        view_changed: the `GuideView`.
        ended: the walk is over and the card may go; by `stop`, not because it is done.
    """

    view_changed = Signal(object)
    ended = Signal()

    def __init__(self, tools: GuideTools, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tools = tools
        self._watch = WindowWatch(tools.looks, tools.differs, tools.covered, self)
        self._watch.settled.connect(self._on_settled)
        self._watch.lost.connect(self._on_window_lost)
        self._budget: ImageBudget = "balanced"
        self._window: WindowRef | None = None
        self._plan: Plan | None = None
        self._at = 0
        self._shown: _Shown | None = None
        # Just before the last look, so that nothing that happens after it is missed.
        self._glance: Glance | None = None
        self._replans = 0
        self._finding = ""
        # What comes back from an earlier state is known by an old number.
        self._rounds = Rounds()
        self._view: GuideView | None = None

    @property
    def view(self) -> GuideView | None:
        """What is shown now, None while there is no walk."""
        return self._view

    @property
    def target(self) -> Rect | None:
        """The physical area that is pointed at, for a card that keeps away from it."""
        target = None if self._shown is None else self._shown.target
        return None if target is None else target.area

    @property
    def is_on(self) -> bool:
        """Whether a walk is under way, or its end is still shown."""
        return self._view is not None

    def begin(self, goal: str, window: WindowRef, budget: ImageBudget = "balanced") -> None:
        """Lead to `goal` in `window`."""
        self._drop()
        self._window, self._budget, self._replans = window, budget, 0
        self._tell("planning")
        if not self._tools.model.model_is_there:
            self._lose(NO_MODEL)
            return
        self._look(partial(self._ask, goal, ()))

    @Slot()
    def back(self) -> None:
        """Show the step before."""
        if self._plan is not None and self._at > 0:
            self._show(self._at - 1)

    @Slot()
    def skip(self) -> None:
        """Go on without the check."""
        self._go_on()

    @Slot()
    def again(self) -> None:
        """Point once more, where the target is now."""
        if self._plan is not None and self._view is not None and self._view.state in ("showing", "lost"):
            self._show(self._at)

    @Slot()
    def stop(self) -> None:
        """End it."""
        if self._view is not None:
            self._drop()
            self._view = None
            self.ended.emit()

    # --- The plan ----------------------------------------------------------------------------------------------------

    def _ask(self, goal: str, done: tuple[str, ...], look: ScreenLook) -> None:
        self._plan = Plan(goal, look, done)
        self._at = 0
        request = self._plan.request(self._budget)
        self._tools.model.ask(request, partial(self._on_planned, self._plan))

    def _on_planned(self, plan: Plan, event: Event) -> None:
        if plan is not self._plan:
            return
        match event:
            case StepPlanned(step=step):
                plan.steps.append(step)
                if not self._waits_for_step:
                    self._tell_again()
                elif self._at == 0:
                    self._show_on(plan.look, 0)
                else:
                    self._show(self._at)
            case TextDelta(channel="answer", text=text):
                plan.said += text
            case Finished():
                plan.is_whole = True
                if not plan.steps:
                    self._lose(" ".join(plan.said.split()) or NO_STEPS)
                elif self._waits_for_step:
                    self._finish()
                else:
                    self._tell_again()
            case Failed():
                plan.is_whole = True
                if not plan.steps or self._waits_for_step:
                    self._lose(event.message)

    @property
    def _waits_for_step(self) -> bool:
        return self._view is not None and self._view.state in ("planning", "replanning")

    def _replan(self, look: ScreenLook) -> None:
        plan = self._plan
        assert plan is not None
        self._replans += 1
        if self._replans > MOST_REPLANS:
            self._lose(LOST_WAY)
            return
        done = (*plan.done, *(step.say for step in plan.steps[: self._at]))
        self._leave_step()
        self._tell("replanning", note=OTHER_WAY)
        self._ask(plan.goal, done, look)

    # --- One step ----------------------------------------------------------------------------------------------------

    def _step(self) -> GuideStep:
        assert self._plan is not None
        return self._plan.steps[self._at]

    def _show(self, at: int) -> None:
        """Show step `at` where its target is now."""
        self._leave_step()
        self._watch.forget()
        self._at = at
        self._tell("looking")
        self._look(lambda look: self._show_on(look, at))

    def _show_on(self, look: ScreenLook, at: int) -> None:
        self._at = at
        self._watch.forget()
        step = self._step()
        self._tell("looking")
        self._find(step, look, partial(self._point, step, look))

    def _find(self, step: GuideStep, look: ScreenLook, told: Callable[[Target | None], None]) -> None:
        """Where the step's target is on `look`: by its words, else where the model saw it on the very same picture."""
        plan = self._plan
        assert plan is not None
        planned_here = plan.look.id == look.id

        def found(results: tuple[FoundFor, ...]) -> None:
            told(target_of(step, results[0].marks if results else (), look, planned_here=planned_here))

        def failed(sentence: str) -> None:
            _log.warning("a step's target was not searched: %s", sentence)
            told(target_of(step, (), look, planned_here=planned_here))

        if not step.target:
            told(target_of(step, (), look, planned_here=planned_here))
            return
        self._finding = self._tools.finder.find(
            look.id,
            look.path,
            look.elements,
            (query_of(step),),
            self._rounds.current(found),
            self._rounds.current(failed),
            top=3,
        )

    def _point(self, step: GuideStep, look: ScreenLook, target: Target | None) -> None:
        self._shown = _Shown(look, target)
        note = ""
        if target is None:
            note = NOT_SEEN.format(target=step.target) if step.target else ""
        elif obstacle := self._tools.pointer.obstacle():
            note = obstacle
        else:
            self._tools.pointer.point([screen_mark(step, target, self._number)], look.window, screen=look.place.screen)
        self._tell("showing", note=note)
        self._watch_on()

    def _watch_on(self) -> None:
        if self._glance is not None:
            self._watch.start(self._glance)

    def _leave_step(self) -> None:
        self._rounds.begin()
        self._watch.stop()
        self._tools.pointer.hide()
        if self._finding:
            self._tools.finder.cancel(self._finding)
            self._finding = ""
        self._shown = None

    # --- What the person does ----------------------------------------------------------------------------------------

    def _on_settled(self) -> None:
        self._watch.stop()
        self._look(self._check)

    def _check(self, now: ScreenLook) -> None:
        shown = self._shown
        if shown is None:
            return
        if now.window.handle != shown.look.window.handle:
            self._judge(now, 1.0)
            return
        area = shown.look.place.area if shown.target is None else shown.target.around
        self._tools.changed(shown.look, now, area, self._rounds.current(partial(self._judge, now)))

    def _judge(self, now: ScreenLook, change: float) -> None:
        shown = self._shown
        if shown is None:
            return
        step = self._step()
        verdict = judge(step.check, Seen(shown.look, now, change > 0))
        if verdict == "holds":
            self._go_on(now)
        elif verdict == "not_yet":
            self._not_yet(now)
        else:
            self._search(step, now, self._take_search)

    def _search(
        self, step: GuideStep, now: ScreenLook, then: Callable[[GuideStep, ScreenLook, FoundFor], None]
    ) -> None:
        def told(results: tuple[FoundFor, ...]) -> None:
            then(step, now, results[0])

        def failed(sentence: str) -> None:
            _log.warning("a check was not made: %s", sentence)
            self._watch_on()

        self._finding = self._tools.finder.find(
            now.id,
            now.path,
            now.elements,
            (step.check.text,),
            self._rounds.current(told),
            self._rounds.current(failed),
            top=1,
        )

    def _take_search(self, step: GuideStep, now: ScreenLook, found: FoundFor) -> None:
        if judge_text(step.check, found):
            self._go_on(now)
        else:
            self._not_yet(now)

    def _not_yet(self, now: ScreenLook) -> None:
        """The window has changed and the step is not done. Its target is still there, perhaps elsewhere; or a later
        step's is, because the person knows the way; or this was a wrong turn."""
        self._find(self._step(), now, partial(self._weigh, now))

    def _weigh(self, now: ScreenLook, target: Target | None) -> None:
        plan, shown = self._plan, self._shown
        assert plan is not None
        if shown is None:
            return
        if target is not None or not self._step().target or now.id == shown.look.id:
            self._point_again(now, target)
            return
        ahead = self._at + 1
        if ahead < len(plan.steps) and plan.steps[ahead].target:
            self._find(plan.steps[ahead], now, partial(self._weigh_ahead, now))
        elif shown.target is None and now.window.handle == shown.look.window.handle:
            # It was not seen before either: the person is still looking for it.
            self._point_again(now, None)
        else:
            self._replan(now)

    def _weigh_ahead(self, now: ScreenLook, target: Target | None) -> None:
        if target is not None:
            self._go_on(now)
        else:
            self._replan(now)

    def _point_again(self, now: ScreenLook, target: Target | None) -> None:
        step = self._step()
        self._leave_step()
        self._point(step, now, target)

    def _go_on(self, look: ScreenLook | None = None) -> None:
        plan = self._plan
        if plan is None or self._view is None or not plan.steps:
            return
        self._replans = 0
        self._leave_step()
        if self._at + 1 < len(plan.steps):
            if look is None:
                self._show(self._at + 1)
            else:
                self._show_on(look, self._at + 1)
        elif plan.is_whole:
            self._finish()
        else:
            self._at += 1
            # The answer of the plan that is still written must be heard.
            self._tell("planning")

    # --- Ends --------------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        self._leave_step()
        self._tell("done")

    def _lose(self, sentence: str) -> None:
        self._leave_step()
        self._tell("lost", note=sentence)

    def _on_window_lost(self, sentence: str) -> None:
        self._lose(sentence)

    def _drop(self) -> None:
        if self._plan is not None and not self._plan.is_whole:
            self._tools.model.cancel(self._plan.request_id)
        self._leave_step()
        self._plan, self._at = None, 0

    # --- Inside ------------------------------------------------------------------------------------------------------

    def _look(self, done: Callable[[ScreenLook], None]) -> None:
        """Look at the window that the person works in now."""
        assert self._window is not None
        window = self._window = self._tools.front(self._window) or self._window

        def looked(clean: CleanLook) -> None:
            self._glance = clean.glance
            done(clean.look)

        self._tools.looks.look(window, self._rounds.current(looked), self._rounds.current(self._lose))

    @property
    def _number(self) -> int:
        """Of the step that is shown, counted over all that were taken."""
        return 0 if self._plan is None else len(self._plan.done) + self._at + 1

    def _tell(self, state: GuideState, note: str = "") -> None:
        plan = self._plan
        steps: list[GuideStep] = [] if plan is None else plan.steps
        step = steps[self._at] if self._at < len(steps) and state in ("looking", "showing", "done", "lost") else None
        self._view = GuideView(
            state,
            step=0 if step is None else self._number,
            total=0 if plan is None else len(plan.done) + len(steps),
            plan_is_whole=plan is not None and plan.is_whole,
            say="" if step is None else step.say,
            watch=watch_words(step) if step is not None and state == "showing" else "",
            note=note,
            can_go_back=step is not None and self._at > 0,
            can_skip=step is not None and state in ("looking", "showing"),
        )
        self.view_changed.emit(self._view)

    def _tell_again(self) -> None:
        """The same, with what is known of the plan by now."""
        if self._view is not None:
            self._tell(self._view.state, self._view.note)
