"""What an answer says of documents <-> JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.documents import Citation
from engine.protocol import Box, PassageFound, Searched, SourceRead


def citation_of(value: Mapping[str, Any]) -> Citation:
    """The inverse of `dataclasses.asdict`."""
    return Citation(**{**value, "passage": _passage_of(value["passage"]), "boxes": _boxes_of(value["boxes"])})


def source_of(value: Mapping[str, Any]) -> SourceRead:
    """The inverse of `dataclasses.asdict`."""
    lists = {name: tuple(value.get(name, ())) for name in ("passages", "pages", "marks")}
    return SourceRead(**{**value, **lists})


def searched_of(value: Mapping[str, Any]) -> Searched:
    """The inverse of `dataclasses.asdict`."""
    return Searched(**{**value, "found": tuple(_passage_of(each) for each in value["found"])})


def _passage_of(value: Mapping[str, Any]) -> PassageFound:
    return PassageFound(**{**value, "boxes": _boxes_of(value["boxes"])})


def _boxes_of(values: list[dict[str, float]]) -> tuple[Box, ...]:
    return tuple(Box(**value) for value in values)
