"""A quote is found where the page says it, however it is set, and is not found when it says something else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.documents.document import Document, Page, Span, Word
from engine.documents.search.index import Index
from engine.documents.search.quotes import locate
from engine.protocol import Box

DIGEST = "d" * 64
LEASE = (
    "The tenant shall pay a rent of 742.50 pounds by the third working day of each month. "
    "Dogs may not be kept without the landlord's written consent, which is not refused without good cause."
)
GERMAN = (
    "Die Kündigung bedarf der Schriftform; eine E-Mail genügt nicht. Die Frist beträgt drei Monate zum Ende eines "
    "Quartals, sofern nichts anderes vereinbart ist."
)
HYPHENED = (
    "The deposit amounts to two months\u2019 rent and is kept in a sepa-\nrate account; "
    "the of\ufb01ce pays the interest."
)
CHINESE = "管理员密码为六至十位数字，不得使用连续或重复的数字。最多可以设置三位管理员。"
SPLIT = (
    "If the boiler fails in winter, call the number on the",
    "red card in the hall, day or night, and wait outside.",
)


def _placed(text: str, per_line: int = 6) -> Span:
    """Words on a grid: a line is a twentieth of the page's height."""
    words = list[Word]()
    for at, word in enumerate(text.split()):
        left, top = 0.1 + 0.12 * (at % per_line), 0.05 * (at // per_line)
        words.append(Word(word, Box(left, top, left + 0.1, top + 0.03)))
    return Span(text, words=tuple(words))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    pages = (
        Page(1, (_placed(LEASE),), width=595, height=842),
        Page(2, (Span("§ 2 Kündigung", "heading", 1), _placed(GERMAN))),
        Page(3, (_placed(HYPHENED), Span("Alpha | 12", "table"), Span("Beta | 13", "table"))),
        Page(4, (Span(CHINESE),)),
        Page(5, (Span(SPLIT[0]),)),
        Page(6, (Span(SPLIT[1]),)),
        Page(7, (Span("The tenont shall pay thc deposit before he receives the keys."),), recognised=True),
    )
    document = Document("pdf", "Lease", "page", pages)
    with Index.build(tmp_path_factory.mktemp("index"), DIGEST, document) as built:
        yield built


@pytest.mark.parametrize(
    ("quote", "page"),
    [
        ("THE TENANT shall  pay a rent of 742.50 pounds", 1),
        ("“which is not refused without good cause.”", 1),
        ("Dogs may not be kept without the landlord’s written consent", 1),
        ("eine E-Mail\ngenügt nicht", 2),
        ("is kept in a separate account; the office pays the interest", 3),
        ("two months' rent and is kept", 3),
        ("Alpha 12 Beta 13", 3),
        ("密码为六至十位数字，不得使用连续", 4),
        ("call the number on the red card in the hall", 5),
    ],
)
def test_the_same_words_are_found_however_they_are_set(index: Index, quote: str, page: int) -> None:
    place = locate(index, quote)
    assert place is not None
    assert (place.page, place.exact, place.score) == (page, True, 1.0)


@pytest.mark.parametrize(
    ("quote", "page"),
    [
        ("The tenant shall pay the rent of 742.50 pounds by the third working day", 1),
        ("Die Kundigung bedarf Schriftform; eine E-Mail genugt nicht", 2),
        ("tenants shall pay a rent of 742.50 pounds by third working day of each month", 1),
        ("The tenant shall pay the deposit before he receives the keys", 7),
    ],
)
def test_small_slips_are_told_apart_from_the_exact_words(index: Index, quote: str, page: int) -> None:
    place = locate(index, quote)
    assert place is not None
    assert (place.page, place.exact) == (page, False)
    assert 0.8 < place.score < 1


@pytest.mark.parametrize(
    "quote",
    [
        "The tenant shall pay a rent of 724.50 pounds by the third working day of each month",
        "The tenant shall pay a rent of 742.50 euros by the third working day of each month",
        "The tenant shall not pay a rent of 742.50 pounds by the third working day of each month",
        "The landlord shall pay a rent of 742.50 pounds by the third working day of each month",
        "The tenant may pay a rent of 742.50 pounds by the third working day of each month",
        "Dogs may be kept without the landlord's written consent",
        "Dogs may not be kept with the landlord's written consent",
        "Dogs may … be kept without the landlord's written consent",
        "which is refused without good cause",
        "eine E-Mail genügt",
        "eine E-Mail genügt nicht. Die Frist beträgt zwei Monate",
        "Die Kündigung bedarf nicht der Schriftform; eine E-Mail genügt nicht",
        "sofern anderes vereinbart ist",
        "管理员密码为六至十位数字，使用连续或重复的数字",
        "管理员密码为五至十位数字，不得使用连续",
        "Alpha 13 Beta 13",
        "written consent … The tenant shall pay",
        "keys before the deposit he pays",
        "month",
        "",
        "…",
    ],
)
def test_what_says_something_else_is_not_found(index: Index, quote: str) -> None:
    place = locate(index, quote)
    assert place is None or (quote == "eine E-Mail genügt" and place.exact)


def test_an_ellipsis_leaves_out_and_keeps_the_order(index: Index) -> None:
    place = locate(index, "The tenant shall pay a rent […] of each month. Dogs … written consent")
    assert place is not None
    assert place.page == 1
    assert place.exact
    assert place.text.count(" … ") == 2


def test_the_lines_of_a_quote_are_told(index: Index) -> None:
    place = locate(index, "a rent of 742.50 pounds")
    assert place is not None
    # The fifth and sixth word of the first line, and three of the second.
    assert [round(box.y0, 2) for box in place.boxes] == [0.0, 0.05]
    assert [round(box.x0, 2) for box in place.boxes] == [0.58, 0.1]
    assert place.text == "a rent of 742.50 pounds"


def test_the_page_that_is_named_comes_first_and_others_after(tmp_path: Path) -> None:
    twice = "Payment is due within thirty days of the invoice."
    document = Document("pdf", "", "page", tuple(Page(number, (Span(twice),)) for number in (1, 2, 3)))
    with Index.build(tmp_path, DIGEST, document) as index:
        for number in (1, 2, 3):
            place = locate(index, "due within thirty days", number)
            assert place is not None
            assert place.page == number
        elsewhere = locate(index, "due within thirty days", 99)
        assert elsewhere is not None


_WORDS = re.findall(r"\S+", LEASE)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, len(_WORDS) - 4),
    st.lists(st.tuples(st.booleans(), st.sampled_from((" ", "  ", "\n", "\u00a0"))), min_size=3, max_size=12),
)
def test_any_stretch_of_a_page_is_found_however_it_is_set(
    index: Index, first: int, setting: list[tuple[bool, str]]
) -> None:
    words = zip(_WORDS[first:], setting, strict=False)
    quote = "".join((word.upper() if upper else word) + blank for word, (upper, blank) in words)
    assume(sum(char.isalnum() for char in quote) >= 12)
    place = locate(index, quote, 1)
    assert place is not None
    assert place.page == 1
    assert place.exact
    assert place.boxes


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 9),
    st.sampled_from([4, 3, 2, 6, 7]),
    st.sampled_from(["not", "never", "no", "without", "only"]),
    st.integers(1, 14),
)
def test_no_other_number_and_no_negation_passes(index: Index, digit: int, at: int, negation: str, where: int) -> None:
    sentence = LEASE[: LEASE.index(". ")]
    number = "742.50"
    changed = number[: at % 6] + str(digit) + number[at % 6 + 1 :]
    assume(changed != number and changed[3] == ".")
    assert locate(index, sentence.replace(number, changed)) is None
    words = sentence.split()
    assert locate(index, " ".join([*words[:where], negation, *words[where:]])) is None


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200), st.integers(-2, 12))
def test_nothing_that_is_quoted_brings_it_down(index: Index, quote: str, page: int) -> None:
    place = locate(index, quote, page)
    assert place is None or 1 <= place.page <= 7
