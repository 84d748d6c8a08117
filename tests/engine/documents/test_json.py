"""JSON is read in pieces that say where they are; what is not JSON is read as it stands."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.documents.document import Document
from engine.documents.job import Job
from engine.documents.readers.json import _spans, read


def _read(tmp_path: Path, text: str) -> Document:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    return read(path, "a.json", Job())


def _text(document: Document) -> str:
    return "\n".join(page.text for page in document.pages)


def test_small_values_stand_as_they_are(tmp_path: Path) -> None:
    document = _read(tmp_path, '{"größe": [1, 2], "b": null}')
    assert document.kind == "json"
    assert _text(document) == '{\n  "größe": [\n    1,\n    2\n  ],\n  "b": null\n}'


def test_pieces_of_a_large_one_say_their_path(tmp_path: Path) -> None:
    users = [{"name": f"user {number}", "tags": ["x"] * 30, "e mail": "a@b"} for number in range(100)]
    points = [{"x": number} for number in range(100)]
    text = _text(_read(tmp_path, json.dumps({"version": 3, "data": {"users": users, "points": points}})))
    assert "version: 3" in text
    assert 'data.points[7]: {"x": 7}\ndata.points[8]' in text
    assert 'data.users[42]: {\n  "name": "user 42"' in text


def test_lines_of_json_are_numbered(tmp_path: Path) -> None:
    text = _text(_read(tmp_path, '{"a": 1}\n\n{"a": 2}\nbroken {\n'))
    assert 'line 1: {\n  "a": 1\n}' in text
    assert 'line 3: {\n  "a": 2\n}' in text
    assert "broken {" in text


def test_what_is_not_json_is_read_as_it_stands(tmp_path: Path) -> None:
    document = _read(tmp_path, '{\n  // a comment\n  "a": 1,\n}')
    assert _text(document) == '{\n  // a comment\n  "a": 1,\n}'
    assert document.notes == ("It is not valid JSON, as line 2 shows, so it was read as it stands.",)


def test_the_deepest_nesting_is_read(tmp_path: Path) -> None:
    assert "7" in _text(_read(tmp_path, "[" * 100_000 + "7" + "]" * 100_000))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=300),
        lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=20), inner, max_size=8),
        max_leaves=30,
    )
)
def test_every_value_is_in_a_piece(value: object) -> None:
    text = "\n".join(span.text for span in _spans(value, ""))

    def leaves(one: object) -> list[object]:
        if isinstance(one, dict):
            return [leaf for inner in one.values() for leaf in leaves(inner)]
        return [leaf for inner in one for leaf in leaves(inner)] if isinstance(one, list) else [one]

    assert all(json.dumps(leaf, ensure_ascii=False) in text for leaf in leaves(value))
