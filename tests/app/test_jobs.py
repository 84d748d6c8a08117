"""Work off the main thread: its result arrives on the main thread, its failure is never lost, closing is final."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.jobs import Jobs


@pytest.fixture
def jobs(qapp: object) -> Iterator[Jobs]:
    jobs = Jobs()
    yield jobs
    jobs.close()


def never(_: object) -> None:
    pytest.fail("this must not be called")


def test_work_runs_elsewhere_and_its_result_comes_back_here(jobs: Jobs, qtbot: QtBot) -> None:
    main = threading.get_ident()
    seen: list[tuple[int, int]] = []
    jobs.run(threading.get_ident, lambda worker: seen.append((worker, threading.get_ident())), never)
    assert seen == []  # never inside run itself
    qtbot.waitUntil(lambda: bool(seen), timeout=30_000)
    worker, callback = seen[0]
    assert worker != main
    assert callback == main


def test_a_failure_reaches_failed(jobs: Jobs, qtbot: QtBot) -> None:
    errors: list[Exception] = []

    def work() -> None:
        raise FileNotFoundError("gone.png")

    jobs.run(work, never, errors.append)
    qtbot.waitUntil(lambda: bool(errors), timeout=30_000)
    assert isinstance(errors[0], FileNotFoundError)


@pytest.mark.parametrize("work_fails", [False, True])
def test_a_callback_that_fails_reaches_the_excepthook(jobs: Jobs, qtbot: QtBot, work_fails: bool) -> None:
    def work() -> None:
        if work_fails:
            raise ValueError("work")

    def callback(_: object) -> None:
        raise LookupError("callback")

    with qtbot.captureExceptions() as caught:
        jobs.run(work, callback, callback)
        qtbot.waitUntil(lambda: bool(caught), timeout=30_000)
    assert [str(error) for _, error, _ in caught] == ["callback"]


def test_many_jobs_all_come_back_once(jobs: Jobs, qtbot: QtBot) -> None:
    seen: list[int] = []
    for number in range(500):
        jobs.run(lambda number=number: number, seen.append, never)
    qtbot.waitUntil(lambda: len(seen) == 500, timeout=30_000)
    assert sorted(seen) == list(range(500))


def test_one_that_waits_for_a_person_does_not_hold_up_the_others(jobs: Jobs, qtbot: QtBot) -> None:
    answered = threading.Event()
    seen: list[str] = []
    for _ in range(3):
        jobs.run(lambda: answered.wait(60), lambda _: seen.append("asked"), never)
    jobs.run(lambda: "thumbnail", seen.append, never)
    qtbot.waitUntil(lambda: seen == ["thumbnail"], timeout=30_000)
    answered.set()
    qtbot.waitUntil(lambda: len(seen) == 4, timeout=30_000)


def test_nothing_is_called_after_close(qtbot: QtBot) -> None:
    jobs = Jobs()
    started, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        go_on.wait(60)
        ended.set()

    jobs.run(work, never, never)
    for _ in range(50):
        jobs.run(lambda: None, never, never)
    assert started.wait(60)
    threading.Timer(0.05, go_on.set).start()
    jobs.close()
    assert ended.is_set()  # what runs is waited for: it may be writing a file
    jobs.run(never, never, never)  # type: ignore[arg-type]
    jobs.close()
    with qtbot.waitSignal(jobs.destroyed, timeout=30_000):
        jobs.deleteLater()


def test_a_result_that_is_on_its_way_is_dropped_by_close(qtbot: QtBot) -> None:
    jobs = Jobs()
    ended = threading.Event()
    jobs.run(ended.set, never, never)
    assert ended.wait(60)
    jobs.close()
    qtbot.wait(0)
