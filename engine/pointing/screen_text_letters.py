"""Reads a line of writing that was cut out of a picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.pointing.screen_text_models import LINE_HEIGHT, Networks

_LEAST_WIDTH = 32


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line says. `places`: of each letter of `text` the middle, as a share of the line's width."""

    text: str
    places: tuple[float, ...]
    score: float


def read_line(networks: Networks, line: NDArray[np.uint8]) -> Reading:
    """What is written on uint8 [height, width, 3], a line with a little ground around it.

    Raises:
        DocumentError: there is not enough memory for it.
    """
    height, width = line.shape[:2]
    wide = max(1, round(width * LINE_HEIGHT / height))
    grown = np.asarray(cv2.resize(line, (wide, LINE_HEIGHT), interpolation=cv2.INTER_LINEAR), np.uint8)
    whole = max(_LEAST_WIDTH, -(-wide // 8) * 8)
    padded = np.pad(grown, ((0, 0), (0, whole - wide), (0, 0)), mode="edge")
    signs, likely = networks.letters(padded)
    said = np.flatnonzero((signs != 0) & (np.diff(signs, prepend=-1) != 0))
    if not len(said):
        return Reading("", (), 0.0)
    # A sign's middle is the middle of the steps that repeat it.
    places = []
    for step in said:
        end = step
        while end + 1 < len(signs) and signs[end + 1] == signs[step]:
            end += 1
        places.append(min(1.0, float(((step + end) / 2 + 0.5) / len(signs) * whole / wide)))
    text = "".join(networks.alphabet[signs[step]] for step in said)
    return Reading(text, tuple(places), float(likely[said].mean()))
