"""Passages hold all of a document's text in pieces that can be found and cited, with their page, heading and lines."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.documents.document import Document, Page, Span, Table, Word
from engine.documents.search.passages import ENOUGH, MOST, Passage, passages
from engine.protocol import Box, OutlineEntry

SENTENCE = "The pump stood still for nineteen days in August, after lightning had struck the cabinet. "


def _cut(
    *pages: tuple[Span, ...], tables: tuple[Table, ...] = (), outline: tuple[OutlineEntry, ...] = ()
) -> list[Passage]:
    made = tuple(Page(number, spans, label=f"p{number}", tables=tables) for number, spans in enumerate(pages, 1))
    return passages(Document("pdf", "", "page", made, outline))


def test_long_text_is_cut_between_sentences_and_never_across_pages() -> None:
    page = (Span(SENTENCE * 30), Span(SENTENCE * 3))
    made = _cut(page, page)
    assert [one.number for one in made] == list(range(1, len(made) + 1))
    assert {one.page for one in made} == {1, 2}
    assert made[0].label == "p1"
    for one in made:
        assert len(one.text) <= MOST
        assert one.text.startswith("The pump")
        assert one.text.endswith("cabinet.")
    assert sum(one.text.count("nineteen") for one in made) == 66


def test_a_passage_stands_under_the_headings_above_it_also_on_the_next_page() -> None:
    made = _cut(
        (Span("Heating", "heading", 1), Span(SENTENCE * 4), Span("Faults", "heading", 2), Span(SENTENCE * 4)),
        (Span(SENTENCE * 3), Span("Cooling", "heading", 1), Span(SENTENCE * 3)),
    )
    assert [one.heading for one in made] == ["Heating", "Heating › Faults", "Heating › Faults", "Cooling"]
    assert made[-1].text.count("nineteen") == 3


def test_the_table_of_contents_gives_headings_that_the_text_does_not_mark() -> None:
    outline = (OutlineEntry("1 Heating", 1, 1), OutlineEntry("1.1  Faults", 2, 1), OutlineEntry("2 Cooling", 1, 2))
    made = _cut((Span(SENTENCE * 4), Span("1.1 Faults"), Span(SENTENCE * 4)), (Span(SENTENCE),), outline=outline)
    assert [one.heading for one in made] == ["1 Heating", "1 Heating › 1.1 Faults", "2 Cooling"]


def test_rows_stay_whole_and_each_piece_of_a_table_begins_with_its_first_row() -> None:
    rows = (("Well", "Depth", "Solvent"), *((f"W{number}", "7.2 m", "not detected in spring") for number in range(80)))
    spans = tuple(Span(" | ".join(row), "table") for row in rows)
    made = _cut((Span("Results", "heading", 1), *spans), tables=(Table(rows),))
    assert len(made) > 3
    for one in made:
        assert "Well | Depth | Solvent" in one.text.split("\n")[:2]
        assert all(line.count(" | ") == 2 for line in one.text.split("\n")[1:])
    assert sum(one.text.count("7.2 m") for one in made) == 80


def test_two_tables_that_touch_keep_their_own_first_rows() -> None:
    first = (("Item", "Price"), *((f"screw {number}", "0.10") for number in range(60)))
    second = (("Name", "Extension"), *((f"Mr {number}", "41") for number in range(60)))
    spans = tuple(Span(" | ".join(row), "table") for row in (*first, *second))
    made = _cut(spans, tables=(Table(first), Table(second)))
    assert made[-1].text.startswith("Name | Extension")


def test_only_a_sentence_that_has_to_be_cut_overlaps() -> None:
    endless = " ".join(f"word{number}" for number in range(400))
    made = _cut((Span(endless),))
    for one, after in pairwise(made):
        assert len(one.text) <= MOST
        shared = set(one.text.split()) & set(after.text.split())
        assert 1 <= len(shared) <= 20
    assert {word for one in made for word in one.text.split()} == set(endless.split())
    assert all(len(one.text) <= MOST for one in _cut((Span("数" * 5000),)))


def test_a_passage_has_a_box_for_each_of_its_lines() -> None:
    text = "The first line ends here and the second line is short.\nAfter it comes the next sentence."
    places = (
        [(left, 0.1) for left in range(6)] + [(left, 0.15) for left in range(5)] + [(left, 0.2) for left in range(6)]
    )
    words = tuple(
        Word(word, Box(0.1 * left, top, 0.1 * left + 0.08, top + 0.03))
        for word, (left, top) in zip(text.split(), places, strict=True)
    )
    (made,) = _cut((Span(text, words=words),))
    assert [box.y0 for box in made.boxes] == [0.1, 0.15, 0.2]
    assert all(box.x1 - box.x0 > 0.3 for box in made.boxes)
    assert _cut((Span("A note", box=Box(0, 0, 1, 1)),))[0].boxes == (Box(0, 0, 1, 1),)
    assert _cut((Span("No places"),))[0].boxes == ()


_kinds = st.sampled_from(("text", "heading", "table", "code", "note"))
_texts = st.text(alphabet=st.sampled_from("abc .!\n。数|"), max_size=1500)
_spans = st.builds(Span, _texts, _kinds, st.integers(0, 3))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(_spans, max_size=6), max_size=3))
def test_no_text_is_lost_and_the_same_document_gives_the_same_passages(pages: list[list[Span]]) -> None:
    made = _cut(*(tuple(page) for page in pages))
    assert made == _cut(*(tuple(page) for page in pages))
    for number, page in enumerate(pages, 1):
        said = "".join(one.text for one in made if one.page == number)
        # Overlaps and repeated rows of headings only add.
        assert len(re.sub(r"\s", "", said)) >= len(re.sub(r"\s", "", "".join(span.text for span in page)))
    assert all(one.text for one in made)
    assert ENOUGH < MOST
