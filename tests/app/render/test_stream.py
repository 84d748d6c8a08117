"""A reader sees an answer grow: nothing that was read changes, nothing half-written is shown raw."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.render.blocks import Code, Maths, Prose, Style, Table, Words
from app.render.parser import BlockParser
from app.render.stream import BlockStream

ANSWER = """\
# Title

Some **bold text** with `code`, a [link](https://example.org/a "title") and $x_1 + 2$ for $5.
Second line of the paragraph.

1. First
2. Second with two parts:
   - inner **one**
   - inner two

     and its second paragraph
3. Third

   ```sh
   ls -l | wc
   ```

4. Fourth
* bullet

> A quote
> that goes on
> - with a list

| a | b |
|---|:-:|
| 1 | `x\\|y` |
| 2 | **z** |

$$
a = \\frac{1}{2}
$$

```python
def f(x):

    return x  # | not a table
```

Setext
------

\\[ e = mc^2 \\] and the [late] link.

[late]: https://example.org/late
"""


def shown(stream: BlockStream) -> str:
    """All words on the page, without formulas."""
    words = []
    for block in stream.blocks:
        match block.content:
            case Prose(spans):
                words += [span.text for span in spans if isinstance(span, Words) and Style.CODE not in span.style]
            case Table(head, rows):
                for row in (head, *rows):
                    words += [span.text for cell in row for span in cell if isinstance(span, Words)]
    return "\n".join(words)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 60])
def test_whatever_the_pieces_the_end_is_the_whole_text(size: int) -> None:
    """Numbers of lists, quote levels and empty lines survive that only the open end is read again."""
    stream = BlockStream()
    for at in range(0, len(ANSWER), size):
        stream.append(ANSWER[at : at + size])
    grown = stream.blocks
    whole = stream.finish()
    # The one link whose target comes later is all that the final reading may change.
    late = ANSWER[: ANSWER.index("\\[ e")].count("\n")
    assert {new.line for old, new in zip(grown, whole, strict=True) if old != new} <= {late}
    assert whole == list(BlockParser().parse(ANSWER).blocks)


def test_a_frozen_block_stays_as_it_is() -> None:
    stream = BlockStream()
    frozen = []
    for character in ANSWER:
        stream.append(character)
        now = stream.blocks[: stream.frozen]
        assert now[: len(frozen)] == frozen
        frozen = now
    assert len(frozen) > 15


@pytest.mark.parametrize("size", [1, 3])
def test_no_sign_of_markdown_ever_shows(size: int) -> None:
    stream = BlockStream()
    for at in range(0, ANSWER.index("\\[ e"), size):
        stream.append(ANSWER[at : at + size])
        text = shown(stream)
        for sign in ("**", "`", "](", "|--", "##", "$x", "$$", "\n-", "https"):
            assert sign not in text, (ANSWER[: at + size][-30:], text[-60:])


def test_a_table_is_a_table_from_its_first_cell() -> None:
    stream = BlockStream()
    kinds = []
    for character in "| Name | Size |\n|------|-----:|\n| a | 1 |\n":
        stream.append(character)
        kinds += [type(block.content) for block in stream.blocks]
    assert set(kinds) == {Table}


def test_an_open_formula_is_quiet_until_it_closes() -> None:
    stream = BlockStream()
    stream.append("$$\n\\frac{a}")
    assert stream.blocks[0].content == Maths("\\frac{a}", "$$\n\\frac{a}\n$$", open=True)
    stream.append("{b}\n$$\n")
    assert stream.blocks[0].content == Maths("\\frac{a}{b}", "$$\n\\frac{a}{b}\n$$")


def test_an_open_fence_is_code_and_half_a_closing_one_is_not_in_it() -> None:
    stream = BlockStream()
    stream.append("```py")
    assert stream.blocks == []
    stream.append("thon\nx = 1\n``")
    assert stream.blocks[0].content == Code("x = 1", "python", open=True)
    stream.append("`\n\nDone")
    assert stream.blocks[0].content == Code("x = 1", "python")


def test_more_text_after_the_end_joins_what_was_there() -> None:
    """An answer that was stopped and goes on."""
    stream = BlockStream()
    stream.finish("# A\n\nhalf a sen")
    stream.append("tence")
    assert stream.blocks[1].content == Prose((Words("half a sentence"),))


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="*_`~$[]()|#->!<\\\n\n\r  1.:ab&é", max_size=120), st.integers(1, 9))
def test_no_text_breaks_it(text: str, size: int) -> None:
    stream = BlockStream()
    for at in range(0, len(text), size):
        stream.append(text[at : at + size])
    assert stream.finish() == list(BlockParser().parse(text.replace("\r", "")).blocks)
