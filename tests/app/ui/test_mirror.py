"""A mirror of Hugging Face: kept, shown, and used for what comes from there alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.models.downloads import Downloads
from app.preferences import Preferences
from app.ui.main_window import MainWindow
from engine.protocol import Command, Pull

MIRROR = "https://mirror.example"


class Heard(QObject):
    """Takes the place of the process for downloads."""

    event_received = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[Command] = []

    def send(self, command: Command) -> None:
        self.commands.append(command)


def test_only_what_comes_from_hugging_face_comes_from_its_mirror(qtbot: QtBot) -> None:
    heard = Heard()
    downloads = Downloads(heard)  # type: ignore[arg-type]
    downloads.pull("first")
    downloads.set_mirror(MIRROR)
    downloads.pull("second")
    downloads.pull("third", "huggingface")
    downloads.pull("fourth", "modelscope")
    pulls = [command for command in heard.commands if isinstance(command, Pull)]
    assert [pull.endpoint for pull in pulls] == ["", MIRROR, MIRROR, ""]


def test_a_mirror_is_kept_for_the_next_start(tmp_path: Path, qtbot: QtBot) -> None:
    Preferences(tmp_path / "settings.json").set_mirror(MIRROR)
    assert Preferences(tmp_path / "settings.json").settings.mirror == MIRROR


@pytest.mark.parametrize(("typed", "given"), [(f" {MIRROR}/ ", MIRROR), ("", "")])
def test_an_address_is_taken_with_enter(qtbot: QtBot, window: MainWindow, typed: str, given: str) -> None:
    field = window.models.mirror.findChild(QLineEdit)
    field.setText(typed)
    with qtbot.waitSignal(window.models.mirror_given) as heard:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert heard.args == [given]


def test_what_is_no_address_is_not_taken(qtbot: QtBot, window: MainWindow) -> None:
    field = window.models.mirror.findChild(QLineEdit)
    field.setText("mirror")
    with qtbot.assertNotEmitted(window.models.mirror_given):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "https://" in window.models.mirror.said.text()
