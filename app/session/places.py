"""An answer's marks as the model wrote them: what it reads of itself is how it goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from engine.protocol import MOST_MARKS, Mark, mark_sign, number_of_sign

_SIGN = re.compile(f" ?([{mark_sign(1)}-{mark_sign(MOST_MARKS)}])")


def as_written(text: str, marks: Sequence[Mark], shown: Sequence[str]) -> str:
    """`text` with places in the family's own format, instead of the signs of `marks`. `shown` are the pictures that the
    model has seen up to there, by their ids; of what lies on another one the place is left out."""
    by_number = {mark.number: mark for mark in marks}

    def place(sign: re.Match[str]) -> str:
        mark = by_number.get(number_of_sign(sign[1]))
        if mark is None:
            return sign[0]
        if mark.attachment not in shown:
            return ""
        return sign[0].replace(sign[1], _place(mark, shown))

    return _SIGN.sub(place, text)


def _place(mark: Mark, shown: Sequence[str]) -> str:
    """Whole thousandths of the picture's width and height. The last picture is meant unless another one is named."""
    box = mark.box
    left, top, right, bottom = (round(1000 * share) for share in (box.x0, box.y0, box.x1, box.y1))
    place: dict[str, object] = {"bbox_2d": [left, top, right, bottom], "label": mark.label}
    if mark.shape == "point":
        place = {"point_2d": [left, top], "label": mark.label}
    if shown[-1] != mark.attachment:
        place["image"] = shown.index(mark.attachment) + 1
    return json.dumps(place, ensure_ascii=False)
