"""What the tests of the window share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.conversation import Attachment
from app.jobs import Jobs
from app.ui.main_window import MainWindow
from app.ui.thumbnails import Thumbnails
from tests.app.ui import samples


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.close()


@pytest.fixture
def thumbnails(jobs: Jobs) -> Thumbnails:
    return Thumbnails(jobs)


@pytest.fixture
def picture(tmp_path: Path, qtbot: QtBot) -> Attachment:
    return samples.attachment(samples.draw_screenshot(tmp_path / "screenshot.png"))


@pytest.fixture
def window(qtbot: QtBot, jobs: Jobs) -> MainWindow:
    made = samples.make_window(samples.look_of(), jobs)
    qtbot.addWidget(made)
    made.empty.set_model_folder("/models/Qwen3.5-4B")
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    return made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen platform warns whenever a window's least size changes; real ones take it."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise"))
