"""What a question about documents brings to the model, and how the conversation keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.documents.answers.choice import Budget
from engine.documents.answers.context import Context, Ruler
from engine.documents.answers.sources import Sources, open_index
from engine.documents.document import DocumentError, Page, Span
from engine.protocol import (
    DocumentRef,
    Generate,
    Image,
    Message,
    OutlineEntry,
    PagePicture,
    SourceRead,
    Text,
)
from tests.shelf import answered, filler, shelve


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path / "home"))


def written(request: Generate) -> str:
    return "\n".join(part.text for message in request.messages for part in message.parts if isinstance(part, Text))


@pytest.fixture
def context_of() -> Iterator[Callable[..., tuple[Context, Sources]]]:
    """The context of a request, with a token for four letters."""
    with ExitStack() as stack:

        def make(request: Generate, limit: int = 20_000, sees: bool = True) -> tuple[Context, Sources]:
            ruler = Ruler(lambda text: len(text) // 4, lambda asked: len(written(asked)) // 4, limit, sees)
            sources = stack.enter_context(Sources.open(request.messages, open_index))
            context = Context(request, sources, ruler)
            context.choose()
            return context, sources

        yield make


def ask(text: str, *parts: Any, before: tuple[Message, ...] = ()) -> Generate:
    return Generate("r1", (*before, Message("user", (*parts, Text(text)))))


def text_of(context: Context, message: int = -1) -> str:
    parts = context.filled.messages[message].parts
    return "".join(part.text for part in parts if isinstance(part, Text))


def long_document(name: str = "long.pdf", pages: int = 200, said: dict[int, str] | None = None) -> DocumentRef:
    return shelve(name, [(said or {}).get(number, filler(number)) for number in range(1, pages + 1)])


def test_a_short_document_is_read_whole_in_order_before_the_question(context_of: Callable[..., Any]) -> None:
    ref = shelve("lease.pdf", ["The rent is 900 euros.", "Pets are allowed."])
    context, _ = context_of(ask("What is the rent?", ref))
    text = text_of(context)
    assert text.startswith("Document: lease.pdf (pdf, 2 pages)")
    assert "[1] (page 1) The rent is 900 euros.\n\n[2] (page 2) Pets are allowed.\n\n" in text
    assert text.endswith("\n\nWhat is the rent?")
    assert not any(isinstance(part, DocumentRef) for part in context.filled.messages[0].parts)
    assert context.read() == (
        SourceRead(ref.document, "lease.pdf", True, (1, 2), (1, 2), 2, context.read()[0].tokens, "", (1, 2), 0),
    )


def test_of_a_long_document_what_fits_best_is_read_and_the_rest_is_said(context_of: Callable[..., Any]) -> None:
    said = {70: "The deposit is three times the rent.", 72: "A deposit is paid back within six months."}
    context, _ = context_of(ask("How much is the deposit and when is it paid back?", long_document(said=said)))
    text = text_of(context)
    assert said[70] in text
    assert said[72] in text
    # What lies between two passages that fit is read with them.
    assert filler(71) in text
    (source,) = context.read()
    assert not source.whole
    assert source.left_out.startswith("Of 200 pages the ")
    assert list(source.pages) == sorted(source.pages)
    assert source.tokens <= Budget.of(20_000).found
    assert f"Only {len(source.passages)} of its 200 passages" in text


def test_the_contents_tell_what_else_there_is(context_of: Callable[..., Any]) -> None:
    entries = [OutlineEntry("Duties", 1, 3), OutlineEntry("Fees of the notary", 2, 90)]
    ref = shelve("long.pdf", [filler(number) for number in range(200)], outline=entries)
    assert "Contents: Duties (3); Fees of the notary (90)" in text_of(context_of(ask("What about pets?", ref))[0])


def test_a_question_without_a_word_of_the_document_gets_its_beginning(context_of: Callable[..., Any]) -> None:
    context, _ = context_of(ask("Worum geht es hier eigentlich?", long_document()))
    assert context.read()[0].pages[:3] == (1, 2, 3)


def test_both_documents_of_a_comparison_have_their_say(context_of: Callable[..., Any]) -> None:
    old = long_document("old.pdf", said={50: "Notice period: three months."})
    new = long_document("new.pdf", said={90: "Notice period: six weeks, notice in writing, notice by the tenant."})
    context, sources = context_of(ask("Compare the notice periods.", old, new))
    assert "three months" in text_of(context)
    assert "six weeks" in text_of(context)
    first, second = context.read()
    # Numbers go on through the documents, and each belongs to one passage.
    assert [*first.marks, *second.marks] == list(range(1, len(first.marks) + len(second.marks) + 1))
    assert {sources.cited(mark).name for mark in second.marks} == {"new.pdf"}


def test_a_short_document_beside_a_long_one_stays_whole(context_of: Callable[..., Any]) -> None:
    short = shelve("note.txt", ["The deposit was agreed by telephone."], "text")
    context, _ = context_of(
        ask("What about the deposit?", long_document(said={70: "The deposit is 900 euros."}), short)
    )
    assert [source.whole for source in context.read()] == [False, True]
    assert "900 euros" in text_of(context)


def test_of_many_documents_only_those_with_an_answer_are_written_about(context_of: Callable[..., Any]) -> None:
    refs = [
        long_document(f"{number}.pdf", 40, {3: "The deposit is due."} if number == 17 else {}) for number in range(20)
    ]
    text = text_of(context_of(ask("When is the deposit due?", *refs), limit=8_000)[0])
    assert "Document: 17.pdf" in text
    assert "more documents, of which no passage is shown here" in text
    assert len(text) < 20_000


# --- A conversation -------------------------------------------------------------------------------------------------


def turns(*questions: str, limit: int, ref: DocumentRef, context_of: Callable[..., Any]) -> list[Context]:
    """One question after the other, as the window keeps the conversation."""
    made: list[Context] = []
    before: tuple[Message, ...] = ()
    for at, question in enumerate(questions):
        own = (ref,) if at == 0 else ()
        context, _ = context_of(ask(question, *own, before=before), limit)
        made.append(context)
        read = [source for source in context.read() if source.passages]
        refs = [answered(ref, source) for source in read] or list(own)
        before = (
            *before,
            Message("user", (*refs, Text(question))),
            Message("assistant", (Text("So it is [1]."),)),
        )
    return made


@pytest.mark.parametrize("pages", [3, 200])
def test_each_question_begins_with_the_one_before_letter_by_letter(context_of: Callable[..., Any], pages: int) -> None:
    """Otherwise all passages would be read again at every question."""
    ref = long_document(
        pages=pages, said={2: "The deposit is 900 euros.", 3: "Pets are not allowed, dogs least of all."}
    )
    contexts = turns("What is the deposit?", "May I keep dogs?", "Why?", limit=20_000, ref=ref, context_of=context_of)
    first, second, third = (context.filled.messages for context in contexts)
    assert second[:1] == first
    assert third[:3] == second
    marks = [mark for context in contexts for mark in context.read()[0].marks]
    assert len(marks) == len(set(marks))
    assert "dogs least of all" in text_of(contexts[1], -1 if pages > 3 else 0)
    assert (text_of(contexts[1]) == "May I keep dogs?") == (pages == 3)


def test_a_short_question_is_searched_for_with_the_one_before(context_of: Callable[..., Any]) -> None:
    said = {number: f"Deposit clause {number} {filler(number, 600)}" for number in range(20, 60)}
    contexts = turns(
        "What does the deposit clause say?",
        "And why?",
        limit=8_000,
        ref=long_document(said=said),
        context_of=context_of,
    )
    first, second = (context.read()[0] for context in contexts)
    assert set(second.passages).isdisjoint(first.passages)
    assert set(second.pages) <= set(range(20, 60))


def test_a_document_of_an_unanswered_question_is_given_with_the_next_one(context_of: Callable[..., Any]) -> None:
    failed = Message("user", (shelve("lease.pdf", ["The rent is 900 euros."]), Text("Hello?")))
    context, _ = context_of(ask("What is the rent?", before=(failed,)))
    assert "900 euros" in text_of(context)


def test_the_oldest_passages_make_room_in_a_long_conversation(context_of: Callable[..., Any]) -> None:
    deposits = {number: f"Deposit of tenant {number}. {filler(number)}" for number in range(60, 100)}
    ref = long_document(said={**deposits, 150: "Pets are not allowed."})
    first = turns("What is the deposit?", limit=6_000, ref=ref, context_of=context_of)[0]
    before = (
        Message("user", (answered(ref, first.read()[0]), Text("What is the deposit?"))),
        Message("assistant", (Text("900 euros [1]. " + "And so on. " * 900),)),
    )
    context, _ = context_of(ask("Are pets allowed?", before=before), 6_000)
    assert "None of its passages" in text_of(context, 0)
    assert "Pets are not allowed." in text_of(context)
    assert context.room >= 0


def test_a_memory_that_is_full_leaves_documents_out_before_it_refuses(context_of: Callable[..., Any]) -> None:
    context, sources = context_of(
        ask("What? " + "x" * 3_000, shelve("lease.pdf", ["The rent is 900 euros."] * 9)), 1_200
    )
    assert context.read()[0].passages == ()
    assert sources.cited(1) is None


# --- What else stands there -----------------------------------------------------------------------------------------


def test_numbers_in_brackets_of_a_document_are_not_taken_for_ours(context_of: Callable[..., Any]) -> None:
    paper = shelve("paper.pdf", ["As others found [12], and again [3, 4]."])
    code = shelve("main.py", ["print(rows [12])"], "code")
    text = text_of(context_of(ask("What was found?", paper, code))[0])
    assert "As others found (12), and again (3, 4)." in text
    assert "print(rows [12])" in text


def test_scans_say_what_they_are_and_go_as_pictures_before_the_passages(context_of: Callable[..., Any]) -> None:
    recognised = Page(0, (Span("Invoice 77"),), width=595, height=842, scanned=True, recognised=True)
    blank = Page(0, (), width=595, height=842, scanned=True)
    ref = replace(shelve("scan.pdf", [recognised, blank]), pictures=(PagePicture(2, "abc", "/page2.png"),))
    shot = Image("shot", "/shot.png")
    context, _ = context_of(ask("What is the number?", shot, ref))
    parts = context.filled.messages[0].parts
    assert parts[:2] == (shot, Image("abc", "/page2.png"))
    assert "[1] (page 1, recognised from a picture) Invoice 77" in text_of(context)
    assert "Page 2: no text could be read there." in text_of(context)
    assert context.read()[0].left_out == ""
    blind, _ = context_of(ask("What is the number?", ref), sees=False)
    assert not any(isinstance(part, Image) for part in blind.filled.messages[0].parts)
    assert blind.read()[0].left_out == "Page 2 could not be read."


def test_a_document_that_was_not_read_is_a_sentence() -> None:
    ref = DocumentRef("0" * 64, "/lease.pdf", "lease.pdf")
    with pytest.raises(DocumentError, match=r"lease\.pdf has not been read yet\. Add it again\."):
        Sources.open(ask("What?", ref).messages, open_index)
