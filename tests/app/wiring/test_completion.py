"""From the keyboard to a Base model and back: the text, what is added to it, and what is never lost."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QImage

from app.session.queue import WAITS
from app.ui.completion_bar import READ_ONLY, WHAT_IT_IS
from tests.app.wiring.desk import Desk
from tests.scripted import abort, answer, count, make_scripted, out_of_memory, say

CONTROL = Qt.KeyboardModifier.ControlModifier


def base(tmp_path: Path, *answers: object) -> Path:
    return make_scripted(tmp_path / "Tiny-Base", answers)  # type: ignore[arg-type]


def go_on(desk: Desk) -> None:
    desk.press(Qt.Key.Key_Return, CONTROL)


def text(desk: Desk) -> str:
    return desk.window.completion.text()


def test_a_text_is_continued_again_and_again_and_is_there_after_a_restart(desk: Desk, tmp_path: Path) -> None:
    desk.start(base(tmp_path, " and stormy", " night.", " And then"))
    assert desk.sees(WHAT_IT_IS)
    assert not desk.composer.isVisible()
    desk.type_on("It was dark")
    go_on(desk)
    desk.until(lambda: text(desk) == "It was dark and stormy" and not desk.parts.completion.busy)
    desk.type_on("!")
    desk.click("Continue")
    desk.until(lambda: text(desk) == "It was dark and stormy! night." and not desk.parts.completion.busy)
    # One step back for each of the two who write.
    desk.click("Undo")
    assert text(desk) == "It was dark and stormy!"
    desk.click("Clear")
    assert text(desk) == ""
    desk.click("Undo")
    assert text(desk) == "It was dark and stormy!"
    desk.end()
    desk.start()
    assert text(desk) == "It was dark and stormy!"


def test_escape_stops_and_what_was_written_survives_the_end_of_the_program(desk: Desk, tmp_path: Path) -> None:
    desk.start(base(tmp_path, answer(count(0.005))))
    desk.type_on("One")
    go_on(desk)
    desk.until(lambda: len(text(desk)) > 10)
    assert "Stop" in desk.buttons()
    desk.type_on("x")
    desk.press(Qt.Key.Key_Escape)
    desk.until(lambda: not desk.parts.completion.busy)
    assert "x" not in text(desk)
    go_on(desk)
    desk.until(lambda: desk.parts.client.state == "generating")
    written = text(desk)
    desk.until(lambda: len(text(desk)) > len(written))
    desk.end()
    desk.start()
    assert text(desk).startswith(written)
    assert len(text(desk)) > len(written)


@pytest.mark.skipif(sys.platform == "win32", reason="ends by an exit code there")
def test_a_crash_keeps_the_text_and_retry_goes_on(desk: Desk, tmp_path: Path) -> None:
    desk.start(base(tmp_path, answer(say(" and"), abort(), when="dark"), " night."))
    desk.type_on("It was dark")
    go_on(desk)
    desk.until(lambda: "Retry" in desk.buttons())
    assert text(desk).startswith("It was dark")
    assert desk.sees(WHAT_IT_IS)
    desk.window.completion.set_text("A")
    desk.click("Retry")
    desk.until(lambda: text(desk) == "A night.")
    assert "Retry" not in desk.buttons()


def test_a_failure_is_told_with_a_way_on(desk: Desk, tmp_path: Path) -> None:
    desk.start(base(tmp_path, answer(out_of_memory()), " well."))
    desk.type_on("All is")
    go_on(desk)
    desk.until(lambda: "Retry" in desk.buttons())
    desk.click("Retry")
    desk.until(lambda: text(desk) == "All is well.")


def test_another_model_and_back_keeps_page_and_draft_apart(desk: Desk, tmp_path: Path) -> None:
    desk.start(make_scripted(tmp_path / "Tiny", ["Yes."]))
    desk.type("A question")
    desk.parts.session.use_model(str(base(tmp_path, " end.")))
    desk.until(lambda: desk.sees(WHAT_IT_IS))
    desk.type_on("The")
    go_on(desk)
    desk.until(lambda: text(desk) == "The end." and not desk.parts.completion.busy)
    desk.parts.session.use_model(str(tmp_path / "Tiny"))
    desk.until(desk.composer.isVisible)
    assert desk.composer.text() == "A question"
    desk.press(Qt.Key.Key_Return)
    desk.until(lambda: desk.shown_answers() == ["Yes."])
    assert text(desk) == "The end."


def test_a_conversation_can_be_read_and_what_is_asked_in_it_waits_for_a_model_that_answers(
    desk: Desk, tmp_path: Path
) -> None:
    desk.start(make_scripted(tmp_path / "Tiny", ["Yes."]))
    desk.ask("Is it?")
    desk.until(lambda: desk.shown_answers() == ["Yes."])
    desk.parts.session.use_model(str(base(tmp_path, " end.")))
    desk.until(lambda: desk.sees(READ_ONLY))
    assert desk.shown_answers() == ["Yes."]
    desk.click("Again")
    desk.until(lambda: desk.parts.session.status.sentence == WAITS)
    desk.click("Back to the page")
    desk.type_on("The")
    # Esc is for the page: the question still waits.
    desk.press(Qt.Key.Key_Escape)
    go_on(desk)
    desk.until(lambda: text(desk) == "The end." and not desk.parts.completion.busy)
    assert desk.answer().state == "waiting"
    desk.parts.session.use_model(str(tmp_path / "Tiny"))
    desk.until(lambda: desk.answer().state == "finished")


def test_pictures_do_not_end_up_where_nobody_sees_them(desk: Desk, tmp_path: Path) -> None:
    desk.start(base(tmp_path, "Yes."))
    data = QMimeData()
    data.setImageData(QImage(8, 8, QImage.Format.Format_RGB32))
    desk.application.clipboard().setMimeData(data)
    desk.press(Qt.Key.Key_V, CONTROL)
    assert desk.tiles() == []
    assert desk.notes() == ()
    desk.application.clipboard().setText("pasted")
    desk.press(Qt.Key.Key_V, CONTROL)
    assert text(desk) == "pasted"
