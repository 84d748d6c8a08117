"""What the model writes as a tool call arrives at the tool with the right types, and what is no call gives none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.protocol import JsonValue, Tool
from engine.toolcalls import Called, ToolCallParser, typed

CLICK = Tool(
    "click",
    "Marks a place.",
    {
        "type": "object",
        "properties": {
            "x": {"type": "integer"},
            "y": {"type": "number"},
            "label": {"type": "string"},
            "twice": {"type": "boolean"},
            "path": {"type": "array"},
        },
    },
)
PARSER = ToolCallParser([CLICK])


def xml(name: str, **arguments: str) -> str:
    """A call as the chat template writes it."""
    values = "".join(f"<parameter={key}>\n{value}\n</parameter>\n" for key, value in arguments.items())
    return f"\n<function={name}>\n{values}</function>\n"


def test_the_family_s_own_form() -> None:
    body = xml("click", x="12.0", y="0.5", label="OK\n\n  Cancel", twice="True", path="[1, 2]")
    expected = {"x": 12, "y": 0.5, "label": "OK\n\n  Cancel", "twice": True, "path": [1, 2]}
    assert PARSER.parse_tagged(body) == (Called("click", expected),)


def test_json_in_the_tags() -> None:
    body = '\n{"name": "click", "arguments": {"x": 3.0, "y": "1.5", "label": "12", "path": "[3]"}}\n'
    assert PARSER.parse_tagged(body) == (Called("click", {"x": 3, "y": 1.5, "label": "12", "path": [3]}),)
    as_text = json.dumps({"name": "click", "arguments": json.dumps({"x": 3})})
    assert PARSER.parse_tagged(as_text) == (Called("click", {"x": 3}),)


def test_an_unknown_tool_is_still_reported() -> None:
    assert PARSER.parse_tagged(xml("zoom", x="3")) == (Called("zoom", {"x": "3"}),)
    assert PARSER.parse_tagged('{"name": "zoom"}') == (Called("zoom", {}),)


@pytest.mark.parametrize(
    "body",
    [
        "<function=click>\n<parameter=x>\n7\n</parameter>\n",
        "<function=click>\n<parameter=x>\n7\n</function>\n",
        "<function=click>\n<parameter=x>\n7\n",
        "<function=click>\n<parameter=x>\n7",
        "<function=click>\n<parameter=x>\n7\n</param",
        "<function=click>\n<parameter=x>\n7\n</parameter>\n</func",
        "  <function=click ><parameter= x >7</parameter></function>",
        '<function="click">\n<parameter="x">7</parameter>',
    ],
)
def test_missing_end_tags_and_odd_white_space(body: str) -> None:
    assert PARSER.parse_tagged(body) == (Called("click", {"x": 7}),)


def test_a_missing_parameter_end_does_not_swallow_the_next() -> None:
    body = "<function=click>\n<parameter=label>\nOK\n<parameter=x>\n7\n</parameter>\n</function>"
    assert PARSER.parse_tagged(body) == (Called("click", {"label": "OK", "x": 7}),)


def test_markup_inside_a_line_of_a_value_is_kept() -> None:
    label = 'say "<parameter=x>" or </function> here'
    assert PARSER.parse_tagged(xml("click", label=label)) == (Called("click", {"label": label}),)


def test_several_calls_in_one_element() -> None:
    two = (Called("click", {"x": 1}), Called("click", {"x": 2}))
    assert PARSER.parse_tagged(xml("click", x="1") + xml("click", x="2")) == two
    assert PARSER.parse_tagged(xml("click", x="1") + "<tool_call>" + xml("click", x="2")) == two
    as_json = [json.dumps({"name": "click", "arguments": {"x": x}}) for x in (1, 2)]
    assert PARSER.parse_tagged("\n".join(as_json)) == two


@pytest.mark.parametrize(
    "body",
    [
        "",
        "click(3)",
        "<function=>\n</function>",
        "<function=click>\nof course\n</function>",
        "<function=click>\n<parameter=x",
        '{"name": "click", "arguments": [1]}',
        '{"name": "", "arguments": {}}',
        '{"name": "click", "arguments": {"x": 1}',
        '{"name": "click", "arguments": {"x": NaN}}',
        '{"name": "click", "arguments": {"y": 1e999}}',
        '{"name": "click", "arguments": {"path": ' + "[" * 100 + "]" * 100 + "}}",
        '{"name": "click", "arguments": {"path": ' + "[" * 100_000,
        '{"name": "click", "arguments": {"x": ' + "9" * 5000 + "}}",
    ],
)
def test_what_is_no_call_gives_none(body: str) -> None:
    assert PARSER.parse_tagged(body) == ()


def test_a_fence_is_a_call_only_of_an_offered_tool() -> None:
    assert PARSER.parse_fenced('\n{"name": "click", "arguments": {"x": 3}}') == (Called("click", {"x": 3}),)
    assert PARSER.parse_fenced('\n{"name": "zoom", "arguments": {"x": 3}}') == ()


def test_a_fence_that_is_no_call_is_known_early() -> None:
    for start in ("", "\n", '\n{"na', '\n{ "name" : "cli', '\n{"name": "click", "arguments": {"x"', '\n{"argu'):
        assert PARSER.may_be_fenced(start), start
    for start in ("5", "\n[", '\n{"version', '\n{"name": "my-package"', '\n{"name": "click", "price"'):
        assert not PARSER.may_be_fenced(start), start


@pytest.mark.parametrize(
    ("text", "schema", "expected"),
    [
        ("12", {"type": "integer"}, 12),
        ("12.0", {"type": "integer"}, 12),
        ("12.5", {"type": "integer"}, "12.5"),
        (" -3 ", {"type": "integer"}, -3),
        ("1_000", {"type": "integer"}, "1_000"),
        ("twelve", {"type": "integer"}, "twelve"),
        ("true", {"type": "integer"}, "true"),
        ("12.0", {"type": "number"}, 12.0),
        ("nan", {"type": "number"}, "nan"),
        ("1e999", {"type": "number"}, "1e999"),
        ("False", {"type": "boolean"}, False),
        ("yes", {"type": "boolean"}, "yes"),
        ("null", {"type": "integer"}, None),
        ("None", {"type": ["string", "null"]}, None),
        ("none", {"type": ["string", "null"]}, "none"),
        ("null", {"type": "string"}, "null"),
        ("007", {"type": ["integer", "string"]}, "007"),
        ("4", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, 4),
        ('{"a": [1, null]}', {"type": "object"}, {"a": [1, None]}),
        ("[1,2]", {"type": "object"}, "[1,2]"),
        ("  two\nlines ", {"type": "string"}, "  two\nlines "),
        ("3", {}, "3"),
        ("null", {}, "null"),
        ("3", {"type": None, "anyOf": 1, "oneOf": [None]}, "3"),
    ],
)
def test_values_take_the_type_of_the_schema(text: str, schema: dict[str, Any], expected: JsonValue) -> None:
    value = typed(text, schema)
    assert value == expected
    assert type(value) is type(expected)
