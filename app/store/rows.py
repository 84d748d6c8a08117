"""Rows of the database <-> values of the domain."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable
from typing import Any

from app.domain.conversation import Answer, Attachment, CloserLook
from app.domain.geometry import Place, Rect
from app.store.content import ContentFiles
from app.store.evidence import citation_of, searched_of, source_of
from app.store.pointing import element_of, mark_of
from engine.protocol import Offer

ANSWER_COLUMNS = tuple(field.name for field in dataclasses.fields(Answer))
"""The columns of `turn` that hold its answer bear the names of the value's fields."""
ATTACHMENT_COLUMNS = ("sha256", "media_type", "width", "height", "source", "title", "place", "elements")

_EVIDENCE: dict[str, Callable[[dict[str, Any]], object]] = {
    "citations": citation_of,
    "sources": source_of,
    "searches": searched_of,
    "marks": mark_of,
}


def answer_row(answer: Answer) -> tuple[Any, ...]:
    """The values of `ANSWER_COLUMNS`."""
    values = {name: getattr(answer, name) for name in ANSWER_COLUMNS}
    for name in ("text", "reasoning", "error", "model"):
        values[name] = storable(values[name])
    values["notices"] = _to_json(answer.notices)
    values["offers"] = _to_json([dataclasses.asdict(offer) for offer in answer.offers])
    values["looks"] = _to_json([_look_document(look) for look in answer.looks])
    for name in _EVIDENCE:
        values[name] = _to_json([dataclasses.asdict(each) for each in values[name]])
    return tuple(values.values())


def answer_of(row: Iterable[Any], files: ContentFiles) -> Answer:
    """From the values of `ANSWER_COLUMNS`."""
    values = dict(zip(ANSWER_COLUMNS, row, strict=True))
    values["notices"] = tuple(json.loads(values["notices"]))
    values["offers"] = tuple(Offer(**offer) for offer in json.loads(values["offers"]))
    values["looks"] = tuple(_look_of(look, files) for look in json.loads(values["looks"]))
    for name, made_of in _EVIDENCE.items():
        values[name] = tuple(made_of(each) for each in json.loads(values[name]))
    return Answer(**values)


def attachment_row(attachment: Attachment) -> tuple[Any, ...]:
    """The values of `ATTACHMENT_COLUMNS`. The path is not among them: the content's name says where it lies."""
    place = None if attachment.place is None else _to_json(dataclasses.asdict(attachment.place))
    return (
        attachment.id,
        attachment.media_type,
        attachment.width,
        attachment.height,
        attachment.source,
        storable(attachment.title),
        place,
        _to_json([dataclasses.asdict(element) for element in attachment.elements]),
    )


def attachment_of(row: Iterable[Any], files: ContentFiles) -> Attachment:
    """From the values of `ATTACHMENT_COLUMNS`."""
    digest, media_type, width, height, source, title, place, elements = row
    return Attachment(
        digest,
        files.path_of(digest, media_type),
        media_type,
        width,
        height,
        source,
        title,
        _place_of(place),
        tuple(element_of(each) for each in json.loads(elements)),
    )


def storable(text: str) -> str:
    """`text` as UTF-8 can hold it. A file name or window title that is not UTF-8 comes with lone surrogates, and those
    become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _look_document(look: CloserLook) -> dict[str, Any]:
    """The picture goes with it, because it may be one of an earlier turn."""
    picture = dict(zip(ATTACHMENT_COLUMNS, attachment_row(dataclasses.replace(look.picture, elements=())), strict=True))
    return {"picture": picture, "area": dataclasses.asdict(look.area), "label": look.label, "at": look.at}


def _look_of(document: dict[str, Any], files: ContentFiles) -> CloserLook:
    # Looks that were kept before pictures had elements do not name them.
    kept = {"elements": "[]", **document["picture"]}
    picture = attachment_of((kept[column] for column in ATTACHMENT_COLUMNS), files)
    return CloserLook(picture, Rect(**document["area"]), document["label"], document["at"])


def _place_of(text: str | None) -> Place | None:
    if text is None:
        return None
    place = json.loads(text)
    return Place(place["screen"], Rect(**place["area"]), place["scale"])


def _to_json(value: object) -> str:
    return storable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
