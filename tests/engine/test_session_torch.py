"""The session on the real model code: what it does between prompt and answer changes no number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image as Pictures

from engine import decode
from engine.backends.base import Chunk, PlacedImage
from engine.backends.torch.backend import TorchBackend
from engine.prompt import build_prompt
from engine.protocol import Event, Finished, Generate, Image, Message, Notice, Sampling, Text, Thinking
from engine.session import Session, open_session
from tests.checkpoints import make_tiny

GREEDY = Sampling(greedy=True)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder = make_tiny(tmp_path_factory.mktemp("model"), "4B", seed=5)
    opened = open_session(folder, "cpu", "float32", lambda done, total: None, lambda: None)
    torch.set_num_threads(1)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> Generate:
    path = tmp_path_factory.mktemp("picture") / "noise.png"
    pixels = np.random.default_rng(1).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    Pictures.fromarray(pixels).save(path)
    parts = (Image("noise", str(path)), Text("What is in the picture? " * 4))
    return Generate("r1", (Message("user", parts),), system="", max_tokens=24)


def run(session: Session, request: Generate) -> tuple[tuple[int, ...], list[Event]]:
    events = list(session.generate(request, lambda: False))
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1].tokens, events


def set_chunks(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(TorchBackend, "chunk_size", property(lambda backend: size))


def test_the_chunk_size_changes_nothing(session: Session, request_: Generate, monkeypatch: pytest.MonkeyPatch) -> None:
    """37 cuts the picture several times, and words between their characters."""
    request = replace(request_, sampling=GREEDY)
    whole, _ = run(session, request)
    set_chunks(monkeypatch, 37)
    assert run(session, request)[0] == whole
    assert len(set(whole)) > 3


def test_an_answer_after_a_closed_think_block_is_what_the_model_says_to_that_text(
    session: Session, request_: Generate
) -> None:
    request = replace(request_, sampling=GREEDY, thinking=Thinking(True, 8))
    tokens, events = run(session, request)
    close = session._model.tokenizer.encode("\n</think>\n\n")
    assert list(tokens[8 : 8 + len(close)]) == close
    assert any(isinstance(event, Notice) and event.code == "thinking_budget" for event in events)

    backend, spec = session._model.backend, session._model.backend.spec
    picture = request.messages[0].parts[0]
    assert isinstance(picture, Image)
    grid = session._sight.grid(picture, "balanced")
    prompt = build_prompt(request, session._model.tokenizer, spec, [grid], thinking=True)
    span = prompt.images[0]
    features = session._sight.features(picture, "balanced", lambda: None)
    said = np.array(tokens[: 8 + len(close)])
    after = np.tile(np.arange(prompt.next_position, prompt.next_position + len(said)), (3, 1))
    state = backend.new_state()
    placed = PlacedImage(span.at, features, 0, span.count)
    logits = backend.prefill(
        state,
        Chunk(np.concatenate([prompt.tokens, said]), np.concatenate([prompt.positions, after], axis=1), (placed,)),
        lambda: None,
    )
    expected = []
    for index in range(request.max_tokens):
        expected.append(int(logits.argmax()))
        if expected[-1] in session._model.tokenizer.end_tokens:
            break
        logits = backend.step(state, expected[-1], prompt.next_position + len(said) + index)
    assert list(tokens[len(said) :]) == expected


@pytest.mark.parametrize("chunk", [37, 512])
@pytest.mark.parametrize("thinking", [True, False])
def test_a_restart_answers_as_if_thinking_had_never_begun(
    session: Session, request_: Generate, monkeypatch: pytest.MonkeyPatch, thinking: bool, chunk: int
) -> None:
    """The kept state has read exactly what both prompts share: another token of it, and the answer differs."""
    set_chunks(monkeypatch, chunk)
    fresh, _ = run(session, replace(request_, sampling=Sampling(seed=42)))
    monkeypatch.setattr(decode, "Watchdog", alarm_after(11))
    looping = replace(request_, sampling=Sampling(seed=41), thinking=Thinking(thinking))
    tokens, events = run(session, looping)
    assert [event.code for event in events if isinstance(event, Notice)] == ["repetition"]
    assert tokens[11:] == fresh


def alarm_after(count: int) -> Callable[[], object]:
    """A watchdog that sees one loop, at token `count`."""

    class Watchdog:
        def __init__(self) -> None:
            self._left = count

        def push(self, token: int) -> bool:
            self._left -= 1
            return self._left == 0

        def reset(self) -> None:
            pass

    return Watchdog
