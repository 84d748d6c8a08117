"""A desk for each test, with a data folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.documents.table import Table


@pytest.fixture
def table(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    # The child finds what it keeps by this.
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path / "home"))
    made = Table(qtbot, tmp_path / "home" / "data")
    yield made
    made.end()
