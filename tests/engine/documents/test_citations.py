"""Marks and quotes in the text of an answer, however it comes."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.documents.answers.citations import Citing, MarkFinder, quotes_in
from engine.documents.answers.sources import Sources, open_index
from engine.protocol import Cited, Event, FinishReason, Message, Notice, QuoteChecked, TextDelta, ToolCall
from tests.shelf import shelve

PAGES = ["The rent is 900 euros a month, due on the first.", "Pets are not allowed in the house.", "Signed in Bremen."]


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sources]:
    """Three passages, given as 1 to 3."""
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path / "home"))
    ref = shelve("lease.pdf", PAGES)
    with Sources.open((Message("user", (ref,)),), open_index) as opened:
        for number in (1, 2, 3):
            opened.mark(ref.document, number)
        yield opened


def found(pieces: Iterable[str]) -> tuple[str, list[int]]:
    finder = MarkFinder()
    said, numbers = "", list[int]()
    for piece in pieces:
        text, marks = finder.push(piece)
        said += text
        numbers += marks
    return said + finder.finish(), numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It is so [3].", [3]),
        ("It is so [3][5], [1, 2] and [7; 8].", [3, 5, 1, 2, 7, 8]),
        ("See [2-4] and [6–7].", [2, 3, 4, 6, 7]),
        ("So [12", []),
        ("[ ] to do, [x] done, [note] and []", []),
        ("In `rows[3]` it is [4].", [4]),
        ("In ``a ` [3]`` it is [4].", [4]),
        ("```python\nrows[3]\n```\nIt is [4].", [4]),
        ("~~~\n[3]\n```\n[3]\n~~~\n[4]", [4]),
        ("A ` alone hides its paragraph [3].\n\nNo more [4].", [4]),
        (r"The formula \[3\] is none, \\[4] is.", [4]),
        ("从第一页可知[1]。", [1]),
        ("[99999]", []),
    ],
)
def test_marks_are_found_in_prose_and_not_in_code(text: str, numbers: list[int]) -> None:
    assert found([text]) == (text, numbers)
    assert found(text) == (text, numbers)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.text("[]1234,;-– `~\n\\ab“”. ", max_size=6), max_size=12))
def test_the_text_and_its_marks_are_the_same_however_it_is_cut(pieces: list[str]) -> None:
    whole = "".join(pieces)
    assert found(pieces) == found([whole])
    assert found(whole) == found([whole])
    assert found([whole])[0] == whole


def test_only_what_may_become_a_mark_is_kept_back() -> None:
    finder = MarkFinder()
    assert finder.push("Rent [")[0] == "Rent "
    assert finder.push("1, ")[0] == ""
    assert finder.push("2") == ("", [])
    assert finder.push("] is") == ("[1, 2] is", [1, 2])
    assert finder.push(" [no")[0] == " [no"


# --- Events ---------------------------------------------------------------------------------------------------------


def told(sources: Sources, said: Sequence[str | Event]) -> list[Event]:
    def answering() -> Generator[Event, None, FinishReason]:
        for item in said:
            yield TextDelta("r1", "answer", item) if isinstance(item, str) else item
        return "stop"

    return list(Citing("r1", sources).events(answering()))


def text_of(events: Iterable[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta) and event.channel == "answer")


def test_a_citation_is_told_once_and_before_its_mark(sources: Sources) -> None:
    events = told(sources, ["The rent is 900 euros [", "1", "]. No pets [2][1]."])
    cited = [event for event in events if isinstance(event, Cited)]
    assert [(event.number, event.passage.name, event.passage.page) for event in cited] == [
        (1, "lease.pdf", 1),
        (2, "lease.pdf", 2),
    ]
    for event in cited:
        before = text_of(events[: events.index(event)])
        assert f"[{event.number}]" not in before
    assert text_of(events) == "The rent is 900 euros [1]. No pets [2][1]."


def test_a_number_that_was_not_given_stays_text(sources: Sources) -> None:
    events = told(sources, ["So it is [4], and in 2019 [2019]."])
    assert events == [TextDelta("r1", "answer", "So it is [4], and in 2019 [2019].")]


def test_thoughts_cite_nothing(sources: Sources) -> None:
    thought = TextDelta("r1", "reasoning", "Perhaps [1].")
    assert told(sources, [thought]) == [thought]


def test_what_is_kept_back_comes_before_anything_else(sources: Sources) -> None:
    call = ToolCall("r1", "call_1", "search_document", {})
    assert told(sources, ["So [1", call, "]."]) == [
        TextDelta("r1", "answer", "So "),
        TextDelta("r1", "answer", "[1"),
        call,
        TextDelta("r1", "answer", "]."),
    ]


def test_an_answer_that_begins_again_cites_again(sources: Sources) -> None:
    events = told(sources, ["So [1]. “Pets are not allowed” [2]. `x", Notice("r1", "repetition", "Again."), "So [1]."])
    assert [event.number for event in events if isinstance(event, Cited)] == [1, 2, 1]
    assert not any(isinstance(event, QuoteChecked) for event in events)


def test_an_error_loses_no_letter(sources: Sources) -> None:
    def answering() -> Generator[Event, None, FinishReason]:
        yield TextDelta("r1", "answer", "So [1")
        raise MemoryError

    events = Citing("r1", sources).events(answering())
    assert [next(events), next(events)] == [TextDelta("r1", "answer", "So "), TextDelta("r1", "answer", "[1")]
    with pytest.raises(MemoryError):
        next(events)


# --- Quotes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "quotes"),
    [
        ("It says “due on the first” [1].", [("due on the first", (1,))]),
        ('It says "due on the first." [1] More [2].', [("due on the first.", (1,))]),
        ("Dort steht „am Ersten des Monats“ [1][3].", [("am Ersten des Monats", (1, 3))]),
        ("Il dit « le premier du mois » [2].", [("le premier du mois", (2,))]),
        ("写着「每月第一天到期」[2]。", [("每月第一天到期", (2,))]),
        ("As [3] has it, “due on the first”.", [("due on the first", (3,))]),
        ("“Due on the first.” That is all. See [1].", []),
        ('A 5" disk holds "all of the texts" [1], a 3" one does not.', [("all of the texts", (1,))]),
        ("The button “Save as” [1] does it.", []),
        ("It says “to be or” [1] so.", []),
        ("He said “a b” and “no mark at all here”.", []),
        ("`print(“not a quote here”)` [1]", []),
    ],
)
def test_quotes_are_known_with_their_marks(answer: str, quotes: list[tuple[str, tuple[int, ...]]]) -> None:
    assert [(quote.text, quote.numbers) for quote in quotes_in(answer)] == quotes


def test_a_quote_is_proved_by_what_the_document_says(sources: Sources) -> None:
    events = told(sources, ["It says “Pets are not allowed” [1][2], and “cats are always welcome here” [2]."])
    checked = [event for event in events if isinstance(event, QuoteChecked)]
    assert [(event.quote, event.number, event.proved, event.page) for event in checked] == [
        ("Pets are not allowed", 2, True, 2),
        ("cats are always welcome here", 2, False, 2),
    ]
    assert events[-2:] == checked
