"""Pages and boxes as bytes, a few percent of what they take as objects."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from engine.documents.document import Span, Table, Word
from engine.protocol import Box

STEPS = 65_535
"""To which part of the page a place is kept: a hundredth of a point."""
LEVEL = 1


def pack_boxes(boxes: Iterable[Box]) -> bytes:
    """Eight bytes a box, before they are compressed."""
    edges = np.array([(box.x0, box.y0, box.x1, box.y1) for box in boxes])
    if not edges.size:
        return b""
    places = np.rint(np.clip(np.nan_to_num(edges), 0, 1) * STEPS).astype("<u2")
    return zlib.compress(places.tobytes(), LEVEL)


def unpack_boxes(data: bytes) -> tuple[Box, ...]:
    """The inverse of `pack_boxes`. Raises `zlib.error` or ValueError on other bytes."""
    if not data:
        return ()
    places = np.frombuffer(zlib.decompress(data), "<u2").reshape(-1, 4) / STEPS
    return tuple(Box(*edges) for edges in places.tolist())


def pack_spans(spans: Sequence[Span]) -> tuple[bytes, bytes]:
    """What the spans say, and where."""
    said = [[span.text, span.kind, span.level, bool(span.box), [word.text for word in span.words]] for span in spans]
    boxes = (box for span in spans for box in ([span.box] if span.box else []) + [word.box for word in span.words])
    return _pack(said), pack_boxes(boxes)


def unpack_spans(said: bytes, where: bytes) -> tuple[Span, ...]:
    """The inverse of `pack_spans`. Raises `zlib.error` or ValueError on other bytes."""
    boxes = iter(unpack_boxes(where))
    return tuple(
        Span(text, kind, level, next(boxes) if placed else None, tuple(Word(word, next(boxes)) for word in said_words))
        for text, kind, level, placed, said_words in _unpack(said)
    )


def pack_tables(tables: Sequence[Table]) -> bytes:
    """Cells, places and captions."""
    if not tables:
        return b""
    return _pack(
        [
            [
                table.rows,
                [table.box.x0, table.box.y0, table.box.x1, table.box.y1] if table.box else None,
                table.caption,
                table.formulas,
            ]
            for table in tables
        ]
    )


def unpack_tables(data: bytes) -> tuple[Table, ...]:
    """The inverse of `pack_tables`. Raises `zlib.error` or ValueError on other bytes."""
    if not data:
        return ()
    return tuple(
        Table(tuple(map(tuple, rows)), Box(*box) if box else None, caption, tuple(map(tuple, formulas)))
        for rows, box, caption, formulas in _unpack(data)
    )


def _pack(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode("utf-8", "surrogatepass"), LEVEL)


def _unpack(data: bytes) -> Any:
    return json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))
