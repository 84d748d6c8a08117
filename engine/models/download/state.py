"""``download.json``: what a download was asked for, and which files its parts belong to.

It counts no bytes: how many are here, the files themselves say. So it can never claim more than there is.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast, get_args

from engine.models.download.part import part_of
from engine.models.manifest import FileFact, is_inside
from engine.protocol import SourceName

STATE_FILE = "download.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class State:
    """`name`, `source`, `revision` and `endpoint` are what `Pull` was given, `wanted` whether it is to go on by itself.
    `total` is in bytes, an estimate while there are no `files`; `origin` is where those were listed."""

    name: str
    title: str
    total: int
    source: SourceName | None = None
    revision: str = ""
    endpoint: str = ""
    wanted: bool = True
    origin: SourceName | None = None
    files: tuple[FileFact, ...] = ()


def read_state(folder: Path) -> State | None:
    """What is known of the download in `folder`; None where that is nothing, or can not be read."""
    try:
        document = json.loads((folder / STATE_FILE).read_bytes())
        return _state(document) if document.get("format") == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # Nothing is lost with it: parts are checked against the published hashes once they are whole.
        return None


def write_state(folder: Path, state: State) -> None:
    """Write it whole or not at all. Raises `OSError`."""
    path = folder / STATE_FILE
    draft = path.with_name(f".{STATE_FILE}.partial")
    with draft.open("w", encoding="utf-8") as file:
        json.dump({"format": FORMAT, **asdict(state)}, file, indent=1, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def bytes_here(folder: Path, files: tuple[FileFact, ...]) -> int:
    """How much of `files` is in `folder`."""
    return sum(_size_here(folder / fact.path, fact.size) for fact in files)


def settle(folder: Path, before: tuple[FileFact, ...], now: tuple[FileFact, ...]) -> None:
    """Make `folder` fit for fetching `now` where `before` was fetched: files that are others now begin anew, those that
    nobody can vouch for are checked again. Raises `OSError`."""
    known = {fact.path: fact for fact in before}
    for fact in differing(before, now):
        (folder / fact.path).unlink(missing_ok=True)
        part_of(folder / fact.path).unlink(missing_ok=True)
    for fact in now:
        path = folder / fact.path
        vouched = fact.path in known and _are_same(known[fact.path], fact)
        if path.is_file() and not (vouched and path.stat().st_size == fact.size):
            path.replace(part_of(path))


def hold_same(here: tuple[FileFact, ...], published: tuple[FileFact, ...]) -> bool:
    """Whether all of `published` is in `here`, with the same contents as far as the hashes tell."""
    known = {fact.path: fact for fact in here}
    return all(fact.path in known and _are_same(known[fact.path], fact) is not False for fact in published)


def differing(before: tuple[FileFact, ...], now: tuple[FileFact, ...]) -> tuple[FileFact, ...]:
    """Those of `before` that are no more, or are others now."""
    facts = {fact.path: fact for fact in now}
    return tuple(fact for fact in before if fact.path not in facts or _are_same(fact, facts[fact.path]) is False)


def _are_same(one: FileFact, other: FileFact) -> bool | None:
    """Whether two facts are of the same bytes; None where their hashes are of different kinds."""
    if one.size != other.size:
        return False
    pairs = ((one.sha256, other.sha256), (one.git_sha1, other.git_sha1))
    shared = [left == right for left, right in pairs if left and right]
    return all(shared) if shared else None


def _size_here(path: Path, size: int) -> int:
    for candidate in (path, part_of(path)):
        try:
            return min(candidate.stat().st_size, size)
        except OSError:
            continue
    return 0


def _state(document: dict[str, Any]) -> State:
    files = tuple(FileFact(row["path"], row["size"], row["sha256"], row["git_sha1"]) for row in document["files"])
    if not all(is_inside(fact.path) and isinstance(fact.size, int) for fact in files):
        raise ValueError("files")
    texts = (document["name"], document["title"], document["revision"], document["endpoint"])
    if not all(isinstance(text, str) for text in texts) or not isinstance(document["total"], int):
        raise TypeError("state")
    return State(
        name=document["name"],
        title=document["title"],
        total=document["total"],
        source=_source(document["source"]),
        revision=document["revision"],
        endpoint=document["endpoint"],
        wanted=document["wanted"] is True,
        origin=_source(document["origin"]),
        files=files,
    )


def _source(value: Any) -> SourceName | None:
    if value not in (None, *get_args(SourceName)):
        raise ValueError("source")
    return cast("SourceName | None", value)
