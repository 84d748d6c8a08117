"""Documents in a conversation: what the model is given again, and what an answer says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.conversation import Answer, Attachment, Turn
from app.domain.documents import Citation, DocumentAttachment, ShownPage
from app.session.history import messages_of, title_of
from app.session.summaries import wants_summary
from engine.protocol import (
    Box,
    Cited,
    DocumentRef,
    Image,
    Notice,
    PagePicture,
    PassageFound,
    QuoteChecked,
    Searched,
    SourceRead,
    SourcesRead,
    TaskProgress,
    Text,
    ToolCall,
)
from tests.app.session.fakes import Watched

LEASE = DocumentAttachment("a" * 64, Path("/papers/lease.pdf"), "lease.pdf", "pdf", 12, state="ready")
RULES = DocumentAttachment("b" * 64, Path("/papers/rules.txt"), "rules.txt", "text", 1, state="ready")


def source(document: DocumentAttachment, *passages: int, found: int = 0) -> SourceRead:
    marks = tuple(number + 10 for number in passages)
    return SourceRead(document.id, document.name, False, passages, (1,), 12, 90, "", marks, found)


def passage(number: int, page: int = 1) -> PassageFound:
    return PassageFound(
        LEASE.id, "lease.pdf", number, page, "", "Rent", "The rent is 900 euros.", (Box(0, 0, 1, 0.1),), 1
    )


def turn(question: str, *documents: DocumentAttachment, answer: Answer) -> Turn:
    return Turn(question, question, (), answer, 0.0, documents=documents)


def refs(before: list[Turn], last: Turn, left_out: int = 0) -> list[list[DocumentRef]]:
    messages = messages_of(before, last, left_out)
    return [[part for part in each.parts if isinstance(part, DocumentRef)] for each in messages if each.role == "user"]


def test_what_was_given_of_a_document_is_given_again() -> None:
    first = turn("How much?", LEASE, answer=Answer("finished", "900 [11].", sources=(source(LEASE, 1, 4, found=1),)))
    later = turn("And when?", answer=Answer("finished", "Monthly [17].", sources=(source(LEASE, 7),)))
    third = turn("Thanks.", answer=Answer("finished", "Yes.", sources=(source(LEASE),)))
    asked = refs([first, later, third], turn("Pets?", RULES, answer=Answer()))
    assert asked == [
        [DocumentRef(LEASE.id, "/papers/lease.pdf", "lease.pdf", (1, 4), (11, 14), 1)],
        [DocumentRef(LEASE.id, "/papers/lease.pdf", "lease.pdf", (7,), (17,))],
        [],
        [DocumentRef(RULES.id, "/papers/rules.txt", "rules.txt")],
    ]


def test_documents_of_what_is_left_out_come_with_the_question() -> None:
    answered = turn("How much?", LEASE, answer=Answer("finished", "900.", sources=(source(LEASE, 1),)))
    failed = turn("Pets?", RULES, answer=Answer("failed"))
    last = turn("So?", answer=Answer())
    assert [[ref.name for ref in each] for each in refs([answered, failed], last)] == [["lease.pdf"], ["rules.txt"]]
    (only,) = refs([answered, failed], last, left_out=2)
    assert [(ref.name, ref.passages) for ref in only] == [("lease.pdf", ()), ("rules.txt", ())]
    assert refs([answered], turn("Again", LEASE, answer=Answer()), left_out=2) == [
        [DocumentRef(LEASE.id, "/papers/lease.pdf", "lease.pdf")]
    ]


def test_pictures_come_before_documents_and_documents_before_the_words(keep: Callable[[str], Attachment]) -> None:
    picture = keep("teal")
    scanned = replace(LEASE, shown=(ShownPage(3, "c" * 64, Path("/pictures/c.png"), 1280, 900),))
    (message,) = messages_of([], Turn("t", "When?", (picture,), Answer(), 0.0, documents=(scanned,)))
    assert [type(part) for part in message.parts] == [Image, DocumentRef, Text]
    assert message.parts[1].pictures == (PagePicture(3, "c" * 64, "/pictures/c.png"),)  # type: ignore[union-attr]


def test_an_answer_keeps_what_it_cites_and_where_it_looked(chat: Watched) -> None:
    chat.session.ask("How much?", (), (LEASE,))
    assert chat.turn.documents == (LEASE,)
    request = chat.client.last
    chat.client.say(SourcesRead(request, (source(LEASE, 1),)))
    assert chat.answer.sources == (source(LEASE, 1),)
    chat.client.say(ToolCall(request, "c", "search_document", {"query": "rent"}))
    assert chat.sentence == "Searching the documents"
    chat.client.say(Searched(request, "rent", (passage(4),)))
    chat.client.say(SourcesRead(request, (source(LEASE, 1, 4, found=1),)))
    chat.client.say(Cited(request, 14, passage(4, 3)))
    chat.client.write("It is “900 euros” [14].")
    chat.client.say(QuoteChecked(request, 14, "900 euros", True, 3, (Box(0.1, 0.2, 0.3, 0.4),)))
    chat.client.finish()
    citation = Citation(14, passage(4, 3), "900 euros", True, (Box(0.1, 0.2, 0.3, 0.4),), 3)
    assert chat.stored.citations == (citation,)
    assert chat.stored.sources == (source(LEASE, 1, 4, found=1),)
    assert [(each.query, each.found) for each in chat.stored.searches] == [("rent", (passage(4),))]
    chat.session.ask("And then?")
    (ref,) = refs(list(chat.session.conversation.turns[:-1]), chat.turn)[0]  # type: ignore[union-attr]
    assert (ref.passages, ref.marks, ref.found) == ((1, 4), (11, 14), 1)


def test_a_quote_that_is_not_there_outweighs_one_that_is(chat: Watched) -> None:
    chat.session.ask("How much?", (), (LEASE,))
    request = chat.client.last
    chat.client.say(Cited(request, 1, passage(1)))
    chat.client.write("“900 euros” and “no pets at all” [1].")
    chat.client.say(QuoteChecked(request, 1, "900 euros", True, 1, (Box(0, 0, 1, 1),)))
    chat.client.say(QuoteChecked(request, 1, "no pets at all", False, 0, ()))
    chat.client.say(QuoteChecked(request, 1, "900", True, 1, ()))
    chat.client.finish()
    (citation,) = chat.stored.citations
    assert (citation.quote, citation.proved, citation.place, citation.lines) == (
        "no pets at all",
        False,
        1,
        passage(1).boxes,
    )


def test_what_a_text_that_is_void_cites_is_void_too(chat: Watched) -> None:
    chat.session.ask("How much?", (), (LEASE,))
    request = chat.client.last
    chat.client.say(Cited(request, 1, passage(1)))
    chat.client.write("So [1] so [1]")
    chat.client.say(Notice(request, "repetition", "It went in circles."))
    assert chat.answer.citations == ()
    chat.client.say(Cited(request, 2, passage(2)))
    chat.client.write("Yes [2].")
    chat.client.finish()
    assert [citation.number for citation in chat.stored.citations] == [2]


def test_documents_without_a_word_are_summarised(chat: Watched) -> None:
    chat.session.ask("", (), (LEASE, RULES))
    assert chat.session.conversation.title == "lease.pdf"  # type: ignore[union-attr]
    assert chat.turn.question == "Summarise these documents."
    assert chat.client.requests[-1].task == "summarise"
    chat.client.say(TaskProgress(chat.client.last, 3, 12, "Reading part 4"))
    assert chat.sentence == "Reading part 4, 3 of 12"
    chat.client.finish()
    chat.session.edit(chat.turn.id, "How much?")
    assert chat.client.requests[-1].task == "answer"
    assert chat.turn.documents == (LEASE, RULES)


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        ("Summarise this.", True),
        ("Please summarize the second chapter", True),
        ("Give me a short summary", True),
        ("Fass das bitte zusammen", True),
        ("What does the summary on page 2 say?", False),
        ("Who wrote this?", False),
    ],
)
def test_when_a_summary_is_asked_for(question: str, wants: bool) -> None:
    assert wants_summary(question) is wants


def test_a_question_of_documents_alone_is_called_by_their_name() -> None:
    assert title_of("", (), (RULES, LEASE)) == "rules.txt"
    assert title_of("When?", (), (RULES,)) == "When?"


def test_documents_that_wait_are_read_ahead(chat: Watched) -> None:
    chat.session.prepare_for((), (LEASE,))
    from PySide6.QtCore import QCoreApplication

    QCoreApplication.processEvents()
    (prepare,) = chat.client.prepares
    (message,) = prepare.messages
    assert [part.name for part in message.parts if isinstance(part, DocumentRef)] == ["lease.pdf"]
