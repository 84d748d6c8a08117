from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.domain.geometry import Rect
from app.guide import walk as walk_module
from app.guide import watch as watch_module
from app.guide.sentences import LOST_WAY, NO_MODEL, NO_STEPS
from app.guide.walk import Walk
from engine.protocol import Box, Element, Failed, StepCheck, TextDelta
from tests.app.guide.walking import WINDOW, Desk, step


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "INTERVAL_MS", 5)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.change("File", "Edit")
    return desk


@pytest.fixture
def walk(desk: Desk, qtbot: QtBot) -> Iterator[Walk]:
    walk = desk.walk()
    walk.begin("export this as PDF", WINDOW)
    yield walk
    walk.stop()


def until(qtbot: QtBot, walk: Walk, state: str, number: int = 0) -> None:
    def reached() -> bool:
        return walk.view is not None and (walk.view.state, walk.view.step) == (state, number)

    qtbot.waitUntil(reached, timeout=3000)


def glanced(qtbot: QtBot, desk: Desk) -> None:
    """The window is watched, from how it looks now."""
    desk.glances = 0
    qtbot.waitUntil(lambda: desk.glances >= 2, timeout=3000)


def test_the_first_step_is_pointed_at_while_the_others_are_written(desk: Desk, walk: Walk) -> None:
    assert desk.requests[0].task == "guide"
    desk.plan(step(1, "File"), whole=False)
    assert walk.view is not None
    assert (walk.view.state, walk.view.say, walk.view.total) == ("showing", "Click **File**.", 1)
    (mark,) = desk.pointed[-1]
    assert (mark.number, mark.words, mark.confirmed) == (1, "File", True)
    assert mark.area == Rect(180, 110, pytest.approx(160), pytest.approx(30))
    desk.plan(step(2, "Export"))
    assert (walk.view.total, walk.view.plan_is_whole) == (2, True)
    assert len(desk.pointed) == 1


def test_it_moves_on_by_itself_to_the_end(desk: Desk, walk: Walk, qtbot: QtBot) -> None:
    desk.plan(step(1, "File"), step(2, "Export"))
    glanced(qtbot, desk)
    until(qtbot, walk, "showing", 1)
    desk.change("Export", "after File")
    until(qtbot, walk, "showing", 2)
    assert desk.pointed[-1][0].words == "Export"
    desk.change("after Export")
    until(qtbot, walk, "done", 0 if walk.view is None else walk.view.step)
    assert not desk.is_pointing


def test_a_change_that_is_not_the_step_keeps_the_step_and_points_anew(desk: Desk, walk: Walk, qtbot: QtBot) -> None:
    desk.plan(step(1, "File"))
    glanced(qtbot, desk)
    before = len(desk.pointed)
    desk.change("Clock", "File")  # The target is somewhere else now.
    qtbot.waitUntil(lambda: len(desk.pointed) > before, timeout=3000)
    until(qtbot, walk, "showing", 1)
    assert desk.pointed[-1][0].area.y != desk.pointed[0][0].area.y


def test_a_wrong_turn_is_planned_anew_from_what_is_seen(desk: Desk, walk: Walk, qtbot: QtBot) -> None:
    desk.plan(step(1, "File"), step(2, "Export"))
    glanced(qtbot, desk)
    desk.change("Help", "About")
    qtbot.waitUntil(lambda: len(desk.requests) == 2, timeout=3000)
    assert walk.view is not None
    assert walk.view.state == "replanning"
    desk.plan(step(1, "About"), step(2, "File"))
    until(qtbot, walk, "showing", 1)
    assert desk.pointed[-1][0].words == "About"


def test_steps_that_were_taken_are_told_and_counted_when_it_is_planned_anew(
    desk: Desk, walk: Walk, qtbot: QtBot
) -> None:
    desk.plan(step(1, "File"), step(2, "Export"))
    glanced(qtbot, desk)
    desk.change("Export", "after File")
    until(qtbot, walk, "showing", 2)
    glanced(qtbot, desk)
    desk.change("Help")
    qtbot.waitUntil(lambda: len(desk.requests) == 2, timeout=3000)
    text = str(desk.requests[1].messages[0].parts[1])
    assert "Click **File**." in text
    assert "Click **Export**." not in text
    desk.plan(step(1, "Help"))
    until(qtbot, walk, "showing", 2)


def test_who_knows_the_way_is_not_held_up(desk: Desk, walk: Walk, qtbot: QtBot) -> None:
    desk.plan(step(1, "File"), step(2, "Export"))
    glanced(qtbot, desk)
    desk.change("Export")  # Neither the check holds nor is File there, but what comes next is.
    until(qtbot, walk, "showing", 2)
    assert len(desk.requests) == 1


def test_too_many_wrong_turns_end_in_a_sentence(desk: Desk, walk: Walk, qtbot: QtBot) -> None:
    desk.plan(step(1, "File"))
    for turn in range(walk_module.MOST_REPLANS):
        glanced(qtbot, desk)
        desk.change(f"Nowhere {turn}")
        qtbot.waitUntil(lambda turn=turn: len(desk.requests) == turn + 2, timeout=3000)
        desk.plan(step(1, f"Nowhere {turn}"))
        until(qtbot, walk, "showing", 1)
    glanced(qtbot, desk)
    desk.change("Elsewhere")
    until(qtbot, walk, "lost", 1)
    assert walk.view is not None
    assert walk.view.note == LOST_WAY


def test_back_skip_and_again(desk: Desk, walk: Walk, qtbot: QtBot) -> None:
    desk.change("File", "Export")
    desk.plan(step(1, "File"), step(2, "Export"))
    walk.skip()
    until(qtbot, walk, "showing", 2)
    walk.back()
    until(qtbot, walk, "showing", 1)
    before = len(desk.pointed)
    walk.again()
    assert len(desk.pointed) == before + 1


def test_what_is_not_seen_is_said_and_the_model_s_own_place_is_only_for_its_own_picture(
    desk: Desk, walk: Walk, qtbot: QtBot
) -> None:
    seen = replace(step(1, "Odd icon"), box=Box(0.5, 0.5, 0.6, 0.6))
    desk.plan(seen, step(2, "Nothing"))
    (mark,) = desk.pointed[-1]
    assert not mark.confirmed
    walk.skip()
    until(qtbot, walk, "showing", 2)
    assert walk.view is not None
    assert "“Nothing” is not seen" in walk.view.note
    assert not desk.is_pointing


def test_a_state_and_a_title_are_checks_too(desk: Desk, walk: Walk, qtbot: QtBot) -> None:
    checked = step(1, "File", StepCheck("element_state", "Line Numbers", "checked"))
    desk.plan(checked, step(2, "Edit", StepCheck("title_contains", "report.txt")))
    glanced(qtbot, desk)
    box = Box(0.1, 0.1, 0.2, 0.2)
    desk.change("File", "Edit", elements=(Element("check_box", "Line numbers", box, ("checked",)),))
    until(qtbot, walk, "showing", 2)
    glanced(qtbot, desk)
    desk.change("File", "Edit", title="report.txt - Editor")
    qtbot.waitUntil(lambda: walk.view is not None and walk.view.state == "done", timeout=3000)


def test_without_a_model_without_steps_and_without_the_window(desk: Desk, walk: Walk, qtbot: QtBot) -> None:
    desk.plan()
    assert walk.view is not None
    assert walk.view.note == NO_STEPS
    walk.begin("again", WINDOW)
    desk.told[-1](TextDelta(desk.requests[-1].request_id, "answer", "This is another\nprogram."))
    desk.plan()
    assert walk.view.note == "This is another program."
    walk.begin("again", WINDOW)
    desk.told[-1](Failed(desk.requests[-1].request_id, "out_of_memory", "Close other programs."))
    assert (walk.view.state, walk.view.note) == ("lost", "Close other programs.")
    walk.begin("again", WINDOW)
    desk.plan(step(1, "File"))
    desk.window = None
    until(qtbot, walk, "lost", 1)
    desk.has_model = False
    walk.begin("again", WINDOW)
    assert walk.view.note == NO_MODEL


def test_a_desktop_that_can_not_be_drawn_on_still_has_the_words(desk: Desk, walk: Walk) -> None:
    desk.problem = "This desktop lets nothing be drawn over it. Follow the words."
    desk.plan(step(1, "File"))
    assert walk.view is not None
    assert (walk.view.state, walk.view.note) == ("showing", desk.problem)
    assert not desk.pointed


def test_a_cursor_that_blinks_is_not_looked_at_for_ever(desk: Desk, walk: Walk, qtbot: QtBot) -> None:
    desk.plan(step(1, "File"))
    for blink in range(40):
        glanced(qtbot, desk)
        desk.number = blink % 2
    before = len(desk.pointed)
    assert before < 12
    desk.change("File", "after File")
    qtbot.waitUntil(lambda: walk.view is not None and walk.view.state == "done", timeout=3000)


def test_stopping_takes_the_plan_back(desk: Desk, walk: Walk) -> None:
    walk.stop()
    assert desk.cancelled == [desk.requests[0].request_id]
    desk.plan(step(1, "File"))
    assert walk.view is None
    assert not desk.pointed
