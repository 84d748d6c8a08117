"""A desk for each test, cleared afterwards: no process, thread or timer stays, and no stray window was ever shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.app.wiring.desk import Desk, StrayWindows


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(qtbot, qapp, tmp_path / "home")
    stray = StrayWindows()
    qapp.installEventFilter(stray)
    yield made
    qapp.removeEventFilter(stray)
    made.end()
    assert stray.seen == []
    assert psutil.Process(os.getpid()).children() == []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen platform warns whenever a window's least size changes or it is raised; real ones do it."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise"))
