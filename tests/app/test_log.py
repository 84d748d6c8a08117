"""The log helps to find a fault, and must never cost the program."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QLoggingCategory, qCWarning, qWarning

from app.log import route_qt_messages, start_log


def test_what_happens_is_in_the_file_and_warnings_are_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    level = logging.getLogger().level
    stop = start_log(tmp_path)
    logging.getLogger("app.session").info("quiet")
    logging.getLogger("app.session").debug("too much")
    logging.getLogger("app.session").warning("loud")
    stop()
    logging.getLogger("app.session").info("afterwards")
    written = (tmp_path / "fingerpost.log").read_text(encoding="utf-8")
    assert [line.split(" ", 2)[2] for line in written.splitlines()] == [
        "INFO app.session: quiet",
        "WARNING app.session: loud",
    ]
    assert "loud" in (shown := capsys.readouterr().err)
    assert "quiet" not in shown
    assert logging.getLogger().level == level
    caplog.clear()


def test_debug_shows_our_own_debug_lines_but_no_librarys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINGERPOST_LOG", "debug")
    stop = start_log(tmp_path)
    logging.getLogger("app.session").debug("ours")
    logging.getLogger("PIL.PngImagePlugin").debug("theirs")
    stop()
    shown = capsys.readouterr().err
    assert "ours" in shown
    assert "theirs" not in shown


def test_a_windowed_program_without_stderr_logs_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    stop = start_log(tmp_path)
    logging.getLogger("app").info("still here")
    stop()
    assert "still here" in (tmp_path / "fingerpost.log").read_text(encoding="utf-8")


def test_a_folder_that_can_not_be_written_costs_only_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    start_log(tmp_path / "missing")()
    assert "No log is written" in capsys.readouterr().err
    caplog.clear()


def test_the_file_does_not_grow_without_end(tmp_path: Path) -> None:
    stop = start_log(tmp_path)
    for _ in range(60):
        logging.getLogger("app").info("x" * 100_000)
    stop()
    logs = list(tmp_path.iterdir())
    assert len(logs) == 4
    assert all(log.stat().st_size <= 1_000_000 for log in logs)


@pytest.mark.qt_no_exception_capture
@pytest.mark.no_qt_log
def test_qt_messages_go_to_the_log_until_restored(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    category = QLoggingCategory("qt.qpa.window")
    restore = route_qt_messages()
    qWarning("plain, with 100 % signs")
    qCWarning(category, "of a category")
    restore()
    assert [(record.name, record.levelno, record.getMessage()) for record in caplog.records] == [
        ("qt", logging.WARNING, "plain, with 100 % signs"),
        ("qt.qpa.window", logging.WARNING, "of a category"),
    ]
    caplog.clear()
