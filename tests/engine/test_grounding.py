"""Places in an answer's text become marks, and nobody ever sees how they were written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.grounding import GroundingText, Marks
from engine.protocol import MOST_MARKS, Box, Grounded, Image, mark_sign

PICTURE, OTHER = Image("last", "/last.png"), Image("first", "/first.png")
SAVE = '{"bbox_2d": [100, 200, 300, 400], "label": "Save"}'
CANCEL = '{"bbox_2d": [500, 200, 600, 400], "label": "Cancel"}'
WHERE_SAVE = (1, "Save", Box(0.1, 0.2, 0.3, 0.4))
WHERE_CANCEL = (2, "Cancel", Box(0.5, 0.2, 0.6, 0.4))


def read(*pieces: str) -> list[str | Grounded]:
    """What is told, texts that are side by side as one."""
    reader = GroundingText("r1", Marks(), lambda number: OTHER if number == 1 else PICTURE)
    told: list[Any] = []
    for item in [*(item for piece in pieces for item in reader.push(piece)), *reader.finish()]:
        if isinstance(item, str) and told and isinstance(told[-1], str):
            told[-1] += item
        else:
            told.append(item)
    return told


def text_of(told: list[str | Grounded]) -> str:
    return "".join(item for item in told if isinstance(item, str))


def marks_of(told: list[str | Grounded]) -> list[Grounded]:
    return [item for item in told if isinstance(item, Grounded)]


def places(told: list[str | Grounded]) -> list[tuple[int, str, Any]]:
    return [(mark.number, mark.label, mark.box) for mark in marks_of(told)]


FORMS = {
    "in a sentence": (f"Click **Save** {SAVE} now.", "Click **Save** ① now."),
    "at the end of one": (f"Click **Save**{SAVE}.", "Click **Save** ①."),
    "in brackets": (f"The button ({SAVE}) saves.", "The button (①) saves."),
    "before a sentence": (f"{SAVE} saves it.", "① saves it."),
    "between words": (f"Click{SAVE}now.", "Click ① now."),
    "in steps": (
        f"1. Click **Save** {SAVE}.\n2. Or **Cancel** {CANCEL}.",
        "1. Click **Save** ①.\n2. Or **Cancel** ②.",
    ),
    "below its step": (f"1. Click **Save**\n   {SAVE}\n2. Wait.", "1. Click **Save** ①\n2. Wait."),
    "in list items": (f"- {SAVE}\n- {CANCEL}\n\nDone.", "- ① Save\n- ② Cancel\n\nDone."),
    "a fence": (f"```json\n[\n  {SAVE},\n  {CANCEL}\n]\n```", "- ① Save\n- ② Cancel"),
    "a fence in a text": (f"Here:\n\n```json\n[{SAVE}]\n```\n\nDone.", "Here:\n\n- ① Save\n\nDone."),
    "a fence with lines": (f"```\n{SAVE}\n{CANCEL}\n```\nDone.", "- ① Save\n- ② Cancel\n\nDone."),
    "a fence with a remark": (f"```json\n{SAVE}\nThat is it.\n```\nDone.", "- ① Save\n\nThat is it.\n\nDone."),
    "a fence that is never closed": (f"```json\n[{SAVE},\n", "- ① Save"),
    "bare, alone": (SAVE, "- ① Save"),
    "bare lines": (f"{SAVE},\n{CANCEL}", "- ① Save\n- ② Cancel"),
    "a bare list": (f"There are two:\n[{SAVE}, {CANCEL}]\nDone.", "There are two:\n- ① Save\n- ② Cancel\n\nDone."),
    "a list in a sentence": (f"There are [{SAVE}, {CANCEL}].", "There are ① ②."),
    "in code": (f"Click `{SAVE}` now.", "Click ① now."),
    "wrapped": (f'{{"objects": [{SAVE}]}}', "- ① Save"),
    "cut short": (f'Click **Save** {SAVE} or **Cancel** {{"bbox_2d": [500, 20', "Click **Save** ① or **Cancel** "),
    "cut in its label": ('Click {"bbox_2d": [100, 200, 300, 400], "label": "Save', "Click ①"),
    "single quotes": ("x {'bbox_2d': [100, 200, 300, 400,], 'label': 'Save',} y", "x ① y"),
    "bare words": ("x {bbox_2d: [100 200 300 400], label: Save} y", "x ① y"),
    "a tuple": ('x {"label": "Save", "bbox": (300, 400, 100, 200)} y', "x ① y"),
    "text": ('x {"box_2d": "100, 200, 300, 400", "text": "**Save**"} y', "x ① y"),
    "a bracket too few": ('x {"label": "Save", "bbox_2d": [100, 200, 300, 400} y', "x ① y"),
    "a quote too few": ('x {"bbox_2d": [100, 200, 300, 400], "label": "Save}. Then\ngo on.', "x ①. Then\ngo on."),
    "the family's tokens": (
        "Press <|object_ref_start|>Save<|object_ref_end|><|box_start|>(100,200),(300,400)<|box_end|> now.",
        "Press Save ① now.",
    ),
    "without a label": ('Click **Save** {"bbox_2d": [100, 200, 300, 400]}.', "Click **Save** ①."),
    "shares": ('Click **Save** {"bbox_2d": [0.1, 0.2, 0.3, 0.4]}.', "Click **Save** ①."),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_place_becomes_its_sign(form: str) -> None:
    written, shown = FORMS[form]
    told = read(written)
    assert places(told)[:1] == [WHERE_SAVE]
    assert places(told)[1:] in ([], [WHERE_CANCEL])
    assert text_of(told) == shown
    assert "bbox" not in text_of(told)


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{\n  "name": "x",\n  "tags": ["a", {"b": [1, 2]}]\n}\n```\n\nDone.',
        '[{"a": 1}, {"b": 2}]',
        "As said [3], see [the page](http://x.y/{z}) and a[0] = {1, 2}.  \n",
        "```css\na { color: red; }\n```\n```python\nd = {'point': 'x', \"k\": [1]}\n```\n",
        "f{x} {name} {{x}} [[1, 2], [3, 4]] `{` ``[`` ``` {",
        "Use <b>, a < b and <|im_end|>.",
        '{"point": "of no return"}',
        "{", "[", "`", "```", "```json", "<|", '{"a', "", "  \n",
        '{"a": "' + "long " * 400,
    ],
)  # fmt: skip
def test_all_else_stays_as_it_is(text: str) -> None:
    assert read(text) == ([text] if text else [])


def test_json_that_is_no_place_is_not_kept_back() -> None:
    reader = GroundingText("r1", Marks(), lambda number: PICTURE)
    assert "".join(map(str, reader.push('See:\n```json\n[{"a": 1}, '))) == 'See:\n```json\n[{"a": 1},'
    assert "".join(map(str, reader.push('{"b": "' + "x" * 2000))).startswith(' {"b": "xx')


def test_a_mark_is_told_as_soon_as_it_is_complete_and_before_its_sign() -> None:
    reader = GroundingText("r1", Marks(), lambda number: PICTURE)
    begun = reader.push(f"Here:\n```json\n[{SAVE}")
    assert begun == ["Here:", Grounded("r1", "last", 1, "Save", Box(0.1, 0.2, 0.3, 0.4)), "\n- ① Save"]


def test_the_same_thing_is_one_mark() -> None:
    again = SAVE.replace("100", "104")
    told = read(f"**Save** {SAVE} and **Cancel** {CANCEL}, then **Save** {again}. Save ① {SAVE}")
    assert places(told) == [WHERE_SAVE, WHERE_CANCEL]
    assert text_of(told) == "**Save** ① and **Cancel** ②, then **Save** ①. Save ①"


def test_what_is_too_much_or_lies_outside_is_named_all_the_same() -> None:
    lines = "\n".join(f'{{"bbox_2d": [{10 * n}, 0, {10 * n + 5}, 9], "label": "Button {n}"}}' for n in range(22))
    told = read(lines)
    assert [mark.number for mark in marks_of(told)] == [*range(1, MOST_MARKS + 1)]
    assert text_of(told).splitlines()[19:] == [f"- {mark_sign(20)} Button 19", "- Button 20", "- Button 21"]
    far = '{"bbox_2d": [1200, 10, 1900, 40], "label": "Close"}'
    assert read(f"Click {far} or **Close** {far}.") == ["Click Close or **Close**."]
    edge = '{"bbox_2d": [990, -3, 1040, 40], "label": "Close"}'
    assert places(read(edge)) == [(1, "Close", Box(0.99, 0.0, 1.0, 0.04))]


def test_points_and_other_pictures() -> None:
    (mark,) = marks_of(read('Here {"point_2d": [250, 500], "label": "Menu", "image": 1}'))
    assert (mark.shape, mark.box, mark.attachment) == ("point", Box(0.25, 0.5, 0.25, 0.5), "first")


def test_the_models_own_digits_in_circles_are_no_marks() -> None:
    assert text_of(read("① Open it. ② Close it.")) == "(1) Open it. (2) Close it."
    assert text_of(read(f"Click Save {SAVE}. Save is ①, not ②.")) == "Click Save ①. Save is ①, not (2)."


PIECES = st.sampled_from(
    [*"{}[]`\"',: \n<|①a", "```", "```json\n", SAVE, CANCEL, "[", ", ", "**Save** ", "- ", "1. ",
     '"bbox_2d": [1, 2, 3, 4]', "<|box_start|>(1,2),(3,4)<|box_end|>", "<|object_ref_start|>", "<|object_ref_end|>",
     '{"a": 1}', "\n\n", "Don't "]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=14).map("".join), st.data())
def test_it_does_not_matter_how_the_text_is_cut(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert read(*pieces) == read(*text) == read(text)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(st.text("ab .\n-*`[{", max_size=6), st.sampled_from([SAVE, CANCEL])), max_size=4), st.booleans()
)
def test_json_of_a_place_never_shows(parts: list[tuple[str, str]], fenced: bool) -> None:
    written = "".join(f"{text}\n```json\n{place}\n```\n" if fenced else text + " " + place for text, place in parts)
    shown = text_of(read(written))
    assert "bbox" not in shown
    assert all(label not in shown for label in ("500, 200", "100, 200"))
    json.dumps(shown)
