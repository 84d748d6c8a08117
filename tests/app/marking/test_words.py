"""How sure a mark is, in words."""

from __future__ import annotations

from app.marking.words import confirmed_lines, doubt_line, mark_line
from engine.protocol import Box, Mark, Proof

PLACE = Box(0.1, 0.1, 0.2, 0.2)


def mark(number: int, *kinds: str, confirmed: bool = True, note: str = "") -> Mark:
    proofs = tuple(Proof(kind, "Save", PLACE) for kind in kinds)  # type: ignore[arg-type]
    return Mark(number, "a" * 64, "Save", PLACE, confirmed=confirmed, proofs=proofs, note=note)


def test_a_mark_says_where_it_was_found() -> None:
    both = mark(1, "model", "ocr", "tree")
    assert mark_line(both) == "Save: found in the text on the picture and in the window's own description"
    assert mark_line(mark(1, "model", confirmed=False)) == "Save: only the model says so"
    assert mark_line(mark(1, "ocr", confirmed=False)) == "Save: found in the text on the picture only"


def test_what_is_not_sure_says_what_to_do() -> None:
    assert doubt_line(mark(1, "model", "ocr")) == ""
    assert doubt_line(mark(1, "model", confirmed=False)) == "Save: only the model says so. Check before you click."
    note = "The text there is Save as."
    assert doubt_line(mark(1, "model", "ocr", note=note)) == f"Save: {note}"


def test_what_the_same_things_confirm_is_said_once() -> None:
    marks = [
        mark(1, "model", "ocr"),
        mark(2, "model", confirmed=False),
        mark(3, "model", "ocr"),
        mark(4, "ocr", "tree"),
    ]
    said = [([each.number for each in group], words) for group, words in confirmed_lines(marks)]
    assert said == [
        ([1, 3], "confirmed by the text on the picture."),
        ([4], "confirmed by the text on the picture and the window's own description."),
    ]
