"""What else a person does with the whole window, and what is left when it closes: nothing runs, nothing is lost."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication

from app.domain.conversation import Answer
from app.main import PLACE
from app.store import Store, StoreError
from app.store.errors import FULL
from tests.app.wiring.desk import Desk
from tests.scripted import answer, count, make_scripted


def keep_conversation(desk: Desk, question: str = "Why?", text: str = "Because **so**.") -> str:
    """A conversation of one answered question, open in the window; its id."""
    created = desk.store.create(question)
    turn = desk.store.add_turn(created.id, None, question, ())
    desk.store.save_answer(turn.id, Answer("finished", text))
    desk.parts.session.begin()
    desk.parts.session.open_conversation(created.id)
    return created.id


# --- The page ---


def test_web_addresses_open_in_the_browser(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()) or True)
    desk.start()
    addresses = ["https://example.org/a?b=c#d", "http://example.org/"]
    for address in addresses:
        desk.window.page.link_activated.emit(address)
    assert opened == addresses
    assert desk.notes() == ()


def test_a_link_starts_no_program_and_opens_no_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()) or True)
    desk.start()
    for address in ("file:///etc/passwd", "javascript:alert(1)", "/bin/sh", "mailto:a@example.org", "ms-settings:", ""):
        desk.window.page.link_activated.emit(address)
    assert opened == []
    assert desk.notes() == ("Fingerpost opens web addresses only. Copy the link to use it elsewhere.",)


def test_without_a_browser_the_person_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    desk.start()
    desk.window.page.link_activated.emit("https://example.org/")
    assert desk.notes() == ("No browser could be opened. Copy the link and open it yourself.",)


def test_copy_puts_the_markdown_on_the_clipboard(desk: Desk) -> None:
    desk.start()
    keep_conversation(desk, text="Press **OK**.\n\n- and `wait`")
    desk.click("Copy")
    assert QGuiApplication.clipboard().text() == "Press **OK**.\n\n- and `wait`"


def test_an_edited_question_stands_beside_the_first_and_both_can_be_read(desk: Desk) -> None:
    desk.start()
    conversation = keep_conversation(desk)
    (turn,) = desk.store.conversation(conversation).turns
    desk.window.page.edited.emit(turn.id, "Why not?")
    assert desk.conversation().turns[0].question == "Why not?"
    assert desk.sees("2 of 2")
    desk.window.page.turn_chosen.emit(turn.id)
    assert desk.sees("1 of 2")
    assert desk.shown_answers() == ["Because **so**."]


# --- Conversations ---


def test_a_new_title_stands_in_the_header_and_in_the_list(desk: Desk) -> None:
    desk.start()
    conversation = keep_conversation(desk)
    desk.window.header.rename()
    desk.type_on("  The reason ")
    desk.press(Qt.Key.Key_Return)
    assert desk.store.conversation(conversation).title == "The reason"
    assert desk.sees("The reason")
    assert [summary.title for summary in desk.store.summaries()] == ["The reason"]
    # From the list, of the one that is open and of another.
    other = desk.store.create("Other")
    desk.window.renamed.emit(conversation, "Two  spaces")
    assert desk.sees("Two spaces")
    desk.window.renamed.emit(other.id, "Elsewhere")
    assert desk.sees("Two spaces")
    assert {summary.title for summary in desk.store.summaries()} == {"Two spaces", "Elsewhere"}


def test_a_title_that_can_not_be_kept_is_not_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Store, _id: str, _title: str) -> None:
        raise StoreError(FULL)

    desk.start()
    conversation = keep_conversation(desk)
    monkeypatch.setattr(Store, "rename", full)
    desk.window.renamed.emit(conversation, "Better")
    assert desk.notes() == (FULL,)
    assert desk.sees("Why?")
    assert not desk.sees("Better")


def test_a_deletion_is_undone_from_its_note(desk: Desk) -> None:
    desk.start()
    conversation = keep_conversation(desk)
    desk.window.header.delete_wanted.emit()
    assert desk.store.summaries() == ()
    assert desk.shown_answers() == []
    desk.click("Undo")
    assert [summary.id for summary in desk.store.summaries()] == [conversation]
    assert desk.shown_answers() == ["Because **so**."]


def test_what_was_deleted_is_gone_from_the_disk_after_the_window_closes(desk: Desk) -> None:
    desk.start()
    desk.paste_picture()
    desk.ask("What is this?")
    conversation = desk.conversation()
    (picture,) = conversation.turns[0].attachments
    desk.window.header.delete_wanted.emit()
    assert picture.path.is_file()
    desk.end()
    assert not picture.path.exists()
    desk.start()
    with pytest.raises(StoreError):
        desk.store.restore(conversation.id)


# --- What is chosen ---


def test_a_theme_is_shown_at_once_and_after_a_restart(desk: Desk) -> None:
    desk.start()
    desk.window.header.theme_chosen.emit("light")
    light = desk.palette_colour()
    desk.window.header.theme_chosen.emit("dark")
    dark = desk.palette_colour()
    assert dark != light
    desk.end()
    desk.start()
    assert desk.palette_colour() == dark


def test_the_system_turning_dark_turns_the_window_dark(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.start()
    before = desk.palette_colour()
    hints = desk.application.styleHints()
    monkeypatch.setattr(type(hints), "colorScheme", lambda _self: Qt.ColorScheme.Dark)
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert desk.palette_colour() != before


def test_how_to_answer_is_chosen_in_the_composer_and_there_again(desk: Desk) -> None:
    desk.start()
    desk.click("Think: off")
    desk.composer.tools.detail_changed.emit("fast")
    desk.composer.tools.look_closer_changed.emit(True)
    desk.composer.tools.delay_changed.emit(3)
    desk.end()
    desk.start()
    assert {"Think: on", "Detail: fast, look closer", "3 s delay"} <= set(desk.buttons())
    settings = desk.parts.preferences.settings
    assert (settings.thinking, settings.detail, settings.capture_delay) == (True, "fast", 3)


def test_what_was_damaged_is_told_at_the_start(desk: Desk) -> None:
    desk.paths.data.mkdir(parents=True)
    (desk.paths.data / "settings.json").write_text("no settings")
    desk.start()
    (note,) = desk.notes()
    assert "settings.json.broken" in note


# --- The window's place ---


def test_the_window_comes_back_where_it_was(desk: Desk) -> None:
    desk.start()
    desk.window.setGeometry(QRect(37, 41, 620, 540))
    desk.until(lambda: desk.window.geometry() == QRect(37, 41, 620, 540))
    desk.end()
    desk.start()
    assert desk.window.geometry() == QRect(37, 41, 620, 540)


def test_a_place_on_a_monitor_that_is_gone_is_not_taken(desk: Desk) -> None:
    desk.start()
    desk.window.setGeometry(QRect(9000, 7000, 620, 540))
    desk.until(lambda: desk.window.geometry().left() == 9000)
    desk.end()
    desk.start()
    assert desk.window.screen().geometry().contains(desk.window.geometry().center())


@pytest.mark.parametrize("state", [b"", b"no place at all"])
def test_a_damaged_place_is_ignored(desk: Desk, state: bytes) -> None:
    desk.paths.data.mkdir(parents=True)
    (desk.paths.data / PLACE).write_bytes(state)
    desk.start()
    assert desk.window.screen().geometry().intersects(desk.window.geometry())


def test_a_place_that_can_not_be_kept_stops_nothing(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.start()
    (desk.paths.data / PLACE).mkdir()
    desk.end()
    assert "the window's place was not kept" in caplog.text
    desk.start()
    assert "the window's place is not known" in caplog.text
    caplog.clear()


# --- The end ---


def test_closing_in_the_middle_of_an_answer_keeps_it_and_leaves_nothing_running(desk: Desk, tmp_path: Path) -> None:
    threads = threading.active_count()
    desk.start(make_scripted(tmp_path / "model", [answer(count(0.005))]))
    desk.ask("Go on for ever")
    desk.until(lambda: bool(desk.shown_answers()) and len(desk.shown_answers()[0]) > 20)
    child = psutil.Process(desk.parts.client.pid)
    desk.end()
    assert not child.is_running()
    assert psutil.Process(os.getpid()).children() == []
    assert threading.active_count() == threads
    desk.start()
    assert desk.answer().state == "stopped"
    assert desk.answer().text.startswith("1 2 3")
