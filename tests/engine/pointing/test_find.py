"""What people ask for is pointed at, and what is not there is not."""

from __future__ import annotations

import pytest

from engine.protocol import Box, Element, Mark
from tests.engine.pointing.screens import Text, element, line, marks, search

DIALOG = (
    element("menu", "File", 0.01, 0.01, width=0.03),
    element("menu", "Edit", 0.05, 0.01, width=0.03),
    element("label", "Name:", 0.1, 0.2),
    element("text_field", "", 0.2, 0.2, width=0.3, value="Anna"),
    element("check_box", "Remember me", 0.1, 0.3, width=0.15),
    element("button", "&Save", 0.6, 0.8),
    element("button", "Save as…", 0.7, 0.8),
    element("button", "Cancel", 0.8, 0.8),
)
WRITTEN = (
    line("File Edit", 0.01, 0.015, gap=0.02),
    line("Name:", 0.1, 0.205),
    line("Anna", 0.21, 0.205),
    line("Remember me", 0.12, 0.305),
    line("Save", 0.62, 0.805),
    line("Save as…", 0.71, 0.805),
    line("Cancel", 0.82, 0.805),
)


def is_at(mark: Mark, box: Box) -> bool:
    return mark.box == box


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("Save", 5),
        ("„Save“", 5),
        ("the Save button", 5),
        ("where is Save?", 5),
        ("where do I click to keep my changes?", 5),
        ("Schaltfläche Save", 5),
        ("save AS", 6),
        ("the Edit menu", 1),
        ("Menü File", 0),
        ("the Name field", 3),
        ("checkbox Remember me", 4),
        ("casilla Remember me", 4),
        ("the button right of Save as", 7),
        ("the button between Save and Cancel", 6),
        ("the last button", 7),
        ("the first button", 5),
        ("field next to Name", 3),
        ("the checkbox below Name", 4),
        ("el botón a la derecha de Save as", 7),
    ],
)
def test_as_people_say_it(query: str, place: int) -> None:
    found = marks(query, DIALOG, WRITTEN)
    assert found, query
    assert is_at(found[0], DIALOG[place].box), found[0]


def test_text_and_elements_together_confirm_what_was_asked_for() -> None:
    first = marks("Save", DIALOG, WRITTEN)[0]
    assert first.confirmed
    assert first.confidence > 0.9
    assert {proof.kind for proof in first.proofs} == {"ocr", "tree"}


def test_one_source_alone_confirms_nothing() -> None:
    assert not marks("Save", DIALOG)[0].confirmed
    only_text = marks("Cancel", (), WRITTEN)[0]
    assert not only_text.confirmed
    assert only_text.confidence > 0.9
    assert only_text.box == WRITTEN[-1].box


@pytest.mark.parametrize("query", ["Quit", "the Print button", "Undo", "Abmelden", "Safe", "", "  ", "?"])
def test_what_is_not_there_is_not_pointed_at(query: str) -> None:
    assert not [mark for mark in marks(query, DIALOG, WRITTEN) if mark.confidence >= 0.5]


def test_two_of_one_name_share_what_is_sure_and_a_row_tells_them_apart() -> None:
    rows = tuple(
        one
        for number, name in enumerate(("Anna", "Berta"))
        for one in (
            element("label", name, 0.1, 0.2 + 0.1 * number),
            element("button", "Delete", 0.5, 0.2 + 0.1 * number),
        )
    )
    lines = [line(one.name, one.box.x0 + 0.01, one.box.y0 + 0.005) for one in rows]
    both = marks("Delete", rows, lines)
    assert len(both) == 2
    assert all(mark.confidence < 0.6 and not mark.confirmed for mark in both)
    assert marks('the "Delete" button in the row of Berta', rows, lines)[0].box == rows[3].box
    assert marks("the second Delete button", rows, lines)[0].box == rows[3].box


def test_a_label_that_has_the_word_for_its_kind_is_found_as_it_is() -> None:
    elements = (element("button", "Menu bar settings", 0.1, 0.1), element("menu", "Settings", 0.5, 0.1))
    assert marks("Menu bar settings", elements)[0].box == elements[0].box


def test_what_is_seen_counts_more_than_elements_of_a_moment_ago() -> None:
    stale = (element("button", "Save", 0.1, 0.1),)
    lines = (line("Open", 0.11, 0.105), line("Save", 0.6, 0.6))
    first = marks("Save", stale, lines)[0]
    assert first.box == lines[1].box
    assert not first.confirmed


def test_a_stale_element_alone_is_told_with_a_note() -> None:
    found = marks("Save", (element("button", "Save", 0.1, 0.1),), (line("Open", 0.11, 0.105),))
    assert all(not mark.confirmed and "Open" in mark.note for mark in found)


def test_text_in_a_nameless_button_takes_the_button() -> None:
    button = element("button", "", 0.4, 0.4)
    assert marks("Apply", (button,), (line("Apply", 0.42, 0.405),))[0].box == button.box


def test_a_password_is_not_searched() -> None:
    field = element("password_field", "Password", 0.2, 0.2)
    assert not marks("hunter2", (field,))


def test_a_clear_element_needs_no_whole_picture() -> None:
    text = Text(WRITTEN)
    assert search(DIALOG, text=text).find("Cancel", 5).marks[0].confirmed
    assert text.whole == 0


def test_elements_that_can_not_be_seen_are_left_out() -> None:
    hidden = (
        element("button", "Save", 0.1, 0.1, states=("offscreen",)),
        Element("button", "Save", Box(1.2, 0.1, 1.3, 0.2)),
    )
    assert not marks("Save", hidden)


def test_an_elided_label_and_confused_letters_are_known() -> None:
    assert marks("Download all attachments", (), (line("Download all att…", 0.1, 0.1),))
    assert marks("Illustration 10", (), (line("lllustration lO", 0.1, 0.1),))[0].confidence > 0.8
    assert not marks("Select all", (), (line("Deselect all", 0.1, 0.1),)) or (
        marks("Select all", (), (line("Deselect all", 0.1, 0.1),))[0].confidence < 0.5
    )
