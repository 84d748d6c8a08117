"""What is said about marks."""

from __future__ import annotations

from collections.abc import Sequence

from engine.protocol import Mark, mark_sign

_PLACES = {"ocr": "the text on the picture", "tree": "the window's own description"}


def places_of(mark: Mark) -> tuple[str, ...]:
    """Where `mark` was found besides by the model, in words."""
    kinds = {proof.kind for proof in mark.proofs}
    return tuple(words for kind, words in _PLACES.items() if kind in kinds)


def why(mark: Mark) -> str:
    """What speaks for `mark`, as the second half of a sentence without its point."""
    found = places_of(mark)
    if mark.confirmed:
        return f"found in {' and in '.join(found)}" if found else "confirmed"
    if not found:
        return "only the model says so"
    return f"found in {' and in '.join(found)} only"


def mark_line(mark: Mark) -> str:
    """ "Save: found in the text on the picture and in the window's own description"."""
    said = f"{mark.label}: {why(mark)}" if mark.label else why(mark).capitalize()
    return f"{said}. {mark.note}" if mark.note else said


def doubt_line(mark: Mark) -> str:
    """What is to be known before `mark` is trusted; ``""`` when nothing is."""
    if mark.note:
        return f"{mark.label}: {mark.note}" if mark.label else mark.note
    if mark.confirmed:
        return ""
    return f"{mark_line(mark)}. Check before you click."


def confirmed_lines(marks: Sequence[Mark]) -> list[tuple[tuple[Mark, ...], str]]:
    """The marks that nothing is to be said of beyond that they are confirmed, together by what confirms them."""
    groups: dict[str, list[Mark]] = {}
    for mark in marks:
        if mark.confirmed and not mark.note:
            by = " and ".join(places_of(mark))
            groups.setdefault(f"confirmed by {by}." if by else "confirmed.", []).append(mark)
    return [(tuple(group), words) for words, group in groups.items()]


def signs_of(marks: Sequence[Mark]) -> str:
    """ "① ②"."""
    return " ".join(mark_sign(mark.number) for mark in marks)
