"""Where boxes are to each other. All are shares of one picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.protocol import Box

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def area(box: Box) -> float:
    """Its area, 0 where it has no extent."""
    return max(0.0, box.x1 - box.x0) * max(0.0, box.y1 - box.y0)


def centre(box: Box) -> tuple[float, float]:
    """Its middle."""
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def height(box: Box) -> float:
    """From its top to its bottom."""
    return box.y1 - box.y0


def shared(one: Box, other: Box) -> float:
    """The area that both cover."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    return max(0.0, width) * max(0.0, min(one.y1, other.y1) - max(one.y0, other.y0))


def share_within(inner: Box, outer: Box) -> float:
    """How much of `inner` lies in `outer`, 0 to 1."""
    whole = area(inner)
    return shared(inner, outer) / whole if whole else float(holds(outer, *centre(inner)))


def alike(one: Box, other: Box) -> float:
    """Intersection over union."""
    both = shared(one, other)
    return both / (area(one) + area(other) - both) if both else 0.0


def holds(box: Box, x: float, y: float) -> bool:
    """Whether the point is in it."""
    return box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1


def grown(box: Box, across: float, down: float) -> Box:
    """With a margin on all sides."""
    return Box(box.x0 - across, box.y0 - down, box.x1 + across, box.y1 + down)


def clipped(box: Box) -> Box:
    """What of it lies on the picture."""
    return Box(*(min(1.0, max(0.0, edge)) for edge in (box.x0, box.y0, box.x1, box.y1)))


def around(boxes: Iterable[Box]) -> Box:
    """The smallest one that holds all of them. Raises `ValueError` where there is none."""
    listed = list(boxes)
    return Box(
        min(box.x0 for box in listed),
        min(box.y0 for box in listed),
        max(box.x1 for box in listed),
        max(box.y1 for box in listed),
    )


def across_shared(one: Box, other: Box) -> float:
    """How much of the narrower one's width both have in common, 0 to 1."""
    least = min(one.x1 - one.x0, other.x1 - other.x0)
    return max(0.0, min(one.x1, other.x1) - max(one.x0, other.x0)) / least if least > 0 else 0.0


def down_shared(one: Box, other: Box) -> float:
    """How much of the lower one's height both have in common, 0 to 1."""
    least = min(height(one), height(other))
    return max(0.0, min(one.y1, other.y1) - max(one.y0, other.y0)) / least if least > 0 else 0.0


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """Their places in the sequence, row by row and from left to right."""
    by_top = sorted(range(len(boxes)), key=lambda index: centre(boxes[index])[1])
    rows: list[list[int]] = []
    for index in by_top:
        if rows and down_shared(boxes[rows[-1][0]], boxes[index]) > 0.5:
            rows[-1].append(index)
        else:
            rows.append([index])
    return [index for row in rows for index in sorted(row, key=lambda index: boxes[index].x0)]


def place_in_words(box: Box) -> str:
    """``top left``, ``middle`` and so on: which ninth of the picture its middle is in."""
    x, y = centre(box)
    row = "top" if y < 1 / 3 else "bottom" if y > 2 / 3 else ""
    column = "left" if x < 1 / 3 else "right" if x > 2 / 3 else ""
    return f"{row} {column}".strip() or "middle"
