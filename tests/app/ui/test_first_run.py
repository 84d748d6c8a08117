"""The first run: one step to a model whatever the machine, and a download that can be watched, paused and mended."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.ui.first_run import FirstRunPage
from app.ui.main_window import MainWindow
from engine.protocol import Found
from tests.app.ui import model_samples as models
from tests.app.ui import samples


@pytest.fixture
def page(window: MainWindow) -> FirstRunPage:
    window.empty.set_model_folder("")
    return window.first_run


def settle() -> None:
    """Rows that have just come are shown, and wrapped words have their height."""
    for _ in range(10):
        QApplication.processEvents()


def shown(page: FirstRunPage) -> str:
    settle()
    return "\n".join(each.text() for each in page.findChildren(QLabel) if each.isVisible()).replace("\xa0", " ")


def buttons(page: FirstRunPage) -> dict[str, QPushButton]:
    settle()
    return {each.text(): each for each in page.findChildren(QPushButton) if each.isVisible() and each.text()}


def test_before_the_machine_was_looked_at_a_folder_can_be_used_all_the_same(qtbot: QtBot, page: FirstRunPage) -> None:
    assert "Looking at this machine…" in shown(page)
    with qtbot.waitSignal(page.folder_wanted):
        buttons(page)["Use a folder I have…"].click()


def test_the_recommended_model_is_one_click_away(qtbot: QtBot, page: FirstRunPage) -> None:
    page.set_survey(models.surveyed(machine=models.GRAPHICS))
    text = shown(page)
    assert "16.0 GB memory · NVIDIA GeForce RTX 4070, 12.0 GB · 214.3 GB free disk" in text
    assert "9.3 GB to fetch · about 25 minutes at 50 Mbit/s" in text
    assert models.fit().sentence in text
    with qtbot.waitSignal(page.pull_wanted) as pulled:
        buttons(page)["Get Qwen3.5-4B (9.3 GB)"].click()
    assert pulled.args == ["qwen3.5-4b"]


def test_another_size_can_be_chosen_with_the_keyboard_alone(qtbot: QtBot, page: FirstRunPage) -> None:
    page.set_survey(models.surveyed())
    buttons(page)["Another size…"].setFocus()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    for _ in range(8):
        focused = QApplication.focusWidget()
        if focused.accessibleName().startswith("Qwen3.5-9B"):
            break
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert QApplication.focusWidget().accessibleName() == "Qwen3.5-9B, 19.3 GB, tight"
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert "Get Qwen3.5-9B (19.3 GB)" in buttons(page)
    # The choice outlives the next look around.
    page.set_survey(models.surveyed())
    assert "Get Qwen3.5-9B (19.3 GB)" in buttons(page)
    assert QApplication.focusWidget().accessibleName().startswith("Qwen3.5-9B")


def test_sizes_come_into_sight_in_a_low_window(window: MainWindow, page: FirstRunPage) -> None:
    window.resize(900, 640)
    page.set_survey(models.surveyed())
    buttons(page)["Another size…"].click()
    last = buttons(page)["All models…"]
    assert page.viewport().rect().contains(last.mapTo(page.viewport(), last.rect().center()))


def test_what_is_here_already_is_used_and_not_fetched(qtbot: QtBot, page: FirstRunPage) -> None:
    found = Found("/cache/snapshots/1", "Qwen3.5-2B", 4_560_000_000)
    page.set_survey(models.surveyed(here=(models.installed(),), found=(found,)))
    with qtbot.waitSignal(page.use_wanted) as used:
        buttons(page)["Use Qwen3.5-4B"].click()
    assert used.args == [models.installed().folder]
    with qtbot.waitSignal(page.use_wanted) as used:
        buttons(page)["Qwen3.5-2B is already here: use it"].click()
    assert used.args == ["/cache/snapshots/1"]


def test_where_nothing_fits_nothing_is_offered_to_be_fetched(page: FirstRunPage) -> None:
    page.set_survey(models.surveyed(models.too_small()))
    text = shown(page)
    assert "No model fits this machine" in text
    assert "The smallest is Qwen3.5-0.8B" in text
    assert not [words for words in buttons(page) if words.startswith("Get")]
    buttons(page)["All sizes…"].click()
    assert not [row for row in buttons(page).values() if row.isCheckable() and row.isEnabled() and not row.text()]


def test_a_full_disk_is_said_before_the_download(page: FirstRunPage) -> None:
    page.set_survey(models.surveyed(machine=replace(models.MACHINE, disk_free=5_200_000_000)))
    assert "It takes 9.3 GB, and 5.2 GB are free on the disk. Free some space first." in shown(page)


def test_a_download_says_how_far_it_is_and_leaves_the_window_usable(
    qtbot: QtBot, window: MainWindow, page: FirstRunPage
) -> None:
    page.set_survey(models.surveyed())
    page.set_downloads((models.running(note="ModelScope is out of reach, so Hugging Face is used."),))
    text = shown(page)
    assert "42 %" in text
    assert "4.0 of 9.3 GB · 11.2 MB/s · about 8 minutes left" in text
    assert "From huggingface.co. ModelScope is out of reach, so Hugging Face is used." in text
    with qtbot.waitSignal(window.empty.region_wanted):
        buttons(page)["Grab a region"].click()
    assert window.composer.isEnabled()
    with qtbot.waitSignal(page.pause_wanted) as stopped:
        buttons(page)["Pause"].click()
    assert stopped.args == ["qwen3.5-4b"]


def test_progress_moves_nothing_and_takes_no_focus(page: FirstRunPage) -> None:
    page.set_survey(models.surveyed())
    page.set_downloads((models.running(1_000_000_000),))
    settle()
    pause = buttons(page)["Pause"]
    pause.setFocus()
    place = pause.mapTo(page, pause.rect().topLeft())
    for done in range(1, 9):
        page.set_downloads((models.running(done * 1_000_000_000),))
        settle()
    assert pause.hasFocus()
    assert pause.mapTo(page, pause.rect().topLeft()) == place
    page.set_downloads((models.paused(),))
    assert pause.hasFocus()
    assert pause.text() == "Go on"


def test_a_failed_download_can_be_tried_again_or_elsewhere(qtbot: QtBot, page: FirstRunPage) -> None:
    page.set_survey(models.surveyed())
    page.set_downloads((models.failed(),))
    assert models.failed().sentence in shown(page)
    with qtbot.waitSignal(page.pull_wanted) as again:
        buttons(page)["Try again"].click()
    assert again.args == ["qwen3.5-4b"]
    with qtbot.waitSignal(page.pull_from_wanted) as elsewhere:
        buttons(page)["Use ModelScope instead"].click()
    assert elsewhere.args == ["qwen3.5-4b", "modelscope"]
    page.set_downloads((replace(models.failed(), code="disk_full"),))
    assert "Use ModelScope instead" not in buttons(page)


def test_a_token_is_given_where_it_is_asked_for_and_the_download_goes_on(qtbot: QtBot, page: FirstRunPage) -> None:
    page.set_downloads((models.gated(),))
    (field,) = (each for each in page.findChildren(QLineEdit) if each.isVisible())
    assert field.accessibleName() == "Access token of Hugging Face"
    qtbot.keyClicks(field, " hf_secret ")
    with qtbot.waitSignals([page.token_given, page.pull_wanted], order="strict"):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not field.text()


def test_what_was_fetched_is_discarded_only_after_a_question(qtbot: QtBot, page: FirstRunPage) -> None:
    page.set_downloads((models.paused(),))
    discard = buttons(page)["Discard"]
    discard.setFocus()
    with qtbot.assertNotEmitted(page.discard_wanted):
        discard.click()
        assert "Discard the 4.0 GB of Qwen3.5-4B that are here?" in shown(page)
        assert QApplication.focusWidget().text() == "Keep it"
        QApplication.focusWidget().click()
    assert discard.hasFocus()
    discard.click()
    (yes,) = (each for each in page.findChildren(QPushButton) if each.text() == "Discard" and each is not discard)
    with qtbot.waitSignal(page.discard_wanted) as discarded:
        yes.click()
    assert discarded.args == ["qwen3.5-4b"]


def test_rows_that_come_later_have_the_look_of_now(window: MainWindow, page: FirstRunPage) -> None:
    dark = samples.look_of("dark")
    window.set_look(dark)
    page.set_survey(models.surveyed())
    page.set_downloads((models.running(),))
    settle()
    card = buttons(page)["Pause"].parentWidget().parentWidget().parentWidget()
    assert card.grab().toImage().pixelColor(8, card.height() // 2).name() == dark.palette.surface


def test_the_page_gives_way_once_a_model_is_chosen(window: MainWindow, page: FirstRunPage) -> None:
    assert page.isVisible()
    window.empty.set_model_folder("/models/Qwen3.5-4B")
    assert not page.isVisible()


def test_the_sidebar_never_says_that_no_network_is_used_while_it_is(window: MainWindow) -> None:
    foot = window.sidebar.foot
    assert any("No network in use." in each.accessibleName() for each in foot.findChildren(QLabel))
    foot.set_downloads((models.running(),))
    assert any(each.accessibleName() == "Fetching from huggingface.co." for each in foot.findChildren(QLabel))
    foot.set_downloads((models.paused(),))
    assert any("No network in use." in each.accessibleName() for each in foot.findChildren(QLabel))


def test_a_machine_that_could_not_be_looked_at_can_be_looked_at_again(qtbot: QtBot, page: FirstRunPage) -> None:
    page.set_not_surveyed()
    assert "This machine could not be looked at" in shown(page)
    with qtbot.waitSignal(page.look_wanted):
        buttons(page)["Look again"].click()
    assert "Looking at this machine…" in shown(page)
    page.set_survey(models.surveyed())
    # One that fails later takes nothing away.
    page.set_not_surveyed()
    assert "Look again" not in buttons(page)
    assert "Get Qwen3.5-4B (9.3 GB)" in buttons(page)
