"""The window as a whole: every state can be read, reached by keyboard, and fits."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.domain.conversation import Answer, Attachment
from app.domain.status import Status
from app.render.view import AnswerView
from app.ui.actions import ActionsRow
from app.ui.main_window import MainWindow
from app.ui.text import GrowingEdit
from app.ui.toast import Toast
from tests.app.ui import gallery, model_samples, samples

FOCUSABLE = Qt.FocusPolicy.TabFocus | Qt.FocusPolicy.ClickFocus


def _unnamed(window: MainWindow) -> list[str]:
    own = [each for each in window.findChildren(QWidget) if not each.objectName().startswith("qt_")]
    return [
        f"{type(each).__name__} in {type(each.parentWidget()).__name__}"
        for each in own
        if each.focusPolicy() & FOCUSABLE and not each.accessibleName() and not isinstance(each, QScrollArea)
    ]


@pytest.mark.parametrize("state", list(gallery.STATES))
def test_every_control_has_a_name_and_no_word_is_cut(
    qtbot: QtBot, window: MainWindow, picture: Attachment, state: str
) -> None:
    window.sidebar.set_summaries(samples.summaries(picture))
    for width, height in ((1240, 820), (380, 420)):
        window.resize(width, height)
        gallery.STATES[state](window, picture.path.parent)
        qtbot.waitUntil(lambda: window.width() == width)  # noqa: B023
        QApplication.processEvents()
        assert not _unnamed(window)
        for button in window.findChildren(QPushButton):
            if not button.isVisible() or not button.text():
                continue
            assert button.width() >= button.minimumSizeHint().width() - 1, button.text()
            left = button.mapTo(window, QPoint(0, 0)).x()
            assert left >= 0, button.text()
            assert left + button.width() <= width, button.text()


def test_the_look_changes_while_everything_is_open(qtbot: QtBot, window: MainWindow, picture: Attachment) -> None:
    gallery.show_failure(window, picture.path.parent)
    window.composer.set_attachments((picture,))
    for theme in ("dark", "light", "dark"):
        look = samples.look_of(theme)
        window.set_look(look)
        shot = window.grab().toImage()
        assert shot.pixelColor(shot.width() - 20, 200).name() == look.palette.paper
        assert shot.pixelColor(4, 400).name() == look.palette.sunken


def test_keys_work_wherever_the_focus_is(qtbot: QtBot, window: MainWindow) -> None:
    control = Qt.KeyboardModifier.ControlModifier
    with qtbot.waitSignal(window.sidebar.new_wanted):
        qtbot.keyClick(window, Qt.Key.Key_N, control)
    window.composer.tools.set_delay(3)
    with qtbot.waitSignal(window.composer.tools.region_wanted) as region:
        qtbot.keyClick(window, Qt.Key.Key_R, control | Qt.KeyboardModifier.ShiftModifier)
    assert region.args == [3]
    qtbot.keyClick(window, Qt.Key.Key_K, control)
    assert window.sidebar.search.hasFocus()
    window.resize(400, 700)
    assert not window.sidebar.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_K, control)
    assert window.sidebar.isVisible()


def test_escape_closes_what_is_on_top_before_it_stops_the_answer(
    qtbot: QtBot, window: MainWindow, picture: Attachment
) -> None:
    window.set_status(Status("generating", "Writing"))
    window.viewer.show_picture(picture)
    with qtbot.assertNotEmitted(window.stop_wanted):
        qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.viewer.isVisible()
    with qtbot.waitSignal(window.stop_wanted):
        qtbot.keyClick(window, Qt.Key.Key_Escape)


def test_files_and_words_can_be_dropped_anywhere(qtbot: QtBot, window: MainWindow) -> None:
    files, words = QMimeData(), QMimeData()
    files.setUrls([QUrl.fromLocalFile("/tmp/a.png")])
    words.setText("dropped https://example.org/")
    words.setUrls([QUrl("https://example.org/")])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(10, 10), copy, files, left, none))
    with qtbot.waitSignal(window.dropped):
        QApplication.sendEvent(window, QDropEvent(QPointF(10, 10), copy, files, left, none))
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(10, 10), copy, words, left, none))
    with qtbot.assertNotEmitted(window.dropped):
        QApplication.sendEvent(window, QDropEvent(QPointF(10, 10), copy, words, left, none))
    assert window.composer.text() == "dropped https://example.org/"


def test_a_deletion_can_be_undone_from_its_note(qtbot: QtBot, window: MainWindow) -> None:
    window.set_conversation(samples.conversation(samples.turn("t", "Why?", samples.finished("Because."))))
    with qtbot.waitSignal(window.delete_wanted) as deleted:
        window.header.delete_wanted.emit()
    assert deleted.args == ["c1"]
    undo = next(each for each in window.toasts.findChildren(QPushButton) if each.text() == "Undo")
    with qtbot.waitSignal(window.undo_wanted) as undone:
        qtbot.mouseClick(undo, Qt.MouseButton.LeftButton)
    assert undone.args == ["c1"]
    assert not window.toasts.sentences()


def test_the_title_is_renamed_in_its_place(qtbot: QtBot, window: MainWindow) -> None:
    window.set_conversation(samples.conversation(samples.turn("t", "Why?", samples.finished("Because."))))
    window.header.rename()
    field = window.header.findChild(QWidget, "title")
    assert field.hasFocus()
    qtbot.keyClicks(field, "Margins")
    with qtbot.waitSignal(window.renamed) as renamed:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert renamed.args == ["c1", "Margins"]
    window.header.rename()
    qtbot.keyClicks(field, "Something else")
    with qtbot.assertNotEmitted(window.renamed):
        qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not field.isVisible()


def test_a_folder_used_before_is_taken_with_device_and_precision(qtbot: QtBot, window: MainWindow) -> None:
    sheet = window.models
    sheet.set_choices("/models/Qwen3.5-4B", ("/models/Qwen3.5-9B",), "cpu", "float32")
    window.sidebar.model_wanted.emit()
    (use,) = (each for each in sheet.findChildren(QPushButton) if each.text() == "Use this model")
    qtbot.mouseClick(sheet.installed.rows.rows["/models/Qwen3.5-9B"].button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(sheet.chosen) as chosen:
        qtbot.mouseClick(use, Qt.MouseButton.LeftButton)
    assert chosen.args == ["/models/Qwen3.5-9B", "cpu", "float32"]
    assert not sheet.isVisible()


def test_tab_stays_inside_a_sheet(qtbot: QtBot, window: MainWindow) -> None:
    window.models.set_choices("/models/a", (), "auto", "auto")
    window.models.open_over()
    for _ in range(12):
        qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        assert window.models.isAncestorOf(QApplication.focusWidget())


def test_the_empty_page_has_one_next_step_in_every_state(qtbot: QtBot, window: MainWindow) -> None:
    def offered() -> list[str]:
        QApplication.processEvents()
        return [each.text() for each in window.empty.findChildren(QPushButton) if each.isVisible()]

    window.empty.set_model_folder("")
    assert offered() == ["Use a folder I have…"]
    window.first_run.set_survey(model_samples.surveyed())
    assert offered() == ["Get Qwen3.5-4B (9.3 GB)", "Another size…", "Use a folder I have…"]
    window.empty.set_model_folder("/models/Qwen3.5-4B")
    window.set_status(Status("loading", "Loading", 0.5))
    assert "Grab a region" in offered()
    window.set_status(Status("crashed", "The model process ended. Press Try again."))
    assert offered() == ["Try again", "Choose another model…"]


def test_the_wheel_zooms_towards_the_pointer(qtbot: QtBot, window: MainWindow, picture: Attachment) -> None:
    viewer = window.viewer
    viewer.show_picture(picture)
    fitted = viewer.scale()
    pivot = QPointF(300, 200)
    before = viewer.shown()
    share = (pivot - before.topLeft()).x() / before.width()
    viewer._zoom_by(2, pivot)
    after = viewer.shown()
    assert viewer.scale() == pytest.approx(2 * fitted)
    assert (pivot - after.topLeft()).x() / after.width() == pytest.approx(share, abs=1e-6)
    qtbot.keyClick(viewer, Qt.Key.Key_1)
    assert viewer.scale() == 1.0
    qtbot.keyClick(viewer, Qt.Key.Key_0)
    assert viewer.scale() == pytest.approx(fitted)


def test_size_and_place_come_back(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    window.resize(700, 600)
    state = window.geometry_state()
    window.resize(500, 500)
    window.restore_geometry_state(state)
    assert (window.width(), window.height()) == (700, 600)
    window.restore_geometry_state(b"not a geometry")
    assert (window.width(), window.height()) == (700, 600)


def test_a_question_without_a_model_says_how_to_get_one(window: MainWindow) -> None:
    reason = "There is no model yet. Get one, or choose the folder of one."
    window.set_status(Status("stopped", reason))
    window.set_conversation(samples.conversation(samples.turn("1", "Where are the margins?", Answer())))
    assert reason in [each.text() for each in window.page.findChildren(QLabel) if each.isVisible()]
    (choose,) = [each for each in window.status_row.findChildren(QPushButton) if each.isVisible()]
    choose.click()
    assert window.models.isVisible()
    window.set_status(Status("loading", "Loading Qwen3.5-4B, 12 %", 0.12))
    assert not choose.isVisible()
    assert not [each.text() for each in window.models.findChildren(QLabel) if "No model" in each.text()]


def test_words_typed_after_a_click_on_the_page_go_into_the_question(
    qtbot: QtBot, window: MainWindow, picture: Attachment
) -> None:
    window.set_conversation(samples.conversation(samples.turn("1", "Where?", samples.finished(), picture)))
    (answer,) = window.page.findChildren(AnswerView)
    qtbot.mouseClick(answer, Qt.MouseButton.LeftButton)
    qtbot.keyClick(QApplication.focusWidget(), "a")
    qtbot.keyClicks(QApplication.focusWidget(), "nd then")
    assert window.composer.text() == "and then"
    window.viewer.show_picture(picture)
    qtbot.keyClicks(window.viewer, "x+-")
    assert window.composer.text() == "and then"


def test_a_second_note_has_the_height_it_needs(window: MainWindow) -> None:
    window.show_problem("“empty.png” is empty. Save or download it again.")
    QApplication.processEvents()
    window.show_problem("A question takes up to 20 pictures. Send these first, or remove some.")
    QApplication.processEvents()
    for toast in window.toasts.findChildren(Toast):
        assert toast.height() >= toast.minimumSizeHint().height()


def test_a_note_hides_nothing_of_the_answer(qtbot: QtBot, window: MainWindow, picture: Attachment) -> None:
    window.composer.set_attachments((picture,))
    window.show_problem("A question takes up to 20 pictures. Send these first, or remove some.")
    window.composer.set_attachments(())
    window.set_conversation(samples.conversation(samples.turn("1", "Why?", samples.finished(samples.ANSWER * 12))))
    end, note = window.page.findChild(ActionsRow), window.toasts.findChild(Toast)
    height = note.height()

    def below(widget: QWidget) -> int:
        return widget.mapTo(window, QPoint(0, widget.height())).y()

    qtbot.waitUntil(lambda: below(end) <= below(note) - height)
    window.toasts.findChild(QPushButton).click()
    qtbot.waitUntil(lambda: below(window.page) - below(end) < height)


def test_dialogs_take_the_colours_of_the_theme(window: MainWindow) -> None:
    window.set_look(samples.look_of("dark"))
    assert QApplication.palette().windowText().color().name() == samples.look_of("dark").palette.ink


def test_the_first_size_fits_the_screen(window: MainWindow) -> None:
    available = window.screen().availableSize()
    assert window.width() < available.width()
    assert window.height() < available.height()


def test_a_question_that_is_edited_shows_whole_lines(qtbot: QtBot, window: MainWindow) -> None:
    window.set_conversation(samples.conversation(samples.turn("1", "Why?", samples.finished())))
    edit = next(each for each in window.page.findChildren(QPushButton) if each.text() == "Edit")
    qtbot.mouseClick(edit, Qt.MouseButton.LeftButton)
    field = window.page.findChild(GrowingEdit)
    qtbot.waitUntil(lambda: field.viewport().height() >= field.document().size().height())
