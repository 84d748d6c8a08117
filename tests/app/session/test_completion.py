"""The plain page's side of the model process: what is sent, what comes back, and that neither disturbs a question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.engine_client import ProcessOutcome
from app.session.completion import LENGTH, NO_MODEL, NOTHING_SAID, CompletionSession
from app.session.queue import WAITS
from app.store.errors import FULL, StoreError
from app.store.store import Store
from engine.protocol import LoadProgress, Notice, PrefillProgress
from tests.app.session.fakes import BASE, Clock, FakeClient, Watched, texts


class Page:
    """A completion session beside a chat on the same model process, and what it said, in order."""

    def __init__(self, chat: Watched) -> None:
        self.chat, self.client = chat, chat.client
        self.session = CompletionSession(chat.client, chat.store)
        self.said: list[tuple[Any, ...]] = []
        for name in ("began", "extended", "taken_back", "noted", "ended", "problem"):
            getattr(self.session, name).connect(self._note(name))

    def _note(self, name: str) -> Any:
        return lambda *values: self.said.append((name, *values))

    def take(self) -> list[tuple[Any, ...]]:
        said = self.said.copy()
        self.said.clear()
        return said


@pytest.fixture
def page(qtbot: QtBot, store: Store) -> Iterator[Page]:
    chat = Watched(FakeClient(), store, Clock())
    made = Page(chat)
    chat.session.use_model("/models/Qwen3.5-4B-Base")
    chat.client.ready(BASE)
    yield made
    made.session.close()
    chat.session.close()


def test_a_text_is_continued_without_a_template(page: Page, qtbot: QtBot) -> None:
    page.session.go_on("It was a dark ")
    (request,) = page.client.requests
    assert (request.raw, request.max_tokens, request.thinking.enabled) == (True, LENGTH, False)
    assert texts(request) == [("user", "It was a dark ")]
    assert page.take() == [("began",)]
    page.client.write("and ")
    page.client.write("stormy")
    qtbot.waitUntil(lambda: page.said == [("extended", "and stormy")])
    # Qwen's own tags are text on a plain page.
    page.client.write(" night", "reasoning")
    page.client.finish("length")
    assert page.take() == [("extended", "and stormy"), ("extended", " night"), ("ended", "")]
    assert not page.session.busy


def test_one_is_stopped_and_keeps_what_was_written(page: Page) -> None:
    page.session.go_on("One")
    page.session.go_on("Two")
    assert len(page.client.requests) == 1
    page.client.write(" two")
    page.session.stop()
    assert page.client.state == "cancelling"
    page.client.finish("cancelled")
    assert page.take()[1:] == [("extended", " two"), ("ended", "")]


def test_text_that_went_in_circles_is_taken_back(page: Page) -> None:
    page.session.go_on("La")
    page.client.write(" la la")
    page.client.say(Notice(page.client.last, "repetition", "The answer began again."))
    page.client.write(" land")
    page.client.finish()
    names = [name for name, *_ in page.said]
    assert names == ["began", "taken_back", "noted", "extended", "ended"]
    assert page.said[-2] == ("extended", " land")


def test_an_end_without_a_word_is_explained(page: Page) -> None:
    page.session.go_on("The end.")
    page.client.finish()
    assert page.take() == [("began",), ("noted", NOTHING_SAID), ("ended", "")]


def test_a_failure_is_its_sentence(page: Page) -> None:
    page.session.go_on("Long")
    page.client.fail("It is too long.")
    assert page.take() == [("began",), ("ended", "It is too long.")]
    page.session.go_on("Shorter")
    assert len(page.client.requests) == 2


def test_a_crash_is_told_and_the_model_is_there_again_for_the_next_try(page: Page) -> None:
    page.session.go_on("Boom")
    page.client.write(" and")
    page.client.crash()
    (_, extended, (name, sentence)) = page.take()
    assert (extended, name) == (("extended", " and"), "ended")
    assert "SIGSEGV" in sentence
    # The chat has started it again; a continuation waits until it is loaded.
    assert page.client.state == "starting"
    page.session.go_on("Boom and")
    assert page.session.busy
    page.client.ready(BASE)
    assert texts(page.client.requests[-1]) == [("user", "Boom and")]
    page.client.crash()
    assert page.client.state == "crashed", "the second one within a minute"
    page.take()
    page.session.go_on("Boom and")
    assert page.client.state == "starting"
    page.client.crash()
    assert [name for name, *_ in page.take()] == ["began", "ended"]


def test_one_that_waits_fails_with_the_load_or_is_given_up(page: Page) -> None:
    page.chat.session.use_model("/models/gone-Base")
    page.session.go_on("One")
    page.client.fail_to_load("There is no folder gone-Base.")
    assert page.take() == [("began",), ("ended", "There is no folder gone-Base.")]
    page.chat.session.use_model("/models/slow-Base")
    page.session.go_on("One")
    page.session.stop()
    assert page.take() == [("began",), ("ended", "")]
    page.client.ready(BASE)
    assert page.client.requests == []


def test_another_model_ends_what_is_written_and_what_waits(page: Page) -> None:
    page.session.go_on("One")
    page.client.write(" two")
    page.chat.session.use_model("/models/Qwen3.5-4B")
    page.client.ended.emit(ProcessOutcome("asked"))
    assert page.take() == [("began",), ("extended", " two"), ("ended", "")]
    page.session.go_on("One two")
    page.client.ready()
    assert len(page.client.requests) == 1
    assert page.take() == [("began",), ("ended", "")]


def test_without_a_model_it_says_what_to_do(page: Page) -> None:
    page.client.enter("stopped")
    page.client.chosen = None
    page.session.go_on("One")
    assert page.take() == [("began",), ("ended", NO_MODEL)]


def test_questions_wait_for_a_model_that_answers_and_the_status_says_so(page: Page) -> None:
    page.chat.session.ask("What is this?")
    assert page.client.requests == []
    assert page.chat.sentence == WAITS
    page.session.go_on("It was")
    page.client.write(" dark")
    page.client.finish()
    assert len(page.client.requests) == 1, "the question does not follow the continuation"
    page.chat.session.use_model("/models/Qwen3.5-4B")
    page.client.ready()
    assert texts(page.client.requests[-1])[-1] == ("user", "What is this?")
    page.client.write("A dialog.")
    page.client.finish()
    assert page.chat.answer.text == "A dialog."


def test_a_question_that_waits_can_be_taken_back(page: Page) -> None:
    page.chat.session.ask("What is this?")
    page.chat.session.stop()
    assert page.chat.answer.state == "stopped"
    assert page.chat.sentence == "Ready"


def test_the_status_follows_a_continuation(page: Page, qtbot: QtBot) -> None:
    page.session.go_on("It was")
    assert page.chat.sentence == "Reading the text"
    page.client.say(PrefillProgress(page.client.last, 0, 512, 2_048))
    assert page.chat.sentence == "Reading 512 of 2,048 tokens"
    page.chat.said.clear()
    page.client.write(" dark")
    qtbot.waitUntil(lambda: bool(page.chat.values("status_changed")))
    assert page.chat.sentence == "Writing"
    page.client.finish()
    page.session.go_on("It was dark")
    assert page.chat.sentence == "Reading the text", "not what the last one did"


def test_the_page_is_kept_and_a_full_disk_is_told(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    page.session.keep("It was \ud800 dark")
    assert page.session.restore() == "It was ? dark"

    def refuse(*_arguments: object) -> None:
        raise StoreError(FULL)

    monkeypatch.setattr(Store, "set_page", refuse)
    monkeypatch.setattr(Store, "page", refuse)
    page.session.keep("more")
    assert page.session.restore() == ""
    assert page.take() == [("problem", FULL), ("problem", FULL)]


def test_events_of_a_load_are_no_concern_of_the_page(page: Page) -> None:
    page.client.say(LoadProgress(1, 2))
    page.client.say(Notice("another", "cut_short", "Elsewhere."))
    assert page.take() == []
