"""A field is asked for by the label that stands beside it or above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.pointing.candidates import FIELDS, Candidate
from engine.pointing.places import across_shared, centre, down_shared, height, holds
from engine.pointing.screen_text_line import ScreenLine
from engine.protocol import Box

_WIDTH = 0.12
"""Of a field of which no end is seen."""


def field_of(
    label: Candidate,
    elements: Sequence[Candidate],
    lines: Sequence[ScreenLine],
    frame: Callable[[Box], Box | None],
) -> Candidate | None:
    """The field that the written `label` names: an element beside it, the `frame` that is painted there, or where one
    must be. None where the text itself stands in a field, as a hint does."""
    fields = [one for one in elements if one.role in FIELDS]
    if any(holds(field.box, *centre(label.box)) for field in fields):
        return None
    near = [
        (gap, index) for index, field in enumerate(fields) if (gap := gap_between(label.box, field.box)) is not None
    ]
    if near:
        field = fields[min(near)[1]]
        return replace(field, text=label.text, names=(*field.names, *label.names), words=label.box)
    if fields:
        return None
    return replace(
        label, role="text_field", box=frame(label.box) or _space_beside(label.box, lines), element=-1, words=label.box
    )


def gap_between(label: Box, field: Box) -> float | None:
    """From a label to the field right of it or below it, None where it can not be that field's."""
    line = max(height(label), 0.008)
    if down_shared(label, field) > 0.5 and -line < field.x0 - label.x1 < 0.25:
        return field.x0 - label.x1
    if across_shared(label, field) > 0.5 and -line / 2 < field.y0 - label.y1 < 1.6 * line:
        return field.y0 - label.y1 + 0.01
    return None


def _space_beside(label: Box, lines: Sequence[ScreenLine]) -> Box:
    """Right of a label, up to the next text; what is written close by is the field's own."""
    line = height(label)
    beside = sorted(
        (other.box for other in lines if down_shared(other.box, label) > 0.5 and other.box.x0 > label.x1),
        key=lambda box: box.x0,
    )
    if beside and beside[0].x0 - label.x1 < _WIDTH:
        return beside[0]
    return Box(label.x1 + line, label.y0 - 0.3 * line, min(1.0, label.x1 + _WIDTH), label.y1 + 0.3 * line)
