"""A shelf on real child processes that do what the names in the requests say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.models.shelf import Watched


@pytest.fixture
def shelf(qtbot: QtBot, tmp_path: Path) -> Iterator[Watched]:
    made = Watched(qtbot, tmp_path)
    yield made
    made.end()
