"""The model sheet: what is here and what can be done to it, what could be here, and nothing lost on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.domain.models import Work
from app.ui.main_window import MainWindow
from app.ui.model_sheet import ModelSheet
from app.ui.models import words
from app.ui.models.installed_row import InstalledRow
from app.ui.models.parts import Chip
from engine.protocol import Found
from tests.app.ui import model_samples as models

HERE = models.installed()


@pytest.fixture
def sheet(window: MainWindow) -> ModelSheet:
    made = window.models
    made.set_survey(models.surveyed(here=(HERE,)))
    made.set_choices(HERE.folder, (HERE.folder,), "auto", "auto")
    made.open_over()
    settle()
    return made


def settle() -> None:
    """Rows that have just come are shown, and wrapped words have their height."""
    for _ in range(10):
        QApplication.processEvents()


def shown(widget: QWidget) -> str:
    settle()
    return "\n".join(each.accessibleName() or each.text() for each in widget.findChildren(QLabel) if each.isVisible())


def button(widget: QWidget, text: str) -> QPushButton:
    settle()
    return next(each for each in widget.findChildren(QPushButton) if each.isVisible() and each.text() == text)


def row_of(sheet: ModelSheet, folder: str = HERE.folder) -> InstalledRow:
    return sheet.installed.rows.rows[folder]


def entries(row: InstalledRow) -> dict[str, QAction]:
    row.menu.aboutToShow.emit()
    return {action.text(): action for action in row.menu.actions() if action.text()}


def test_opening_it_asks_for_a_look_around(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.models.look_wanted):
        window.sidebar.model_wanted.emit()


def test_a_model_says_what_it_is_and_whether_it_is_sound(sheet: ModelSheet) -> None:
    broken = replace(models.installed("Qwen3.5-2B", used=0.0), problem="config.json is missing. Get the model again.")
    sheet.set_survey(models.surveyed(here=(HERE, broken)))
    assert "9.3 GB · as published · used yesterday" in shown(row_of(sheet))
    assert [chip.text() for chip in row_of(sheet).findChildren(Chip) if chip.isVisible()] == ["in use"]
    assert "9.3 GB · as published · not used yet" in shown(row_of(sheet, broken.folder))
    assert broken.problem in shown(row_of(sheet, broken.folder))
    assert "in use" in row_of(sheet).button.accessibleName()


def test_what_is_damaged_is_got_again_with_one_click(qtbot: QtBot, sheet: ModelSheet) -> None:
    sentence = "model.safetensors is damaged. Get the model again: only what is damaged is fetched."
    broken = replace(models.installed("Qwen3.5-2B"), problem=sentence, repairable=True)
    gone = replace(models.installed("Qwen3.5-9B", linked=True), problem="It is not there. Connect its disk.")
    sheet.set_survey(models.surveyed(here=(HERE, broken, gone)))
    assert sentence in shown(row_of(sheet, broken.folder))
    with qtbot.waitSignal(sheet.repair_wanted) as wanted:
        button(row_of(sheet, broken.folder), "Get it again").click()
    assert wanted.args == [broken.folder]
    for other in (HERE.folder, gone.folder):
        assert "Get it again" not in [
            each.text() for each in row_of(sheet, other).findChildren(QPushButton) if each.isVisible()
        ]


def test_what_can_be_done_depends_on_the_model_and_the_machine(qtbot: QtBot, sheet: ModelSheet) -> None:
    small = models.installed("Qwen3.5-4B-int8", "int8")
    linked = models.installed("Qwen3.5-9B", linked=True)
    survey = models.surveyed(here=(HERE, small, linked))
    sheet.set_survey(survey)
    whole = ["Use", "Check the files", "Convert to 8 bits", "Convert to 4 bits", "Move…", "Remove…"]
    assert list(entries(row_of(sheet))) == whole
    assert list(entries(row_of(sheet, small.folder))) == ["Use", "Check the files", "Move…", "Remove…"]
    assert list(entries(row_of(sheet, linked.folder)))[-1] == "Forget…"
    with qtbot.waitSignal(sheet.convert_wanted) as converted:
        entries(row_of(sheet))["Convert to 4 bits"].trigger()
    assert converted.args == [HERE.folder, "int4"]
    sheet.set_survey(replace(survey, machine=replace(models.MACHINE, device="mps")))
    with qtbot.waitSignal(sheet.convert_wanted) as converted:
        entries(row_of(sheet))["Convert to 8 bits"].trigger()
    assert converted.args == [HERE.folder, "mlx-8bit"]
    with qtbot.waitSignal(sheet.check_wanted) as checked:
        entries(row_of(sheet))["Check the files"].trigger()
    assert checked.args == [HERE.folder]
    with qtbot.waitSignal(sheet.chosen) as chosen:
        entries(row_of(sheet, small.folder))["Use"].trigger()
    assert chosen.args == [small.folder, "auto", "auto"]


def test_a_model_is_removed_only_after_a_question(qtbot: QtBot, sheet: ModelSheet) -> None:
    row = row_of(sheet)
    with qtbot.assertNotEmitted(sheet.remove_wanted):
        entries(row)["Remove…"].trigger()
        assert "Remove Qwen3.5-4B? 9.3 GB become free." in shown(row)
        assert QApplication.focusWidget() is button(row, "Keep it")
        button(row, "Keep it").click()
    entries(row)["Remove…"].trigger()
    with qtbot.waitSignal(sheet.remove_wanted) as removed:
        button(row, "Remove").click()
    assert removed.args == [HERE.folder]
    sheet.set_survey(models.surveyed())
    assert HERE.folder not in sheet.installed.rows.rows


def test_a_linked_model_is_forgotten_and_its_files_stay(sheet: ModelSheet) -> None:
    linked = models.installed("Qwen3.5-9B", linked=True)
    sheet.set_survey(models.surveyed(here=(linked,)))
    row = row_of(sheet, linked.folder)
    entries(row)["Forget…"].trigger()
    assert f"Forget Qwen3.5-9B? Its files stay in {linked.folder}." in shown(row)


def test_a_move_asks_where_to(qtbot: QtBot, sheet: ModelSheet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_arguments: "")
    with qtbot.assertNotEmitted(sheet.move_wanted):
        entries(row_of(sheet))["Move…"].trigger()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_arguments: str(tmp_path))
    with qtbot.waitSignal(sheet.move_wanted) as moved:
        entries(row_of(sheet))["Move…"].trigger()
    assert moved.args == [HERE.folder, str(tmp_path)]


def test_work_is_shown_where_it_happens_and_can_be_stopped(qtbot: QtBot, sheet: ModelSheet) -> None:
    row = row_of(sheet)
    sheet.set_work(Work("converting", HERE.folder, 4, 10))
    assert "Converting, 40 %" in shown(row)
    stop = button(row, "Stop")
    stop.setFocus()
    sheet.set_work(Work("converting", HERE.folder, 5, 10))
    assert stop.hasFocus()
    assert not entries(row)["Remove…"].isEnabled()
    assert entries(row)["Use"].isEnabled()
    with qtbot.waitSignal(sheet.stop_work_wanted):
        stop.click()
    sheet.set_work(None)
    assert not stop.isVisible()
    assert row.button.hasFocus()
    sheet.set_work(Work("importing", "/elsewhere", 0, 0))
    assert "Checking the folder…" in shown(sheet.installed)


def test_a_model_that_lies_here_unused_is_taken_in(qtbot: QtBot, sheet: ModelSheet) -> None:
    sheet.set_survey(models.surveyed(found=(Found("/cache/1", "Qwen3.5-2B", 4_560_000_000),)))
    with qtbot.waitSignal(sheet.import_wanted) as imported:
        button(sheet, "Qwen3.5-2B is already here: use it").click()
    assert imported.args == ["/cache/1"]


def test_only_what_this_machine_can_run_is_offered(sheet: ModelSheet) -> None:
    assert list(sheet.offers.instruct.rows) == ["qwen3.5-0.8b", "qwen3.5-2b", "qwen3.5-9b"]
    assert not sheet.offers.base.isVisible()
    sheet.offers.fold.click()
    assert sheet.offers.base.isVisible()
    sheet.set_survey(models.surveyed(models.too_small()))
    gets = [each for each in sheet.offers.findChildren(QPushButton) if each.text() == "Get" and each.isVisible()]
    assert gets
    assert not any(each.isEnabled() for each in gets)


def test_a_model_is_fetched_from_the_source_that_is_chosen(qtbot: QtBot, sheet: ModelSheet) -> None:
    row = sheet.offers.instruct.rows["qwen3.5-9b"]
    with qtbot.waitSignal(sheet.pull_wanted) as pulled:
        button(row, "Get").click()
    assert pulled.args == ["qwen3.5-9b", None]
    row._menu.aboutToShow.emit()
    with qtbot.waitSignal(sheet.pull_wanted) as pulled:
        next(each for each in row._menu.actions() if "ModelScope" in each.text()).trigger()
    assert pulled.args == ["qwen3.5-9b", "modelscope"]


def test_a_running_download_keeps_rows_focus_and_scroll_in_place(qtbot: QtBot, sheet: ModelSheet) -> None:
    row = sheet.offers.instruct.rows["qwen3.5-9b"]
    button(row, "Get").setFocus()
    sheet.set_downloads((models.running(1, "qwen3.5-9b", "Qwen3.5-9B"),))
    settle()
    assert QApplication.focusWidget().text() == "Pause"
    (scroll,) = sheet.findChildren(QScrollArea)
    scroll.verticalScrollBar().setValue(120)
    at, widgets = scroll.verticalScrollBar().value(), set(sheet.findChildren(QWidget))
    for done in range(1, 6):
        sheet.set_downloads((models.running(done * 1_000_000_000, "qwen3.5-9b", "Qwen3.5-9B"),))
        sheet.set_survey(models.surveyed(here=(HERE,)))
        settle()
    assert set(sheet.findChildren(QWidget)) == widgets
    assert QApplication.focusWidget().text() == "Pause"
    assert scroll.verticalScrollBar().value() == at
    sheet.set_downloads(())
    assert button(row, "Get").hasFocus()


def test_a_download_by_the_name_of_a_repository_has_a_row_too(sheet: ModelSheet) -> None:
    sheet.set_downloads((models.running(5, "Qwen/Qwen3.5-9B", "Qwen3.5-9B"), models.running(5, "ada/own", "own")))
    assert sheet.offers.instruct.rows["qwen3.5-9b"].panel.isVisible()
    assert sheet.offers.others.rows["ada/own"].panel.isVisible()
    assert "own" in shown(sheet.offers.others)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" maker/Qwen3.5-4B-tuned ", "maker/Qwen3.5-4B-tuned"),
        ("https://huggingface.co/maker/Model-4B/tree/main", "maker/Model-4B"),
        ("https://modelscope.cn/models/maker/Model-4B?tab=files", "maker/Model-4B"),
    ],
)
def test_any_repository_can_be_fetched(qtbot: QtBot, sheet: ModelSheet, typed: str, name: str) -> None:
    button(sheet, "Get a model that is not on this list").click()
    field = sheet.repository.findChild(QLineEdit)
    assert field is not None
    for wrong in ("", "Qwen3.5", "../x", "https://huggingface.co/"):
        field.setText(wrong)
        with qtbot.assertNotEmitted(sheet.pull_wanted):
            button(sheet.repository, "Get").click()
        assert "Write it as OWNER/NAME" in shown(sheet.repository)
    field.setText(typed)
    with qtbot.waitSignal(sheet.pull_wanted) as wanted:
        button(sheet.repository, "Get").click()
    assert wanted.args == [name, None]
    assert not field.text()


def test_a_base_model_on_its_way_is_not_folded_away(sheet: ModelSheet) -> None:
    sheet.set_downloads((models.running(5, "qwen3.5-4b-base", "Qwen3.5-4B-Base"),))
    assert sheet.offers.base.rows["qwen3.5-4b-base"].panel.isVisible()


def test_the_fit_follows_model_and_precision(sheet: ModelSheet) -> None:
    def foot() -> str:
        return f"{sheet._chip.text()}: {sheet._fit.whole()}" if sheet._chip.isVisible() else ""

    assert foot() == f"tight: {HERE.fits[1].sentence}"
    sheet.set_choices(HERE.folder, (), "auto", "int8")
    assert foot() == f"fits well: {HERE.fits[0].sentence}"
    sheet._dtype._actions["float32"].trigger()
    assert foot() == f"does not fit: {HERE.fits[2].sentence}"
    sheet._dtype._actions["float16"].trigger()
    assert not foot()


def test_the_sheet_fits_every_window_and_its_foot_stays_in_sight(
    qtbot: QtBot, window: MainWindow, sheet: ModelSheet
) -> None:
    long = replace(HERE, folder="/m/" + "long" * 40, title="A model with a name that is far too long for a row " * 3)
    sheet.set_survey(models.surveyed(here=(HERE, long)))
    for width, height in ((900, 640), (1400, 900), (380, 420)):
        window.resize(width, height)
        settle()
        use = button(sheet, "Use this model")
        assert sheet.rect().contains(use.mapTo(sheet, use.rect().bottomRight()))
        more = row_of(sheet, long.folder).more
        assert more.mapTo(sheet, more.rect().topRight()).x() < sheet._card.geometry().right()


def test_tab_reaches_every_row_and_its_menu(qtbot: QtBot, sheet: ModelSheet) -> None:
    reached = set()
    (scroll,) = sheet.findChildren(QScrollArea)
    for _ in range(30):
        qtbot.keyClick(QApplication.focusWidget() or sheet, Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        reached.add(focused.accessibleName())
        if scroll.isAncestorOf(focused):
            assert scroll.viewport().rect().contains(focused.mapTo(scroll.viewport(), focused.rect().center()))
    assert {"More for Qwen3.5-4B", "Get Qwen3.5-2B, 4.6 GB", "Use a folder I have…", "Use this model"} <= reached


def test_sizes_rates_and_times_are_said_in_words() -> None:
    assert words.size(9_330_000_000) == "9.3 GB"
    assert words.size(12_000_000) == "12 MB"
    assert [words.about(seconds) for seconds in (20, 70, 250, 1_500, 4_800, 3_590, 30_000)] == [
        "less than a minute",
        "about 1 minute",
        "about 4 minutes",
        "about 25 minutes",
        "about 1 hour 20 minutes",
        "about 1 hour",
        "about 8 hours",
    ]
    assert words.percent(999, 1000) == "99 %"
    now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    moments = (0.0, now.timestamp(), now.timestamp() - 12 * 3600, now.timestamp() - 5 * 86_400, 1e9)
    assert [words.used_words(moment, now) for moment in moments] == [
        "not used yet",
        "used today",
        "used yesterday",
        "used 5 days ago",
        "used in September 2001",
    ]
