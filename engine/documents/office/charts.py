"""The numbers behind a chart in an Office file, as the table that it was drawn from."""

from __future__ import annotations

from typing import Any

from engine.documents.document import Table
from engine.documents.office.ooxml import attribute, child, local, number
from engine.protocol import Box

_MOST_POINTS = 10_000


def chart_table(root: Any, box: Box | None = None) -> Table | None:
    """Categories down, series across; None for a chart that holds no numbers."""
    series = [element for element in root.iter() if local(element) == "ser"]
    names, columns, categories = [], [], dict[int, str]()
    for count, element in enumerate(series, start=1):
        names.append(next(iter(_points(child(element, "tx")).values()), f"Series {count}"))
        for kind in ("cat", "xVal"):
            categories |= _points(child(element, kind))
        columns.append(_points(child(element, "val")) or _points(child(element, "yVal")))
    indices = sorted(set(categories).union(*columns))[:_MOST_POINTS]
    if not indices:
        return None
    head = ("", *names)
    body = tuple((categories.get(index, ""), *(column.get(index, "") for column in columns)) for index in indices)
    return Table((head, *body), box, caption=_title(root))


def _points(element: Any) -> dict[int, str]:
    """The cached values below `element`, by index."""
    if element is None:
        return {}
    found = {}
    for point in element.iter():
        if local(point) == "pt":
            value = child(point, "v")
            if value is not None and value.text:
                found[number(attribute(point, "idx"))] = _short(value.text)
    return found


def _short(text: str) -> str:
    """4.3 where the file says 4.2999999999999998."""
    try:
        return f"{float(text):.12g}"
    except ValueError:
        return text.strip()


def _title(root: Any) -> str:
    title = child(root, "chart", "title")
    if title is None:
        return "Chart"
    text = " ".join("".join(element.text or "" for element in title.iter() if local(element) == "t").split())
    return f"Chart: {text}" if text else "Chart"
