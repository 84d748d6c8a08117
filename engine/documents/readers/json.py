"""JSON and JSON lines: indented text in pieces, each under the path to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.documents.document import Document, Span
from engine.documents.job import Job
from engine.documents.readers.text import code_document, read_text
from engine.documents.text.flow import flow, title_of

_PIECE = 800
"""Characters of a piece that stays in one."""
_LINE = 120
"""Characters of an object or a list that is written in one line."""
_MOST = 30_000_000
"""Characters; what is longer is not parsed, which would take ten times the memory, but read as it stands."""
_DEEPEST = 100
_PLAIN_NAME = re.compile(r"[^\W\d]\w*\Z")


def read(path: Path, name: str, job: Job) -> Document:
    """A document of kind ``json``; what is not valid JSON is read as it stands, with a note."""
    text, notes = read_text(path, job)
    if len(text) > _MOST:
        return code_document(text, name, notes, job, "json")
    try:
        spans = list(_spans(json.loads(text), ""))
    except (ValueError, RecursionError) as error:
        lines = _json_lines(text, job)
        if lines is None:
            reason = f", as line {error.lineno} shows" if isinstance(error, json.JSONDecodeError) else ""
            notes = (*notes, f"It is not valid JSON{reason}, so it was read as it stands.")
            return code_document(text, name, notes, job, "json")
        spans = lines
    flowed = flow(spans, job)
    return Document("json", title_of((), name), "part", flowed.pages, notes=(*notes, *flowed.notes))


def _json_lines(text: str, job: Job) -> list[Span] | None:
    """A value a line; None where the first two lines that say anything, or a later one, are not."""
    spans: list[Span] = []
    count = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if number % 1_000 == 0:
            job.checkpoint()
        if not line.strip():
            continue
        try:
            spans += _spans(json.loads(line), f"line {number}")
        except (ValueError, RecursionError):
            if count < 2:
                return None
            spans.append(Span(line, "code"))
        count += 1
    return spans if count > 1 else None


def _spans(value: Any, path: str, depth: int = 0) -> Iterator[Span]:
    children = _children(value, path) if depth < _DEEPEST else []
    if not children or len(_compact(value)) <= _PIECE:
        yield _span(path, json.dumps(value, ensure_ascii=False, indent=2))
        return
    lines: list[str] = []
    length = 0
    for child_path, child in children:
        # Measured without line ends, which C does: indenting all of a large value at each of its levels takes minutes.
        text = _compact(child)
        if len(text) > _LINE and isinstance(child, dict | list):
            yield from _together(lines)
            lines, length = [], 0
            yield from _spans(child, child_path, depth + 1)
            continue
        if lines and length + len(text) > _PIECE:
            yield from _together(lines)
            lines, length = [], 0
        lines.append(f"{child_path}: {text}")
        length += len(lines[-1])
    yield from _together(lines)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _together(lines: list[str]) -> Iterator[Span]:
    if lines:
        yield Span("\n".join(lines), "code")


def _span(path: str, text: str) -> Span:
    return Span(f"{path}: {text}" if path else text, "code")


def _children(value: Any, path: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(_member(path, key), child) for key, child in value.items()]
    if isinstance(value, list):
        return [(f"{path}[{index}]", child) for index, child in enumerate(value)]
    return []


def _member(path: str, key: str) -> str:
    if not _PLAIN_NAME.match(key):
        return f"{path}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{path}.{key}" if path else key
