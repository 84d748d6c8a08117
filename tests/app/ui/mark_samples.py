"""An answer that points at the drawn dialog of `samples.draw_screenshot`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from app.domain.conversation import Answer, Attachment, Turn
from app.domain.geometry import Place, Rect
from app.domain.screen import WindowRef
from engine.protocol import Box, Mark, Proof
from tests.app.ui import samples

QUESTION = "Where do I change the page margins in this window?"
TEXT = (
    "Type the new values under **Margins** ①, left and right first, then press **OK** ② to apply them to every page "
    "that uses this style. The size of the paper ③ stays as it is; see also ⑨.\n"
)


def box(x: float, y: float, width: float, height: float) -> Box:
    """Pixels of the drawn screenshot as shares of it."""
    return Box(x / 1920, y / 1080, (x + width) / 1920, (y + height) / 1080)


MARGINS, OK, PAPER = box(600, 542, 210, 146), box(1360, 860, 200, 56), box(600, 312, 280, 56)


def mark(number: int, label: str, place: Box, *kinds: str, confirmed: bool = True, note: str = "") -> Mark:
    proofs = tuple(Proof(kind, label, place) for kind in ("model", *kinds))  # type: ignore[arg-type]
    return Mark(number, "a" * 64, label, place, "box", 0.9, confirmed, proofs, note)


def marks() -> tuple[Mark, ...]:
    return (
        mark(1, "Left and right", MARGINS, "ocr", "tree"),
        mark(2, "OK", OK, confirmed=False),
        mark(3, "Paper format", PAPER, "ocr", "tree"),
    )


def picture(path: Path, *, live: bool = True) -> Attachment:
    area = Rect(0, 0, 1920, 1080)
    attachment = samples.attachment(path)
    if not live:
        return attachment
    window = WindowRef(7, 1, "Page Style: Default", area)
    return dataclasses.replace(attachment, place=Place("one", area, 1.0), window=window)


def answer(**values: object) -> Answer:
    return samples.finished(TEXT, **{"image_tokens": 1222, "marks": marks(), **values})


def turn(path: Path, *, live: bool = True, **values: object) -> Turn:
    return samples.turn("t1", QUESTION, answer(**values), picture(path, live=live))
