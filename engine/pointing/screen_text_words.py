"""From what was read to a line with its words, each in the box of its ink."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.pointing.screen_text_cutting import Cut
from engine.pointing.screen_text_ink import runs
from engine.pointing.screen_text_letters import Reading
from engine.pointing.screen_text_line import ScreenLine
from engine.pointing.screen_text_regions import Region
from engine.protocol.documents import Box

_DOTS = re.compile(r"[.…·]{2,}$")
_LOOKALIKES = str.maketrans("十一丨〇口，。：；！？（）＋－", "+-|OO,.:;!?()+-")
_GREEK, _LATIN = re.compile("[\u0370-\u03ff]"), re.compile("[A-Za-z]")
_SHAPES = "□■○●△▽◇☆"
_SPARSE, _DOUBTFUL = 0.5, 0.5
"""Letters for each height of ink of a line's length, below which some were passed over; Latin has 1.2. What is left of
a score then."""
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


def line_of(cut: Cut, reading: Reading, size: tuple[int, int]) -> ScreenLine | None:
    """The line on a picture of `size`; None where nothing was read."""
    letters = list(zip(_latin(reading.text), reading.places, strict=True))
    words: list[list[tuple[str, float]]] = [[]]
    for letter, place in letters:
        if letter.isspace():
            words.append([])
        else:
            words[-1].append((letter, place * cut.pixels.shape[1]))
    words = [word for word in words if word]
    if not words:
        return None
    texts = ["".join(letter for letter, _ in word) for word in words]
    texts[-1] = _DOTS.sub("…", texts[-1] + ("…" if cut.dots else ""))
    ends = [0.0, *_cuts(cut.ink, words), float(cut.ink.shape[1])]
    places = [_ink_between(cut, left, right) for left, right in pairwise(ends)]
    last = places[-1]
    places[-1] = Region(last.x0, last.y0, max(last.x1, cut.box.x1), last.y1)
    boxes = tuple((text, _share(place, size)) for text, place in zip(texts, places, strict=True))
    return ScreenLine(" ".join(texts), _share(cut.box, size), boxes, _certainty(cut, " ".join(texts), reading.score))


def _certainty(cut: Cut, text: str, score: float) -> float:
    """The score, lowered where writing of a script that is not known was passed over or taken for one that is, and for
    the single ideograph that icons look like."""
    sparse = len(text) < _SPARSE * cut.box.width / cut.box.height
    mixed = any(_GREEK.search(word) and _LATIN.search(word) for word in text.split())
    icon = len(text) == 1 and bool(_IDEOGRAPH.match(text) or text in _SHAPES)
    return score * (_DOUBTFUL if sparse or mixed or icon else 1.0)


def _latin(text: str) -> str:
    """Signs of ideographic writing that stand alone on a line are Latin ones that look the same."""
    plain = text.translate(_LOOKALIKES)
    return text if _IDEOGRAPH.search(plain) else plain


def _cuts(ink: NDArray[np.bool_], words: Sequence[Sequence[tuple[str, float]]]) -> list[float]:
    """The columns where a word ends and the next begins: the widest gap in the ink between the middles of the letters
    on both sides, or half way between those where there is none."""
    gaps = runs(np.logical_not(ink.any(axis=0)))
    made = []
    for before, after in pairwise(words):
        left, right = before[-1][1], after[0][1]
        between = [(end - start, start, end) for start, end in gaps if left < (start + end) / 2 < right]
        _, start, end = max(between, default=(0, left, right))
        made.append((start + end) / 2)
    return made


def _ink_between(cut: Cut, left: float, right: float) -> Region:
    """The box of the ink in columns of a cut, on the picture; all their height where there is none."""
    start, end = round(left), max(round(left) + 1, round(right))
    columns, rows = np.nonzero(cut.ink[:, start:end].T)
    if not len(columns):
        return Region(cut.x + start, cut.box.y0, cut.x + end, cut.box.y1)
    x0, x1 = cut.x + start + int(columns[0]), cut.x + start + int(columns[-1]) + 1
    return Region(x0, cut.y + int(rows.min()), x1, cut.y + int(rows.max()) + 1)


def _share(place: Region, size: tuple[int, int]) -> Box:
    width, height = size
    return Box(place.x0 / width, place.y0 / height, place.x1 / width, place.y1 / height)
