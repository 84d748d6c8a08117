"""What the model points at is confirmed by what is there, moved to it, or said to be alone."""

from __future__ import annotations

from engine.pointing.check import check
from engine.protocol import Box, Element, Grounded, Mark
from tests.engine.pointing.screens import element, line, search

SAVE = element("button", "Save", 0.6, 0.8)


def checked(label: str, box: Box, elements: tuple[Element, ...] = (), lines: tuple = ()) -> Mark:
    (mark,) = check(search(elements, lines), elements, [Grounded("r", "a" * 64, 3, label, box)])
    assert (mark.number, mark.label, mark.attachment) == (3, label, "a" * 64)
    return mark


def kinds(mark: Mark) -> set[str]:
    return {proof.kind for proof in mark.proofs}


def test_all_three_agree() -> None:
    mark = checked("the Save button", Box(0.59, 0.79, 0.69, 0.84), (SAVE,), (line("Save", 0.62, 0.805),))
    assert mark.confirmed
    assert mark.box == SAVE.box
    assert kinds(mark) == {"model", "ocr", "tree"}
    assert mark.confidence > 0.9


def test_text_or_an_element_near_by_is_enough() -> None:
    by_text = checked("Save", Box(0.6, 0.79, 0.7, 0.83), (), (line("Save", 0.62, 0.805),))
    assert by_text.confirmed
    by_element = checked("gear icon", Box(0.61, 0.8, 0.63, 0.82), (element("button", "Settings", 0.6, 0.8),))
    assert by_element.confirmed


def test_of_many_with_one_name_the_model_says_which() -> None:
    rows = tuple(element("button", "Delete", 0.5, 0.1 * number) for number in range(1, 8))
    mark = checked("Delete", Box(0.51, 0.405, 0.57, 0.425), rows)
    assert mark.box == rows[3].box
    assert mark.confirmed


def test_the_model_far_off_gives_way_and_a_note_says_so() -> None:
    mark = checked("Save", Box(0.1, 0.1, 0.15, 0.13), (SAVE,), (line("Save", 0.62, 0.805),))
    assert mark.box == SAVE.box
    assert not mark.confirmed
    assert mark.note.endswith(".")


def test_the_model_alone_keeps_its_place_unconfirmed() -> None:
    box = Box(0.1, 0.1, 0.15, 0.13)
    mark = checked("the dragon", box, (SAVE,), (line("Save", 0.62, 0.805),))
    assert (mark.box, mark.confirmed, kinds(mark)) == (box, False, {"model"})
    assert "dragon" in mark.note
