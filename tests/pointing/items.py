"""What the set is made of, and how it lies on disk: one JSON line an item or a picture, beside the PNG files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from engine.protocol import Box, Element

Split = Literal["train", "dev", "held"]
Wording = Literal["direct", "role", "functional", "relational", "position", "question", "absent"]
Platform = Literal["qt", "html"]
SPLITS: tuple[Split, ...] = ("train", "dev", "held")
WORDINGS: tuple[Wording, ...] = ("direct", "role", "functional", "relational", "position", "question", "absent")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture of the set. `picture` is the file's name in the folder of its split; `origin` is where its top left
    corner lies on the desktop, in physical pixels; `elements` are what the program tells of itself, () for nothing."""

    id: str
    picture: str
    width: int
    height: int
    origin: tuple[int, int]
    scale: float
    style: str
    platform: Platform
    language: str
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A question about a picture. The first mark is right where its middle lies in one of `truth`, boxes in shares of
    the picture; for an absent thing `truth` is () and no mark, or none to be sure of, is right."""

    id: str
    sheet: str
    query: str
    wording: Wording
    truth: tuple[Box, ...]
    role: str = ""
    language: str = "en"


def write_set(folder: Path, sheets: Iterable[Sheet], items: Iterable[Item]) -> None:
    _write(folder / "sheets.jsonl", sheets)
    _write(folder / "items.jsonl", items)


def read_set(folder: Path) -> tuple[dict[str, Sheet], list[Item]]:
    """The pictures by id, and the items in their order. Raises FileNotFoundError where nothing was generated."""
    sheets = {row["id"]: _sheet(row) for row in _rows(folder / "sheets.jsonl")}
    items = [
        Item(**{**row, "truth": tuple(Box(**box) for box in row["truth"])}) for row in _rows(folder / "items.jsonl")
    ]
    return sheets, items


def _sheet(row: dict) -> Sheet:
    elements = tuple(
        Element(**{**element, "box": Box(**element["box"]), "states": tuple(element["states"])})
        for element in row["elements"]
    )
    return Sheet(**{**row, "origin": tuple(row["origin"]), "elements": elements})


def _rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _write(path: Path, values: Iterable[Sheet] | Iterable[Item]) -> None:
    path.write_text("".join(json.dumps(asdict(value), ensure_ascii=False) + "\n" for value in values), "utf-8")
