"""Frozen dataclasses to JSON values and back, each field checked against its annotation. Standard library only."""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal


def to_json(value: Any) -> Any:
    """`value` as JSON has it: dataclasses are objects, with their ``kind`` where they have one, tuples are lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
        kind = getattr(value, "kind", None)
        return fields if kind is None else {"kind": kind, **fields}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    return value


def from_json(cls: type, document: Mapping[str, Any], where: str) -> Any:
    """The dataclass `cls` that `document` describes. Unknown keys are ignored, so that a field may be added later.

    Raises:
        ValueError: a field is missing or does not fit; it names the field, beginning with `where`.
    """
    values = {}
    for name, expected in _field_types(cls).items():
        if name in document:
            values[name] = _read(expected, document[name], f"{where}.{name}")
    try:
        return cls(**values)
    except TypeError as error:
        raise ValueError(f"{where}: {error}") from error


@cache
def _field_types(cls: type) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def _read(expected: Any, value: Any, where: str) -> Any:
    """Check `value` against the annotation `expected` and build the dataclasses inside it."""
    origin, arguments = typing.get_origin(expected), typing.get_args(expected)
    if origin is Literal:
        if value in arguments and isinstance(value, str):
            return value
    elif origin in (typing.Union, types.UnionType):
        return _read_union(arguments, value, where)
    elif origin is tuple:
        if isinstance(value, list):
            return tuple(_read(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    elif origin is Mapping:
        if isinstance(value, dict):
            return value
    elif dataclasses.is_dataclass(expected) and isinstance(expected, type):
        if isinstance(value, dict):
            return from_json(expected, value, where)
    elif expected is float:
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max:
            return float(value)
    elif expected is int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    elif isinstance(expected, type) and isinstance(value, expected):
        return value
    raise ValueError(f"{where}: {str(value)[:80]!r} does not fit")


def _read_union(members: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in members:
        return None
    kind = value.get("kind") if isinstance(value, dict) else None
    for member in members:
        if member is type(None):
            continue
        if kind is None or getattr(member, "kind", None) == kind:
            return _read(member, value, where)
    raise ValueError(f"{where}: {str(value)[:80]!r} does not fit")
