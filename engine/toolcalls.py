"""Text of a tool call -> name and arguments, typed by the tool's JSON schema.

The family writes calls as XML-like elements, small tiers also as JSON:

    <tool_call>                            <tool_call>                                       ```json
    <function=NAME>                        {"name": "NAME", "arguments": {"KEY": 1}}         {"name": ...
    <parameter=KEY>                        </tool_call>                                      ```
    value, as many lines as it takes
    </parameter>
    </function>
    </tool_call>

Whatever does not read as a call gives none: the caller then shows it as the text it is.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.protocol import JsonValue, Tool

MAX_DEPTH = 64
"""Arguments nested deeper are refused: a run of brackets from a confused model must not exhaust the stack later on."""

_FUNCTION = re.compile(r"\s*(?:<tool_call>\s*)?<function=([^<>\n]+)>")
_FUNCTION_END = re.compile(r"\s*</function>")
# A value whose end tag is missing ends before the line that opens or closes something else, or with the text.
_PARAMETER = re.compile(
    r"\s*<parameter=([^<>\n]+)>\n?(.*?)"
    r"(?:\n?</parameter>|(?=\n[ \t]*<(?:parameter=|function=|/function>|tool_call>))|\n?\Z)",
    re.DOTALL,
)
_JSON_GAP = re.compile(r"\s*(?:<tool_call>\s*)?")
_END_TAGS = ("</parameter>", "</function>", "</tool_call>")


@dataclass(frozen=True, slots=True)
class Called:
    """The model asks for the tool `name`, which may be one that was never offered."""

    name: str
    arguments: Mapping[str, JsonValue]


class ToolCallParser:
    """Reads calls of the offered `tools`."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._schemas = {tool.name: _properties(tool.parameters) for tool in tools}

    def may_be_tagged(self, body: str) -> bool:
        """Whether text after ``<tool_call>`` reads as the beginning of a call, or may with more of it."""
        start = body.lstrip()
        return start.startswith(("<function=", "{")) or "<function=".startswith(start)

    def may_be_fenced(self, body: str) -> bool:
        """The same for text after an opening ```` ```json ````: only a call of an offered tool is one."""
        start = "".join(body.split())
        expected = ['{"arguments":', *(f'{{"name":"{name}","arguments":' for name in self._schemas)]
        return any(text.startswith(start) or start.startswith(text) for text in expected)

    def parse_tagged(self, body: str) -> tuple[Called, ...]:
        """The calls between ``<tool_call>`` and its end tag, or the end of the stream. Empty when any of it is not
        part of a call."""
        if body.lstrip().startswith("{"):
            return self._json_calls(body)
        return self._xml_calls(_without_partial_tag(body))

    def parse_fenced(self, body: str) -> tuple[Called, ...]:
        """The same for the inside of a fence; each call must be one of an offered tool."""
        calls = self._json_calls(body.rstrip().removesuffix("```"))
        return calls if all(call.name in self._schemas for call in calls) else ()

    def _xml_calls(self, body: str) -> tuple[Called, ...]:
        calls, at = [], 0
        while function := _FUNCTION.match(body, at):
            name = function[1].strip().strip("\"'")
            schemas = self._schemas.get(name, {})
            arguments, at = {}, function.end()
            while parameter := _PARAMETER.match(body, at):
                key, at = parameter[1].strip().strip("\"'"), parameter.end()
                arguments[key] = typed(parameter[2], schemas.get(key, {}))
            if end := _FUNCTION_END.match(body, at):
                at = end.end()
            calls.append(Called(name, arguments))
        return () if body[at:].strip() or not all(call.name for call in calls) else tuple(calls)

    def _json_calls(self, body: str) -> tuple[Called, ...]:
        calls, at = [], _after_gap(body, 0)
        try:
            while at < len(body):
                value, end = _raw_json(body, at)
                calls.append(self._json_call(value))
                at = _after_gap(body, end)
        except ValueError:
            return ()
        return tuple(calls)

    def _json_call(self, value: JsonValue) -> Called:
        name = value.get("name") if isinstance(value, dict) else None
        arguments = value.get("arguments", {}) if isinstance(value, dict) else None
        if isinstance(arguments, str):
            arguments = _read_json(arguments)
        if name and isinstance(name, str) and isinstance(arguments, dict):
            schemas = self._schemas.get(name, {})
            return Called(name, {key: _retyped(item, schemas.get(key, {})) for key, item in arguments.items()})
        raise ValueError("not a call")


def typed(text: str, schema: Mapping[str, Any]) -> JsonValue:
    """An argument written as text, in the type its JSON `schema` asks for. The text itself where the schema allows a
    string or names no type, and where the text does not fit: the tool can say better what is wrong with it."""
    types = _types(schema)
    bare = text.strip()
    if bare in ("null", "None") and types and ("null" in types or "string" not in types):
        return None
    if not types or "string" in types:
        return text
    if "boolean" in types and bare.lower() in ("true", "false"):
        return bare.lower() == "true"
    try:
        value = _as_whole(_read_json(text), types)
    except ValueError:
        return text
    return value if _type_names(value) & types else text


def _retyped(value: JsonValue, schema: Mapping[str, Any]) -> JsonValue:
    """An argument from JSON, which has a type already; models also write numbers and lists as strings."""
    return typed(value, schema) if isinstance(value, str) else _as_whole(value, _types(schema))


def _as_whole(value: JsonValue, types: frozenset[str]) -> JsonValue:
    """12.0 is the integer 12 where no other number is allowed."""
    if isinstance(value, float) and value.is_integer() and "integer" in types and "number" not in types:
        return int(value)
    return value


def _properties(parameters: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    properties = parameters.get("properties")
    if not isinstance(properties, Mapping):
        return {}
    return {name: schema for name, schema in properties.items() if isinstance(schema, Mapping)}


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    """The JSON types a schema allows, those of its alternatives included."""
    named = schema.get("type")
    types = {name for name in (named if isinstance(named, list) else [named]) if isinstance(name, str)}
    for key in ("anyOf", "oneOf"):
        alternatives = schema.get(key)
        for alternative in alternatives if isinstance(alternatives, list) else ():
            if isinstance(alternative, Mapping):
                types |= _types(alternative)
    return frozenset(types)


def _type_names(value: JsonValue) -> frozenset[str]:
    match value:
        case bool():
            return frozenset({"boolean"})
        case int():
            return frozenset({"integer", "number"})
        case float():
            return frozenset({"number"})
        case list():
            return frozenset({"array"})
        case dict():
            return frozenset({"object"})
    return frozenset()


def _raw_json(text: str, at: int) -> tuple[JsonValue, int]:
    """The JSON value that begins at `at`, and where it ends. Raises ValueError."""
    try:
        value, end = _decoder().raw_decode(text, at)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    _check_depth(value)
    return value, end


def _read_json(text: str) -> JsonValue:
    """The one JSON value `text` is. Raises ValueError."""
    value, end = _raw_json(text.strip(), 0)
    if end != len(text.strip()):
        raise ValueError("more than one JSON value")
    return value


def _after_gap(text: str, at: int) -> int:
    gap = _JSON_GAP.match(text, at)
    return gap.end() if gap else at


def _decoder() -> json.JSONDecoder:
    """JSON as the standard has it: the wire could not carry NaN or a number beyond a double's range."""
    return json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number} is too large")
    return value


def _check_depth(value: JsonValue, left: int = MAX_DEPTH) -> None:
    if left == 0:
        raise ValueError("nested too deeply")
    inner: Iterable[JsonValue] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        _check_depth(item, left - 1)


def _without_partial_tag(body: str) -> str:
    """Cut off an end tag that the end of the stream has broken: it is no part of the value before it. A lone ``<``
    counts on a line of its own only."""
    for tag in _END_TAGS:
        for size in range(len(tag) - 1, 0, -1):
            if body.endswith(tag[:size]) and (size > 1 or body.endswith("\n<")):
                return body[:-size]
    return body
