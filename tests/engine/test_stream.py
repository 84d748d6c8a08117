"""What reaches the person: no text lost, doubled or on the wrong channel, however the model cuts its tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.protocol import Tool
from engine.stream import Called, OutputStream, Said

TOOLS = (Tool("zoom", "Looks closer.", {"type": "object", "properties": {"x": {"type": "integer"}}}),)
XML = "<tool_call>\n<function=zoom>\n<parameter=x>\n3\n</parameter>\n</function>\n</tool_call>"
JSON = '{"name": "zoom", "arguments": {"x": 3}}'
ZOOM = Called("zoom", {"x": 3})

# Texts made of what the stream looks for, and of what is nearly that.
PIECES = st.sampled_from(
    [
        *("<think>", "</think>", "<tool_call>", "</tool_call>", "<function=zoom>", "</function>", "</"),
        *("<parameter=x>", "</parameter>", "```json", "\n```", "```", JSON, XML, "{", "3", '"name":', '"zoom"'),
        *("\n", "\n\n", " ", "a", "ab", "abc", "<", "STOP", "STO", "ä", "日本", "🙂", "é"),
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=14).map("".join), st.text(max_size=40))
PLAIN_TEXTS = st.text(max_size=60).filter(lambda text: "think>" not in text)


# A busy machine is no failure.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def play(pieces: Iterable[bytes], **options: Any) -> tuple[list[Said | Called], OutputStream]:
    """Run `pieces` through a stream, one token each."""
    table = list(pieces)
    stream = OutputStream(table.__getitem__, **options)
    said = [item for token in range(len(table)) for item in stream.push(token)]
    return said + stream.finish(), stream


def joined(said: Sequence[Said | Called]) -> list[tuple[str, str] | Called]:
    """Neighbouring texts of a channel as one."""
    result: list[tuple[str, str] | Called] = []
    for item in said:
        last = result[-1] if result else None
        if isinstance(item, Called):
            result.append(item)
        elif isinstance(last, tuple) and last[0] == item.channel:
            result[-1] = (item.channel, last[1] + item.text)
        else:
            result.append((item.channel, item.text))
    return result


def read(text: str, **options: Any) -> list[tuple[str, str] | Called]:
    """The outcome for a text, one byte a token, checked to be the same when it comes at once."""
    data = text.encode()
    outcome = joined(play([data[at : at + 1] for at in range(len(data))], **options)[0])
    assert joined(play([data], **options)[0]) == outcome
    return outcome


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(ends)]


CUTS = st.lists(st.integers(0, 500), max_size=30)
OPTIONS = st.fixed_dictionaries(
    {
        "reasoning": st.booleans(),
        "stop": st.sampled_from([(), ("STOP",), ("abc", "b"), ("\n\n", "<tool_call>")]),
        "tools": st.sampled_from([(), TOOLS]),
    }
)


@unhurried
@given(TEXTS, CUTS, OPTIONS)
@example("<think>a\n</think>\n\nb", [3, 9], {"reasoning": True, "stop": (), "tools": ()})
def test_the_outcome_does_not_depend_on_how_the_text_is_cut(text: str, places: list[int], options: Any) -> None:
    data = text.encode()
    assert joined(play(cut(data, places), **options)[0]) == joined(play([data], **options)[0])


@unhurried
@given(PLAIN_TEXTS, CUTS)
def test_plain_text_is_neither_lost_nor_doubled(text: str, places: list[int]) -> None:
    said, _ = play(cut(text.encode(), places), reasoning=False)
    assert "".join(item.text for item in said if isinstance(item, Said)) == text


@unhurried
@given(st.lists(PIECES.filter(lambda piece: "think>" not in piece), max_size=14).map("".join), CUTS)
def test_with_tools_text_without_a_call_is_whole(text: str, places: list[int]) -> None:
    said, _ = play(cut(text.encode(), places), reasoning=False, tools=TOOLS)
    if not any(isinstance(item, Called) for item in said):
        assert "".join(item.text for item in said if isinstance(item, Said)) == text


@unhurried
@given(st.binary(max_size=40).filter(lambda data: b"think>" not in data), CUTS)
def test_bytes_that_are_no_text_are_replaced_as_python_does(data: bytes, places: list[int]) -> None:
    said, _ = play(cut(data, places), reasoning=False)
    assert "".join(item.text for item in said if isinstance(item, Said)) == data.decode("utf-8", "replace")


def test_a_delta_never_holds_half_a_character() -> None:
    said, _ = play([b"a\xf0\x9f", b"\x99", b"\x82b", b"\xe6\x97"], reasoning=False)
    assert said == [Said("answer", "a"), Said("answer", "🙂b"), Said("answer", "\ufffd")]


def test_text_is_said_at_once_where_nothing_can_become_a_tag() -> None:
    table = [b"<p>", b" x\n\n", b"a <", b"b"]
    stream = OutputStream(table.__getitem__, reasoning=False)
    assert [stream.push(token) for token in range(4)] == [[Said("answer", text.decode())] for text in table]


def test_reasoning_ends_at_the_tag_and_the_white_space_around_it_is_nobody_s() -> None:
    assert read("Let me see.\n\nYes.\n</think>\n\nIt is 4.\n", reasoning=True) == [
        ("reasoning", "Let me see.\n\nYes."),
        ("answer", "It is 4.\n"),
    ]


def test_indentation_of_the_first_line_of_the_answer_stays() -> None:
    assert read("</think>\n\n    code", reasoning=True) == [("answer", "    code")]
    assert read("\n  continued", reasoning=False) == [("answer", "\n  continued")]


def test_a_think_tag_that_nobody_asked_for_opens_the_reasoning() -> None:
    assert read("\n<think>\nhm\n</think>\n\nyes", reasoning=False) == [("reasoning", "hm"), ("answer", "yes")]


def test_a_think_tag_written_twice_opens_the_reasoning_once() -> None:
    assert read("<think>\nhm</think>yes", reasoning=True) == [("reasoning", "hm"), ("answer", "yes")]


def test_an_end_tag_written_twice_is_no_answer() -> None:
    assert read("hm\n</think>\n\n</think>\n\nyes", reasoning=True) == [("reasoning", "hm"), ("answer", "yes")]


def test_think_tags_inside_an_answer_are_text() -> None:
    text = "The tag <think> opens and </think> closes."
    assert read(text, reasoning=False) == [("answer", text)]


def test_reasoning_that_never_ends_stays_reasoning() -> None:
    assert read("hm, hm </thi", reasoning=True) == [("reasoning", "hm, hm </thi")]


def test_channel_turns_with_the_tag() -> None:
    table = [b"hm", b"</thi", b"nk>"]
    stream = OutputStream(table.__getitem__, reasoning=True)
    channels = []
    for token in range(3):
        stream.push(token)
        channels.append(stream.channel)
    assert channels == ["reasoning", "reasoning", "answer"]


def test_a_stop_string_over_token_borders_ends_the_answer_before_it() -> None:
    said, stream = play([b"one S", b"T", b"OP two", b" three"], reasoning=False, stop=["STOP"])
    assert joined(said) == [("answer", "one ")]
    assert stream.stopped


def test_a_stop_string_in_the_reasoning_does_not_count() -> None:
    said, stream = play([b"STOP", b"</think>", b"a STO", b"RY"], reasoning=True, stop=["STOP"])
    assert joined(said) == [("reasoning", "STOP"), ("answer", "a STORY")]
    assert not stream.stopped


def test_the_stop_string_that_is_complete_first_wins() -> None:
    assert read("xabc", reasoning=False, stop=["abc", "b"]) == [("answer", "xa")]
    assert read("xabc", reasoning=False, stop=["bc", "abc"]) == [("answer", "x")]


def test_a_stop_string_does_not_cut_an_argument() -> None:
    assert read("a\n" + XML, reasoning=False, tools=TOOLS, stop=["3"]) == [("answer", "a"), ZOOM]


@pytest.mark.parametrize("call", [XML, f"<tool_call>\n{JSON}\n</tool_call>", f"```json\n{JSON}\n```"])
def test_a_call_is_taken_out_of_the_answer(call: str) -> None:
    assert read(f"I look closer.\n\n{call}", reasoning=False, tools=TOOLS) == [("answer", "I look closer."), ZOOM]
    assert read(f"{call}\n\nThere.", reasoning=False, tools=TOOLS) == [ZOOM, ("answer", "\n\nThere.")]


def test_several_calls_with_nothing_but_white_space_between_them() -> None:
    assert read(f"{XML}\n{XML}\n", reasoning=False, tools=TOOLS) == [ZOOM, ZOOM]


def test_a_call_inside_the_reasoning_counts_and_the_reasoning_goes_on() -> None:
    assert read(f"hm\n{XML}\nso\n</think>\n\nyes", reasoning=True, tools=TOOLS) == [
        ("reasoning", "hm"),
        ZOOM,
        ("reasoning", "\nso"),
        ("answer", "yes"),
    ]


def test_the_end_of_the_reasoning_ends_an_open_call_in_it() -> None:
    text = "<tool_call>\n<function=zoom>\n<parameter=x>\n3\n</think>\n\nyes"
    assert read(text, reasoning=True, tools=TOOLS) == [ZOOM, ("answer", "yes")]


@pytest.mark.parametrize("size", range(XML.index("3") + 1, len(XML)))
def test_a_call_whose_end_is_missing_is_still_a_call(size: int) -> None:
    assert read(XML[:size], reasoning=False, tools=TOOLS) == [ZOOM]


@pytest.mark.parametrize(
    "text",
    [
        "Write <tool_call> before a call.",
        "<tool_call>\n<function=zoom>\nplease\n</function>\n</tool_call>\n",
        '<tool_call>\n{"name": "zoom", \n</tool_call> after',
        '```json\n{"name": "demo", "version": "1"}\n```\n',
        '```json\n{"name": "zoom", "arguments": 4}\n```\n',
        "```json5\n{}\n```",
        "<tool_call>",
    ],
)
def test_what_is_no_call_is_text(text: str) -> None:
    assert read(text, reasoning=False, tools=TOOLS) == [("answer", text)]


def test_a_broken_call_does_not_hide_the_good_one_behind_it() -> None:
    text = f"<tool_call>{{broken\n{XML}"
    assert read(text, reasoning=False, tools=TOOLS) == [("answer", "<tool_call>{broken"), ZOOM]


def test_a_fence_that_is_no_call_is_not_kept_back() -> None:
    table = [b'```json\n{"name": "z', b'ebra", ', b'"age": 4']
    stream = OutputStream(table.__getitem__, reasoning=False, tools=TOOLS)
    assert [bool(stream.push(token)) for token in range(3)] == [False, True, True]


def test_without_tools_a_call_is_text() -> None:
    for call in (XML, f"```json\n{JSON}\n```"):
        assert read(call, reasoning=False) == [("answer", call)]
