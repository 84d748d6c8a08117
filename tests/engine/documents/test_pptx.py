"""Slides are read as they are shown, with places, notes, tables and the numbers of charts."""

from __future__ import annotations

import pytest
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from engine.documents.document import Document
from engine.documents.job import Job
from engine.documents.readers.pptx import read
from engine.protocol import Box


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Document:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.placeholders[1].text = "one\ntwo"
    slide.shapes.title.text = "Plans"
    slide.notes_slide.notes_text_frame.text = "Say hello"
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(5), Inches(5), Inches(2), Inches(1)).text_frame.text = "Grouped"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    for row in range(2):
        for column in range(2):
            table.cell(row, column).text = f"{row}{column}"
    numbers = CategoryChartData()
    numbers.categories = ["East", "West"]
    numbers.add_series("Q1", (4.3, 2))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(2), Inches(2), numbers)
    hidden = deck.slides.add_slide(deck.slide_layouts[5])
    hidden.shapes.title.text = "Backup"
    hidden._element.set("show", "0")
    # The order of slides is not that of their files.
    listed = deck.slides._sldIdLst
    last = deck.slides.add_slide(deck.slide_layouts[5])
    last.shapes.title.text = "Beginning"
    listed.insert(0, listed[-1])
    path = tmp_path_factory.mktemp("pptx") / "talk.pptx"
    deck.save(str(path))
    return read(path, "talk.pptx", Job())


def test_slides_come_in_the_order_of_the_talk_with_hidden_ones_marked(talk: Document) -> None:
    assert talk.page_word == "slide"
    assert [page.spans[0].text for page in talk.pages] == ["Beginning", "Plans", "Backup"]
    assert [page.label for page in talk.pages] == ["", "", "hidden"]
    assert [(entry.title, entry.page) for entry in talk.outline] == [("Beginning", 1), ("Plans", 2), ("Backup", 3)]


def test_the_text_of_a_slide_has_its_places(talk: Document) -> None:
    page = talk.pages[1]
    assert (page.width, page.height) == (720, 540)
    kinds = [(span.kind, span.text) for span in page.spans]
    assert kinds[:4] == [("heading", "Plans"), ("text", "• one"), ("text", "• two"), ("text", "Grouped")]
    assert kinds[-1] == ("note", "Say hello")
    grouped = page.spans[3].box
    assert grouped is not None
    assert (grouped.x0, grouped.y0) == pytest.approx((0.5, 5 / 7.5))
    assert (grouped.x1, grouped.y1) == pytest.approx((0.7, 6 / 7.5))
    # The place of the title is that of its layout.
    assert page.spans[0].box is not None


def test_tables_and_charts_are_tables(talk: Document) -> None:
    table, chart = talk.pages[1].tables
    assert table.rows == (("00", "01"), ("10", "11"))
    assert isinstance(table.box, Box)
    assert chart.rows == (("", "Q1"), ("East", "4.3"), ("West", "2"))
