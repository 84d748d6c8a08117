"""Every message survives the wire, and nothing that comes over it raises anything but `ProtocolError`."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import protocol
from engine.protocol import ProtocolError

COMMANDS = typing.get_args(protocol.Command)
EVENTS = typing.get_args(protocol.Event)
LETTERS = st.characters(exclude_categories=["Cs"])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | st.text(LETTERS, max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(LETTERS, max_size=5), inner, max_size=3),
    max_leaves=5,
)

# A busy machine is no failure.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
Decode = Callable[[bytes], object]


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Values that fit a field's annotation: a new message or field is covered without a word here."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([values_of(argument) for argument in arguments])
    if origin is tuple:
        return st.lists(values_of(arguments[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(st.text(LETTERS, max_size=5), JSON, max_size=3)
    if dataclasses.is_dataclass(annotation):
        hints = typing.get_type_hints(annotation)
        fields = {field.name: values_of(hints[field.name]) for field in dataclasses.fields(annotation)}
        return st.builds(annotation, **fields)  # type: ignore[arg-type]
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(LETTERS, max_size=20),
        int: st.integers(),
        float: NUMBERS,
        bool: st.booleans(),
        type(None): st.none(),
    }
    return plain[annotation]


def decoder_of(kind: type) -> Decode:
    return protocol.decode_command if kind in COMMANDS else protocol.decode_event


def line(**document: Any) -> bytes:
    return json.dumps({"v": protocol.VERSION, **document}).encode()


def generate(**changes: Any) -> bytes:
    message = {"role": "user", "parts": [{"kind": "text", "text": "hi"}]}
    return line(**{"kind": "generate", "request_id": "r", "messages": [message], **changes})


@pytest.mark.parametrize("kind", [*COMMANDS, *EVENTS], ids=lambda kind: str(kind.kind))
def test_every_message_survives_the_wire_on_one_line(kind: type) -> None:
    @settings(unhurried, max_examples=25)
    @given(values_of(kind))
    def check(message: Any) -> None:
        data = protocol.encode(message)
        assert data.count(b"\n") == 1
        assert data.endswith(b"\n")
        assert decoder_of(kind)(data) == message

    check()


def test_kinds_are_unique() -> None:
    kinds = [kind.kind for kind in (*COMMANDS, *EVENTS)]
    assert len(set(kinds)) == len(kinds)


@unhurried
@given(st.binary() | st.text().map(str.encode) | JSON.map(lambda value: json.dumps(value).encode()))
def test_garbage_is_a_protocol_error(data: bytes) -> None:
    for decode in (protocol.decode_command, protocol.decode_event):
        with pytest.raises(ProtocolError):
            decode(data)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside a JSON document."""
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [path, *(place for key, item in inner for place in paths(item, (*path, key)))]


@unhurried
@given(values_of(protocol.Generate) | values_of(protocol.Failed) | values_of(protocol.Finished), st.data())
def test_a_wrong_value_anywhere_is_read_or_refused_but_never_breaks(message: Any, data: st.DataObject) -> None:
    document = json.loads(protocol.encode(message))
    path = data.draw(st.sampled_from(paths(document)[1:]))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = data.draw(JSON)
    with contextlib.suppress(ProtocolError):
        decoder_of(type(message))(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "JSON"),
        (b"\xff\xfe\xfd", "JSON"),
        (b'{"v":1,"kind":"cancel"', "JSON"),
        (b"[" * 200_000, "JSON"),
        (b"[1]", "object"),
        (b'{"kind":"cancel","request_id":"r"}', "version None"),
        (b'{"v":2,"kind":"cancel","request_id":"r"}', "version 2"),
        (line(kind="fly"), "kind 'fly'"),
        (line(kind=["cancel"]), "kind"),
        (line(kind="cancel"), "request_id"),
        (line(kind="cancel", request_id=None), "Cancel.request_id"),
        (line(kind="cancel", request_id=7), "Cancel.request_id"),
        (line(kind="ready"), "kind 'ready'"),
        (generate(messages={}), "Generate.messages"),
        (generate(messages=[{"role": "system", "parts": []}]), r"Generate.messages\[0\].role"),
        (generate(messages=[{"role": "user", "parts": [{"kind": "film"}]}]), r"parts\[0\]"),
        (generate(stop="abc"), "Generate.stop"),
        (generate(max_tokens=True), "Generate.max_tokens"),
        (generate(max_tokens=1.5), "Generate.max_tokens"),
        (generate(raw=1), "Generate.raw"),
        (generate(image_budget="huge"), "Generate.image_budget"),
        (generate(thinking={"enabled": "yes"}), "Generate.thinking.enabled"),
        (generate(sampling={"temperature": "warm"}), "Generate.sampling.temperature"),
        (generate(tools=[{"name": "a", "description": "", "parameters": []}]), r"Generate.tools\[0\].parameters"),
    ],
)
def test_what_is_wrong_is_named(data: bytes, says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        protocol.decode_command(data)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400])
def test_a_number_that_no_setting_can_have_is_refused(number: str) -> None:
    data = generate(sampling={"temperature": 0.5}).replace(b"0.5", number.encode())
    with pytest.raises(ProtocolError):
        protocol.decode_command(data)


def test_a_deeply_nested_value_in_the_wrong_place_is_refused() -> None:
    for depth in (100, 300, 900):
        data = generate(stop=0).replace(b'"stop": 0', b'"stop": [' + b"[" * depth + b"]" * depth + b"]")
        with pytest.raises(ProtocolError):
            protocol.decode_command(data)


def test_a_line_that_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(ProtocolError, match="longer"):
        protocol.decode_command(b"x" * (protocol.MAX_LINE_BYTES + 1))


def test_a_key_of_a_later_version_is_ignored() -> None:
    assert protocol.decode_command(line(kind="cancel", request_id="r", urgent=True)) == protocol.Cancel("r")


def test_whole_numbers_fit_where_a_fraction_may_stand() -> None:
    command = protocol.decode_command(generate(sampling={"temperature": 1}))
    assert isinstance(command, protocol.Generate)
    assert isinstance(command.sampling.temperature, float)


def test_half_a_character_from_the_clipboard_does_not_break_the_line() -> None:
    data = protocol.encode(protocol.Cancel("a\ud83d"))
    assert protocol.decode_command(data) == protocol.Cancel("a?")


def test_request_of_an_event() -> None:
    assert protocol.request_id_of(protocol.TextDelta("r", "answer", "hi")) == "r"
    assert protocol.request_id_of(protocol.Hello("model", 7)) is None


def test_what_json_does_not_have_is_refused_before_it_is_sent() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (float("nan"), float("inf"), {"a": [float("-inf")]}, deep):
        with pytest.raises(ProtocolError, match="tool_call"):
            protocol.encode(protocol.ToolCall("r", "c", "zoom", {"factor": value}))
