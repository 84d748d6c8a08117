"""The pictures in the composer: each once, in their order, and never lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.attachments import MOST, NOT_KEPT, TOO_MANY, Attachments
from app.domain.conversation import Attachment, Picture
from app.jobs import Jobs
from app.store.errors import FULL, StoreError
from app.store.store import Store

pytestmark = pytest.mark.usefixtures("qapp")


class HeldJobs(Jobs):
    """Jobs that end when the test says so, in the order it wants."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[Callable[[], None]] = []

    def run(self, work, done, failed) -> None:  # type: ignore[no-untyped-def]
        self.held.append(lambda: done(work()))


def picture(number: int) -> Picture:
    return Picture(f"picture {number}".encode(), "image/png", 4, 3, "file", f"{number}.png")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store")
    yield store
    store.close()


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    jobs = Jobs()
    yield jobs
    jobs.close()


@pytest.fixture
def attachments(store: Store, jobs: Jobs) -> Attachments:
    return Attachments(store, jobs)


def titles(attachments: Attachments) -> list[str]:
    return [attachment.title for attachment in attachments.all]


def add(attachments: Attachments, qtbot: QtBot, *numbers: int) -> None:
    for number in numbers:
        attachments.add(picture(number))
    qtbot.waitUntil(lambda: not attachments.is_busy)


def test_pictures_are_kept_and_shown(attachments: Attachments, qtbot: QtBot) -> None:
    with qtbot.waitSignal(attachments.changed):
        attachments.add(picture(1))
    assert titles(attachments) == ["1.png"]
    assert attachments.all[0].path.read_bytes() == b"picture 1"


def test_the_same_picture_is_there_once(attachments: Attachments, qtbot: QtBot) -> None:
    add(attachments, qtbot, 1, 1, 2, 1)
    assert titles(attachments) == ["1.png", "2.png"]


def test_the_order_is_that_of_adding(store: Store) -> None:
    jobs = HeldJobs()
    attachments = Attachments(store, jobs)
    for number in (1, 2, 3):
        attachments.add(picture(number))
    for held in reversed(jobs.held):
        held()
    assert titles(attachments) == ["1.png", "2.png", "3.png"]
    jobs.close()


def test_remove_and_move(attachments: Attachments, qtbot: QtBot) -> None:
    add(attachments, qtbot, 1, 2, 3)
    first, _, third = attachments.all
    attachments.move(third.id, 0)
    assert titles(attachments) == ["3.png", "1.png", "2.png"]
    attachments.remove(first.id)
    assert titles(attachments) == ["3.png", "2.png"]
    attachments.remove("no such")
    assert titles(attachments) == ["3.png", "2.png"]


def test_what_was_taken_can_be_put_back(attachments: Attachments, qtbot: QtBot) -> None:
    add(attachments, qtbot, 1, 2)
    taken = attachments.clear()
    assert attachments.all == ()
    add(attachments, qtbot, 3)
    attachments.restore(taken)
    assert titles(attachments) == ["1.png", "2.png", "3.png"]


def test_a_question_waits_for_a_picture_that_was_just_pasted(store: Store) -> None:
    jobs = HeldJobs()
    attachments = Attachments(store, jobs)
    taken: list[tuple[Attachment, ...]] = []
    attachments.add(picture(1))
    attachments.take(taken.append)
    assert taken == []
    jobs.held[0]()
    assert [item.title for item in taken[0]] == ["1.png"]
    assert attachments.all == ()
    attachments.take(taken.append)
    assert taken[1] == ()
    jobs.close()


def test_there_is_a_limit_and_it_is_said(attachments: Attachments, qtbot: QtBot) -> None:
    problems: list[str] = []
    attachments.problem.connect(problems.append)
    add(attachments, qtbot, *range(MOST + 1))
    assert len(attachments.all) == MOST
    assert problems == [TOO_MANY]


def test_a_full_disk_is_said_and_the_rest_goes_on(
    attachments: Attachments, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise StoreError(FULL)

    problems: list[str] = []
    attachments.problem.connect(problems.append)
    with monkeypatch.context() as patch:
        patch.setattr(store, "keep", full)
        add(attachments, qtbot, 1)
    assert problems == [FULL]
    add(attachments, qtbot, 2)
    assert titles(attachments) == ["2.png"]


def test_an_error_nobody_foresaw_is_logged_and_said(
    attachments: Attachments,
    store: Store,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("boom")

    problems: list[str] = []
    attachments.problem.connect(problems.append)
    monkeypatch.setattr(store, "keep", broken)
    add(attachments, qtbot, 1)
    assert problems == [NOT_KEPT]
    assert "boom" in caplog.text
    caplog.clear()
