"""Whole requests about documents: what is told in which order, the searches of the model's own, summaries in parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from PIL import Image as Pictures

from engine.backends.script import Answer
from engine.documents.answers.search_tool import NO_MORE, NO_QUERY, NO_ROOM, NOTHING
from engine.prompt import Prompt
from engine.protocol import (
    Cited,
    DocumentRef,
    Event,
    Failed,
    Finished,
    Generate,
    Image,
    Message,
    Notice,
    PagePicture,
    Prepare,
    Searched,
    SourceRead,
    SourcesRead,
    TaskProgress,
    Text,
    TextDelta,
    Thinking,
    ToolCall,
)
from engine.session import Session, open_session
from engine.tool_loop import CALLS
from tests.checkpoints import make_tiny
from tests.scripted import answer, count, loop, make_scripted, say
from tests.shelf import answered, call, filler, shelve

E = TypeVar("E")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path / "home"))


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Generate, Prompt]]:
    """What the model read in every go."""
    built: list[tuple[Generate, Prompt]] = []
    prompts = Session._prompts

    def watched(session: Session, request: Generate, *arguments: Any) -> Any:
        made = prompts(session, request, *arguments)
        built.append((request, made[1]))
        return made

    monkeypatch.setattr(Session, "_prompts", watched)
    return built


@pytest.fixture
def session_of(tmp_path: Path) -> Callable[..., Session]:
    def make(*answers: Answer | str, **options: Any) -> Session:
        folder = make_scripted(tmp_path / "model", answers, **options)
        return open_session(folder, "auto", "auto", lambda done, total: None, lambda: None)

    return make


def run(session: Session, request: Generate, stop_when: Callable[[Event], bool] = lambda event: False) -> list[Event]:
    cancelled: list[bool] = []
    events = []
    for event in session.generate(request, lambda: bool(cancelled)):
        events.append(event)
        if stop_when(event):
            cancelled.append(True)
    assert [isinstance(event, Finished | Failed) for event in events] == [False] * (len(events) - 1) + [True]
    return events


def of(kind: type[E], events: Sequence[Event]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def text_of(events: Sequence[Event]) -> str:
    return "".join(event.text for event in of(TextDelta, events) if event.channel == "answer")


def finished(events: Sequence[Event]) -> Finished:
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1]


def source(events: Sequence[Event]) -> SourceRead:
    return of(SourcesRead, events)[-1].sources[0]


def asked(text: str, *parts: Any, before: tuple[Message, ...] = (), **fields: Any) -> Generate:
    return Generate("r1", (*before, Message("user", (*parts, Text(text)))), **fields)


def lease() -> DocumentRef:
    return shelve("lease.pdf", ["The rent is 900 euros.", "Pets are not allowed.", "Signed in Bremen."])


def long_lease() -> DocumentRef:
    said = {70: "The deposit is three times the rent.", 150: "Dogs: never allowed."}
    return shelve("long.pdf", [said.get(number, filler(number)) for number in range(1, 201)])


# --- One question ---------------------------------------------------------------------------------------------------


def test_what_was_read_is_told_before_the_first_word_and_marks_are_cited(session_of: Callable[..., Session]) -> None:
    events = run(session_of("Nine hundred euros [1], no pets [2], see [7]."), asked("How much?", lease()))
    kinds = [type(event) for event in events]
    assert kinds.index(SourcesRead) < kinds.index(TextDelta)
    assert source(events).whole
    assert [(event.number, event.passage.page) for event in of(Cited, events)] == [(1, 1), (2, 2)]
    assert text_of(events) == "Nine hundred euros [1], no pets [2], see [7]."
    assert finished(events).reason == "stop"


def test_the_second_question_begins_with_the_tokens_of_the_first(
    session_of: Callable[..., Session], heard: list[tuple[Generate, Prompt]]
) -> None:
    for ref in (lease(), long_lease()):
        heard.clear()
        session = session_of("The rent [1].")
        events = run(session, asked("What is the deposit?", ref))
        before = (
            Message("user", (answered(ref, source(events)), Text("What is the deposit?"))),
            Message("assistant", (Text("The rent [1]."),)),
        )
        again = run(session, asked("Are dogs allowed?", before=before))
        (_, first), (_, second) = heard
        # The last tokens are the opened think block, of which the template leaves nothing later.
        opened = len(first.tokens) - 12
        assert np.array_equal(second.tokens[:opened], first.tokens[:opened])
        assert text_of(again) == "The rent [1]."
        assert [event.number for event in of(Cited, again)] == [1]


def test_a_document_that_was_not_read_fails_with_a_sentence(session_of: Callable[..., Session]) -> None:
    events = run(session_of("Yes."), asked("What?", DocumentRef("0" * 64, "/lease.pdf", "lease.pdf")))
    assert events == [Failed("r1", "document_unreadable", "lease.pdf has not been read yet. Add it again.")]


def test_a_picture_of_a_page_is_seen_and_read_ahead(session_of: Callable[..., Session], tmp_path: Path) -> None:
    Pictures.new("RGB", (320, 256), "teal").save(tmp_path / "page.png")
    ref = replace(lease(), pictures=(PagePicture(1, "page", str(tmp_path / "page.png")),))
    session = session_of("It is teal [1].")
    ahead = list(session.prepare(Prepare("p1", (Message("user", (ref,)),)), lambda: False))
    assert finished(ahead).reason == "prepared"
    assert finished(ahead).usage.image == 80
    events = run(session, asked("What colour?", ref))
    assert finished(events).usage.image == 80


def test_documents_that_are_read_whole_are_read_ahead(
    session_of: Callable[..., Session], heard: list[tuple[Generate, Prompt]]
) -> None:
    session = session_of("The rent [1].")
    ahead = list(session.prepare(Prepare("p1", (Message("user", (lease(),)),)), lambda: False))
    run(session, asked("1 month of what?", lease()))
    (_, first), (_, second) = heard
    total = finished(ahead).usage.prompt
    assert total == first.opening == second.opening > 500
    assert np.array_equal(first.tokens[:total], second.tokens[:total])
    before = Message("user", (lease(), Text("What is the rent?")))
    long = Prepare("p2", (before, Message("assistant", (Text("Nine."),)), Message("user", (long_lease(),))))
    assert finished(list(session.prepare(long, lambda: False))).usage.prompt == 0


def test_passages_are_left_out_before_a_question_is_refused(session_of: Callable[..., Session]) -> None:
    """A token is a letter here: the document alone is longer than the memory."""
    events = run(
        session_of("Three times [1].", context_limit=4_000), asked("What is the deposit?", long_lease(), system="")
    )
    assert finished(events).usage.prompt < 4_000
    assert not source(events).whole
    assert 70 in source(events).pages


# --- Searching ------------------------------------------------------------------------------------------------------


def results(request: Generate) -> list[str]:
    return [
        part.text
        for message in request.messages
        if message.role == "tool"
        for part in message.parts
        if isinstance(part, Text)
    ]


def test_the_model_may_search_and_cites_what_it_found(
    session_of: Callable[..., Session], heard: list[tuple[Generate, Prompt]]
) -> None:
    session = session_of("I look.\n\n" + call("search_document", query="dogs"), "Not allowed [1].")
    events = run(session, asked("Is the deposit high?", long_lease()))
    first, second = (told.sources[0] for told in of(SourcesRead, events))
    new = second.marks[-1]
    assert (second.found, second.passages[-1], second.passages[:-1]) == (1, 150, first.passages)
    assert new == max(first.marks) + 1
    (searched,) = of(Searched, events)
    assert (searched.query, [passage.page for passage in searched.found]) == ("dogs", [150])
    assert results(heard[-1][0]) == [f"From long.pdf:\n\n[{new}] (page 150) Dogs: never allowed."]
    assert text_of(events) == "I look.\n\nNot allowed [1]."
    kinds = [type(event) for event in events]
    assert kinds.index(ToolCall) < kinds.index(Searched) < len(kinds) - kinds[::-1].index(SourcesRead)


def test_what_was_found_keeps_its_number_in_the_next_question(
    session_of: Callable[..., Session], heard: list[tuple[Generate, Prompt]]
) -> None:
    ref = long_lease()
    session = session_of(call("search_document", query="dogs"), "Not allowed [3].", "As I said [3], and [4].")
    events = run(session, asked("Is the deposit high?", ref))
    mark = source(events).marks[-1]
    before = (
        Message("user", (answered(ref, source(events)), Text("Is the deposit high?"))),
        Message("assistant", (Text(f"Not allowed [{mark}]."),)),
    )
    again = run(session, asked("What of violins and granite?", before=before))
    others = {
        number for number, passage in zip(source(again).marks, source(again).passages, strict=True) if passage != 150
    }
    assert mark not in others
    (cited,) = [event for event in of(Cited, again) if event.number == mark]
    assert cited.passage.page == 150


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        ([call("search_document", query="zzz")], [NOTHING]),
        ([call("search_document", query=" ")], [NO_QUERY]),
        ([call("search_document", query="zzz")] * (CALLS + 1), [NOTHING] * CALLS + [NO_MORE]),
    ],
)
def test_a_search_that_gives_nothing_goes_on(
    session_of: Callable[..., Session], heard: list[tuple[Generate, Prompt]], calls: list[str], told: list[str]
) -> None:
    events = run(session_of(*calls, "I do not know."), asked("Is the deposit high?", long_lease()))
    assert (results(heard[-1][0]), text_of(events)) == (told, "I do not know.")


def test_what_is_known_already_is_pointed_at(
    session_of: Callable[..., Session], heard: list[tuple[Generate, Prompt]]
) -> None:
    run(session_of(call("search_document", query="deposit"), "Yes."), asked("Is the deposit high?", long_lease()))
    assert results(heard[-1][0])[0].endswith("You were given these before: [2].")


def test_found_passages_that_do_not_fit_do_not_lose_the_answer(
    session_of: Callable[..., Session], heard: list[tuple[Generate, Prompt]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.documents.answers.search_tool.TOP", 24)
    monkeypatch.setattr("engine.documents.answers.search_tool.TOKENS", 50_000)
    request = asked("Is the deposit high?", long_lease(), system="", max_tokens=512)
    events = run(session_of(call("search_document", query="granite violin"), "No.", context_limit=6_000), request)
    assert text_of(events) == "No."
    assert results(heard[-1][0]) == [NO_ROOM]


def test_the_search_is_offered_only_where_something_was_left_out(
    session_of: Callable[..., Session], heard: list[tuple[Generate, Prompt]], tmp_path: Path
) -> None:
    Pictures.new("RGB", (320, 256), "teal").save(tmp_path / "shot.png")
    shot = Image("shot", str(tmp_path / "shot.png"))
    session = session_of("Yes.")
    for ref, names in ((lease(), ["zoom"]), (long_lease(), ["zoom", "search_document"])):
        run(session, asked("What?", shot, ref, zoom=True))
        assert [tool.name for tool in heard[-1][0].tools] == names


# --- Summaries ------------------------------------------------------------------------------------------------------


def test_a_long_document_is_summarised_part_by_part(
    session_of: Callable[..., Session], heard: list[tuple[Generate, Prompt]]
) -> None:
    session = session_of("A note [70].", context_limit=32_768)
    events = run(session, asked("Summarise this.", long_lease(), task="summarise"))
    told = of(TaskProgress, events)
    assert [event.done for event in told] == list(range(len(told)))
    assert {event.total for event in told[-1:]} == {len(told)}
    assert told[0].what.startswith("Reading pages 1 to ")
    assert told[-1].what == "Writing the summary"
    read = source(events)
    assert (read.whole, read.found, read.total_pages, read.left_out) == (True, 200, 200, "")
    assert read.marks == tuple(range(1, 201))
    # Only the summary is an answer, and its marks are those of the notes.
    assert text_of(events) == "A note [70]."
    assert [event.passage.page for event in of(Cited, events)] == [70]
    final = heard[-1][0].messages[-1].parts[0]
    assert isinstance(final, Text)
    assert final.text.count("A note [70].") == len(told) - 1
    assert final.text.endswith("Summarise this.")
    everything = "".join(
        part.text for asked_, _ in heard for part in asked_.messages[-1].parts if isinstance(part, Text)
    )
    assert "Dogs: never allowed" in everything


def test_a_short_document_is_summarised_at_once(session_of: Callable[..., Session]) -> None:
    events = run(session_of("A lease [1]."), asked("Summarise this.", lease(), task="summarise"))
    assert of(TaskProgress, events) == []
    assert text_of(events) == "A lease [1]."


def test_many_notes_are_merged(session_of: Callable[..., Session]) -> None:
    notes = answer(say("Much to note [3]. " * 20))
    session = session_of(*[notes] * 60, "The end [3].", context_limit=6_000)
    events = run(session, asked("Summarise this.", long_lease(), task="summarise", system=""))
    assert any(event.what == "Merging the notes" for event in of(TaskProgress, events))
    assert finished(events).reason in ("stop", "length")


@pytest.mark.parametrize("late", [False, True])
def test_a_summary_can_be_stopped_at_any_part(session_of: Callable[..., Session], late: bool) -> None:
    notes = "A note [1]." if late else answer(count(0.001))
    session = session_of(notes)
    seen: list[Event] = []

    def stop(event: Event) -> bool:
        seen.append(event)
        return len(of(TaskProgress, seen)) == 3 if late else isinstance(event, TaskProgress)

    events = run(session, asked("Summarise this.", long_lease(), task="summarise"), stop)
    assert finished(events).reason == "cancelled"
    assert text_of(events) == ""


def test_notes_that_go_in_circles_are_begun_again(session_of: Callable[..., Session]) -> None:
    circles = answer(loop("around and around it goes, "), again=(say("A note [1]."),))
    session = session_of(circles, "A note [2].")
    events = run(session, asked("Summarise.", long_lease(), task="summarise", thinking=Thinking(True)))
    assert of(Notice, events) == []
    assert "around" not in text_of(events)


# --- With the real model code ---------------------------------------------------------------------------------------


def test_a_document_is_read_once_for_all_questions_about_it(tmp_path: Path) -> None:
    session = open_session(
        make_tiny(tmp_path / "model", "4B", seed=5, mtp=False), "cpu", "float32", lambda done, total: None, lambda: None
    )
    torch.set_num_threads(1)
    ahead = finished(list(session.prepare(Prepare("p1", (Message("user", (lease(),)),)), lambda: False)))
    assert ahead.usage.prompt > 300
    for text in ("What is the rent?", "Are pets allowed?"):
        last = finished(run(session, asked(text, lease(), max_tokens=4)))
        assert last.usage.cached == ahead.usage.prompt
    session.close()
