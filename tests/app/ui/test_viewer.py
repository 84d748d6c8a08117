"""A document beside the conversation: a thousand pages stay smooth, what is cited is marked, what is read is copied."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QListWidget, QMenu
from pytestqt.qtbot import QtBot

from app.ui.document_viewer.pictures import LIMIT, PagePictures
from app.ui.document_viewer.stack import PageStack
from app.ui.document_viewer.viewer import DocumentViewer
from engine.protocol import Box, PageShown, SpanShown, TextPlace
from tests.app.ui import document_samples, samples

LEASE = document_samples.LEASE
LEFT = Qt.MouseButton.LeftButton


class Asked:
    """What a viewer has asked for."""

    def __init__(self, viewer: DocumentViewer) -> None:
        self.pictures: list[tuple[int, int]] = []
        self.texts: list[int] = []
        viewer.page_wanted.connect(lambda _document, page, width: self.pictures.append((page, width)))
        viewer.text_wanted.connect(lambda _document, page: self.texts.append(page))

    @property
    def pages(self) -> list[int]:
        return [page for page, _ in self.pictures]


@pytest.fixture
def viewer(qtbot: QtBot) -> DocumentViewer:
    made = DocumentViewer(samples.look_of(), samples.icons())
    qtbot.addWidget(made)
    made.resize(560, 820)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    return made


def paper(viewer: DocumentViewer, page: int, x: float, y: float) -> QPoint:
    """A point of the view, as shares of a page."""
    area = viewer.pages.page_area(page)
    return QPointF(area.left() + x * area.width(), area.top() + y * area.height()).toPoint()


def middle(box: Box) -> tuple[float, float]:
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def at_rest(qtbot: QtBot, viewer: DocumentViewer) -> None:
    """No motion and no question is on its way."""
    pages = viewer.pages
    qtbot.waitUntil(
        lambda: pages._motion.state() == pages._motion.State.Stopped and not pages.requests._timer.isActive()
    )


def test_of_a_thousand_pages_only_those_around_the_view_are_asked_for(qtbot: QtBot, viewer: DocumentViewer) -> None:
    asked = Asked(viewer)
    viewer.show_document(document_samples.lease(1_000), "lease.pdf")
    qtbot.waitUntil(lambda: bool(asked.pictures))
    at_rest(qtbot, viewer)
    assert asked.pages == [1, 2, 3]
    assert asked.texts == [1, 2]
    viewer.go_to(600)
    at_rest(qtbot, viewer)
    assert set(asked.pages[3:]) <= set(range(597, 605))
    assert viewer.pages.page == 600
    newest = asked.pictures[-1]
    assert viewer.wants_page(LEASE, *newest)
    assert not viewer.wants_page(LEASE, *asked.pictures[0])
    assert not viewer.wants_page("other", *newest)


def test_pages_that_are_dragged_past_are_not_asked_for(qtbot: QtBot, viewer: DocumentViewer) -> None:
    viewer.show_document(document_samples.lease(1_000), "lease.pdf")
    at_rest(qtbot, viewer)
    asked = Asked(viewer)
    bar = viewer.pages.verticalScrollBar()
    bar.setSliderDown(True)
    for step in range(1, 20):
        bar.setValue(bar.maximum() * step // 20)
        QTest.qWait(5)
    bar.setSliderDown(False)
    viewer.pages.requests.soon()
    qtbot.waitUntil(lambda: bool(asked.pictures))
    at_rest(qtbot, viewer)
    assert len(asked.pictures) < 20


def test_the_memory_of_a_long_read_is_bounded(qtbot: QtBot, viewer: DocumentViewer) -> None:
    viewer.show_document(document_samples.lease(1_000), "lease.pdf")
    blank = QImage(1_600, 2_263, QImage.Format.Format_RGB32)
    blank.fill(0xFFFFFFFF)
    for page in range(1, 61):
        viewer.set_page_picture(LEASE, page, blank.copy())
    assert LIMIT - blank.sizeInBytes() < viewer.pages.memory <= LIMIT


def test_pictures_that_were_looked_at_stay_longest() -> None:
    pictures = PagePictures(limit=3 * 400)
    for page in (1, 2, 3):
        pictures.put(page, QImage(10, 10, QImage.Format.Format_RGB32))
    pictures.get(1)
    pictures.put(4, QImage(10, 10, QImage.Format.Format_RGB32))
    assert [pictures.width_of(page) for page in (1, 2, 3, 4)] == [10, 0, 10, 10]


def test_places_in_the_column_are_found_again() -> None:
    stack = PageStack([100, 50, 200], 10)
    assert [stack.at(y) for y in (0, 10, 109, 115, 120, 179, 1_000)] == [1, 1, 1, 2, 2, 3, 3]
    assert list(stack.between(60, 125)) == [1, 2]
    for y in (5.0, 60.0, 150.0, 300.0):
        assert stack.y_of(stack.place_of(y)) == pytest.approx(y)
    stack.set_height(1, 300)
    assert (stack.top(2), stack.total) == (320, 590)


def test_a_citation_is_marked_and_comes_into_sight(qtbot: QtBot, viewer: DocumentViewer) -> None:
    document_samples.serve(viewer)
    viewer.show_document(document_samples.lease(), "lease.pdf")
    viewer.show_mark(7, document_samples.quote_boxes(), document_samples.QUOTE)
    at_rest(qtbot, viewer)
    box = document_samples.quote_boxes()[0]
    qtbot.waitUntil(lambda: viewer.pages._pictures.width_of(7) > 0)
    at = paper(viewer, 7, box.x0, (box.y0 + box.y1) / 2)
    assert viewer.pages.viewport().rect().contains(at)
    shot = viewer.pages.viewport().grab().toImage()
    spot = shot.pixelColor(at.x() + 1, at.y())
    assert spot.name() == samples.look_of().palette.page_mark
    assert viewer.pages.accessibleName() == "lease.pdf, page 7 of 24"


def test_a_page_without_places_is_laid_out_and_its_passage_found_by_its_text(
    qtbot: QtBot, viewer: DocumentViewer
) -> None:
    document_samples.serve(viewer)
    info = document_samples.notes_document()
    viewer.show_document(info, "notes.docx")
    viewer.show_mark(4, (), document_samples.QUOTE)
    qtbot.waitUntil(lambda: not viewer.pages._unseen and bool(viewer.pages._highlights(4).passage))
    at_rest(qtbot, viewer)
    first = viewer.pages._highlights(4).passage[0]
    y = viewer.pages.page_area(4).top() + first.top()
    assert 0 < y < viewer.pages.viewport().height()
    content = viewer.pages.content_of(4)
    assert content is not None
    (chosen,) = content.ranges_of(document_samples.QUOTE)
    assert content.text(chosen) == document_samples.QUOTE


def test_a_table_row_and_the_end_of_a_paragraph_are_found_as_one_passage(viewer: DocumentViewer) -> None:
    viewer.show_document(document_samples.notes_document(), "notes.docx")
    viewer.set_page_text("b" * 64, document_samples.section_text(2))
    content = viewer.pages.content_of(2)
    assert content is not None
    passage = "mail is valid when receipt is confirmed.\n\nTable 1. Ways to end the lease\n\nCase | Earliest | Notice"
    found = [content.text(chosen) for chosen in content.ranges_of(passage)]
    assert found == [
        "mail is valid when receipt is confirmed.",
        "Table 1. Ways to end the lease",
        "Case\tEarliest\tNotice",
    ]


def test_a_page_that_grows_when_its_text_comes_leaves_what_is_read_in_its_place(
    qtbot: QtBot, viewer: DocumentViewer
) -> None:
    viewer.show_document(document_samples.notes_document(), "notes.docx")
    viewer.go_to(4)
    at_rest(qtbot, viewer)
    before = viewer.pages.page_area(4).top()
    viewer.set_page_text(
        "b" * 64, PageShown("r", 1, tuple(SpanShown("word " * 400, "text", 0, (), ()) for _ in range(9)), 0)
    )
    assert abs(viewer.pages.page_area(4).top() - before) <= 1


def test_words_are_selected_over_lines_and_copied(qtbot: QtBot, viewer: DocumentViewer) -> None:
    viewer.show_document(document_samples.lease(), "lease.pdf")
    viewer.set_page_text(LEASE, document_samples.page_text(1))
    spans = document_samples.page_text(1).spans
    start, end = paper(viewer, 1, *middle(spans[0].boxes[1])), paper(viewer, 1, *middle(spans[1].boxes[2]))
    view = viewer.pages.viewport()
    QTest.mousePress(view, LEFT, pos=start)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, LEFT, pos=end)
    assert viewer.pages.selected_text() == "Term and termination\n5.1 The lease"
    viewer.pages.setFocus()
    QTest.keyClick(viewer.pages, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Term and termination\n5.1 The lease"
    QTest.mouseDClick(view, LEFT, pos=start)
    assert viewer.pages.selected_text() == "Term"


def test_a_region_is_taken_by_a_drag(qtbot: QtBot, viewer: DocumentViewer) -> None:
    viewer.show_document(document_samples.lease(), "lease.pdf")
    view = viewer.pages.viewport()
    alt = Qt.KeyboardModifier.AltModifier
    with qtbot.waitSignal(viewer.region_taken) as taken:
        QTest.mousePress(view, LEFT, alt, paper(viewer, 1, 0.25, 0.25))
        QTest.mouseMove(view, paper(viewer, 1, 0.5, 0.5))
        QTest.mouseRelease(view, LEFT, alt, paper(viewer, 1, 0.5, 0.5))
    document, page, box = taken.args
    assert (document, page) == (LEASE, 1)
    assert dataclasses.astuple(box) == pytest.approx((0.25, 0.25, 0.5, 0.5), abs=0.01)
    viewer._header.region.click()
    assert viewer.pages.taking()
    with qtbot.waitSignal(viewer.region_taken) as beyond:
        QTest.mousePress(view, LEFT, pos=paper(viewer, 1, 0.5, 0.4))
        QTest.mouseMove(view, paper(viewer, 1, 1.04, 0.5))
        QTest.mouseRelease(view, LEFT, pos=paper(viewer, 1, 1.04, 0.5))
    assert beyond.args[2].x1 == pytest.approx(1.0, abs=0.005)
    assert not viewer.pages.taking()


def test_a_table_is_saved_from_the_menu(qtbot: QtBot, viewer: DocumentViewer, monkeypatch: pytest.MonkeyPatch) -> None:
    # The offscreen platform can show no menus.
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)
    viewer.show_document(document_samples.lease(), "lease.pdf")
    viewer.set_page_text(LEASE, document_samples.page_text(1))
    at = paper(viewer, 1, 0.5, 0.2)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, viewer.pages.viewport().mapToGlobal(at))
    QApplication.sendEvent(viewer.pages.viewport(), event)
    (menu,) = viewer.pages.findChildren(QMenu)
    (save,) = [action for action in menu.actions() if action.text().startswith("Save table")]
    with qtbot.waitSignal(viewer.table_wanted) as wanted:
        save.trigger()
    assert wanted.args == [LEASE, 1, 0]


def test_words_are_found_one_after_the_other(qtbot: QtBot, viewer: DocumentViewer) -> None:
    viewer.show_document(document_samples.lease(), "lease.pdf")
    at_rest(qtbot, viewer)
    QTest.keyClick(viewer.pages, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    with qtbot.waitSignal(viewer.find_wanted) as wanted:
        QTest.keyClicks(field, "rent")
    assert wanted.args == [LEASE, "rent"]
    places = [TextPlace(page, (Box(0.1, 0.5, 0.2, 0.52),), "", "rent", "") for page in (2, 9, 20)]
    viewer.set_found(LEASE, "something else", places)
    assert viewer._find._said.text() == ""
    viewer.set_found(LEASE, "rent", ())
    assert viewer._find._said.text() == "Not found"
    viewer.set_found(LEASE, "rent", places, more=True)
    assert viewer._find._said.text() == "1 of 3+"
    for page, said in ((9, "2 of 3+"), (20, "3 of 3+"), (2, "1 of 3+")):
        QTest.keyClick(field, Qt.Key.Key_Return)
        at_rest(qtbot, viewer)
        assert page in viewer.pages.visible_pages()
        assert viewer._find._said.text() == said
    with qtbot.waitSignal(viewer.similar_wanted) as similar:
        viewer._find._similar.click()
    assert similar.args == ["rent"]
    assert viewer.escape()
    assert viewer.pages.hasFocus()
    assert not viewer.escape()


def test_the_keyboard_reads_on(qtbot: QtBot, viewer: DocumentViewer) -> None:
    viewer.show_document(document_samples.lease(), "lease.pdf")
    pages, bar = viewer.pages, viewer.pages.verticalScrollBar()
    pages.setFocus()
    QTest.keyClick(pages, Qt.Key.Key_PageDown)
    at_rest(qtbot, viewer)
    assert bar.value() == round(0.9 * pages.viewport().height())
    QTest.keyClick(pages, Qt.Key.Key_End)
    assert (bar.value(), pages.page) == (bar.maximum(), 24)
    QTest.keyClick(pages, Qt.Key.Key_Home)
    assert (bar.value(), pages.page) == (0, 1)
    viewer._header._page.setFocus()
    viewer._header._page.setText("12")
    QTest.keyClick(viewer._header._page, Qt.Key.Key_Return)
    at_rest(qtbot, viewer)
    assert pages.page == 12
    assert pages.hasFocus()


def test_zooming_keeps_what_is_under_the_pointer_and_asks_for_sharper_pictures(
    qtbot: QtBot, viewer: DocumentViewer
) -> None:
    viewer.show_document(document_samples.lease(), "lease.pdf")
    viewer.go_to(5)
    at_rest(qtbot, viewer)
    asked = Asked(viewer)
    pages = viewer.pages
    pivot = QPointF(200, 300)
    area = pages.page_area(5)
    share = (pivot.y() - area.top()) / area.height()
    pages.zoom_by(2.0, pivot)
    area = pages.page_area(5)
    assert (pivot.y() - area.top()) / area.height() == pytest.approx(share, abs=0.01)
    qtbot.waitUntil(lambda: bool(asked.pictures))
    assert asked.pictures[0] == (5, round(area.width()))
    pages.set_zoom(50.0)
    at_rest(qtbot, viewer)
    width, height = pages._sizing.size_of(5)
    assert asked.pictures[-1][1] < width, "a page that large would not fit into the memory"
    assert height > 5_000


def test_an_entry_of_the_contents_opens_its_page(qtbot: QtBot, viewer: DocumentViewer) -> None:
    viewer.show_document(document_samples.lease(), "lease.pdf")
    viewer._header.contents.click()
    (entries,) = viewer.findChildren(QListWidget)
    assert entries.isVisible()
    entries.setCurrentRow(3)
    QTest.keyClick(entries, Qt.Key.Key_Return)
    at_rest(qtbot, viewer)
    assert viewer.pages.page == 7
    assert not entries.isVisible()
    viewer.show_document(document_samples.notes_document(), "notes.docx")
    assert [entries.item(row).text() for row in range(2)] == ["Section 1", "Section 2"]


def test_what_comes_too_late_or_is_damaged_is_no_trouble(qtbot: QtBot, viewer: DocumentViewer) -> None:
    viewer.set_page_picture("nothing open", 1, QImage(4, 4, QImage.Format.Format_RGB32))
    viewer.show_document(dataclasses.replace(document_samples.lease(), pages=(), outline=()), "empty.txt")
    viewer.pages.grab()
    viewer.show_document(document_samples.lease(scanned=1, problem=2), "lease.pdf")
    viewer.set_page_picture(LEASE, 900, QImage(4, 4, QImage.Format.Format_RGB32))
    viewer.set_page_text(LEASE, PageShown("r", 900, (), 0))
    viewer.set_page_text("other", document_samples.page_text(1))
    assert viewer.pages.content_of(1) is None
    viewer.set_page_problem(LEASE, 3, "Page 3 can not be shown.")
    viewer.go_to(2)
    at_rest(qtbot, viewer)
    viewer.pages.grab()


def test_more_of_the_same_document_leaves_the_page_where_it_is(qtbot: QtBot, viewer: DocumentViewer) -> None:
    viewer.show_document(document_samples.lease(), "lease.pdf")
    viewer.go_to(9)
    at_rest(qtbot, viewer)
    asked = Asked(viewer)
    viewer.show_document(document_samples.lease(scanned=9), "lease.pdf")
    at_rest(qtbot, viewer)
    assert viewer.pages.page == 9
    assert 9 in asked.texts, "its text is another one after it was recognised"
