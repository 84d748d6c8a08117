"""Each wish is answered once, and reading ahead is in nobody's way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from app.pointing.finder import Finder
from engine.protocol import (
    Box,
    Cancel,
    CheckMarks,
    Failed,
    FindOnScreen,
    FoundFor,
    FoundOnScreen,
    Grounded,
    Mark,
    MarksChecked,
)

BOX = Box(0.1, 0.1, 0.2, 0.2)
PATH = Path("/pictures/a.png")
MARK = Mark(1, "a", "Save", BOX, confidence=0.9, confirmed=True)


class FakeReader(QObject):
    """The reader process, driven by a test."""

    event_received = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Any] = []
        self.busy = False

    def send(self, command: Any) -> None:
        self.sent.append(command)

    def found(self, *marks: Mark, request: int = -1) -> None:
        command = self.sent[request]
        assert isinstance(command, FindOnScreen)
        queries = tuple(FoundFor(query, marks) for query in command.queries)
        self.event_received.emit(FoundOnScreen(command.request_id, queries))

    def reads_ahead(self) -> list[str]:
        return [each.attachment for each in self.sent if isinstance(each, FindOnScreen) and not each.queries]


class Wishes:
    """A finder, and what it told."""

    def __init__(self, reader: FakeReader) -> None:
        self.finder = Finder(reader)  # type: ignore[arg-type]
        self.told: list[Any] = []
        self.failed: list[str] = []

    def find(self, *queries: str, attachment: str = "a") -> str:
        return self.finder.find(attachment, PATH, (), queries, self.told.append, self.failed.append)

    def check(self, mark: Grounded) -> str:
        return self.finder.check("a", PATH, (), (mark,), self.told.append, self.failed.append)


@pytest.fixture
def reader(qtbot: QtBot) -> FakeReader:
    return FakeReader()


@pytest.fixture
def wishes(reader: FakeReader) -> Wishes:
    return Wishes(reader)


def test_a_wish_is_answered_with_what_was_found(wishes: Wishes, reader: FakeReader) -> None:
    request_id = wishes.find("Save")
    assert reader.sent == [FindOnScreen(request_id, "a", str(PATH), (), ("Save",), 5)]
    reader.found(MARK)
    reader.found(MARK)
    assert wishes.told == [(FoundFor("Save", (MARK,)),)], "once"


def test_what_the_model_said_is_weighed(wishes: Wishes, reader: FakeReader) -> None:
    said = Grounded("r", "a", 1, "Save", BOX)
    request_id = wishes.check(said)
    assert reader.sent == [CheckMarks(request_id, "a", str(PATH), (said,))]
    reader.event_received.emit(MarksChecked(request_id, (MARK,)))
    assert wishes.told == [(MARK,)]


def test_a_failure_is_a_sentence(wishes: Wishes, reader: FakeReader) -> None:
    request_id = wishes.find("Save")
    reader.event_received.emit(Failed(request_id, "image_unreadable", "This picture can not be read."))
    assert (wishes.told, wishes.failed) == ([], ["This picture can not be read."])


def test_nobody_is_told_of_what_was_cancelled(wishes: Wishes, reader: FakeReader) -> None:
    request_id = wishes.find("Save")
    wishes.finder.cancel(request_id)
    wishes.finder.cancel("unknown")
    assert reader.sent[1:] == [Cancel(request_id)]
    reader.found(MARK, request=0)
    assert (wishes.told, wishes.failed) == ([], [])


def test_pictures_are_read_ahead_once_and_when_nothing_else_is_to_do(
    wishes: Wishes, reader: FakeReader, qtbot: QtBot
) -> None:
    reader.busy = True
    wishes.finder.read_ahead("a", PATH, ())
    wishes.finder.read_ahead("b", PATH, ())
    qtbot.wait(20)
    assert reader.sent == []
    reader.busy = False
    reader.event_received.emit(Failed("a document", "internal", "It is over."))
    qtbot.waitUntil(lambda: reader.reads_ahead() == ["a"])
    reader.found()
    qtbot.waitUntil(lambda: reader.reads_ahead() == ["a", "b"])
    reader.found()
    wishes.finder.read_ahead("a", PATH, ())
    qtbot.wait(20)
    assert reader.reads_ahead() == ["a", "b"]


def test_who_waits_for_another_picture_goes_first(wishes: Wishes, reader: FakeReader, qtbot: QtBot) -> None:
    wishes.finder.read_ahead("a", PATH, ())
    qtbot.waitUntil(lambda: reader.reads_ahead() == ["a"])
    wishes.find("Save", attachment="a")
    assert not any(isinstance(each, Cancel) for each in reader.sent), "this is what the wish needs"
    wishes.find("Save", attachment="b")
    assert Cancel(reader.sent[0].request_id) in reader.sent
    reader.found(MARK)
    qtbot.waitUntil(lambda: reader.reads_ahead() == ["a", "a"])
