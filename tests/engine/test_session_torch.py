"""The session on the real model code: what it does between prompt and answer changes no number."""

from __future__ import annotations

import gc
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pictures

from engine import decode
from engine.backends.base import Chunk, PlacedImage
from engine.backends.torch.backend import TorchBackend
from engine.backends.torch.cache import TorchState
from engine.prefix import PrefixIndex
from engine.prompt import build_prompt
from engine.protocol import (
    CalledTool,
    Event,
    Failed,
    Finished,
    Generate,
    Image,
    Message,
    Notice,
    Sampling,
    Text,
    TextDelta,
    Thinking,
    Tool,
)
from engine.session import Session, open_session
from tests.checkpoints import make_tiny

GREEDY = Sampling(greedy=True)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder = make_tiny(tmp_path_factory.mktemp("model"), "4B", seed=5)
    opened = open_session(folder, "cpu", "float32", lambda done, total: None, lambda: None)
    # What is kept between requests has tests of its own.
    opened._model.backend.snapshot_bytes = 0  # type: ignore[misc]
    opened._prefixes = PrefixIndex(0)
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


# --- The same again, and nothing left over --------------------------------------------------------------------------


@pytest.mark.parametrize("sampling", [Sampling(seed=3), Sampling(seed=3, temperature=2.0, top_k=0, presence_penalty=2)])
def test_the_same_seed_gives_the_same_text(session: Session, request_: Generate, sampling: Sampling) -> None:
    """In the same session, in which the picture is then known already, and in a new one."""
    request = replace(request_, sampling=sampling)
    first, events = run(session, request)
    assert run(session, request)[0] == first
    assert run(session, replace(request, sampling=replace(sampling, seed=4)))[0] != first
    again, told = run(Session(session._model.backend, session._model.tokenizer, session._sight._folder), request)
    assert again == first
    assert [event for event in told if isinstance(event, TextDelta)] == [
        event for event in events if isinstance(event, TextDelta)
    ]


def states() -> list[TorchState]:
    return [thing for thing in gc.get_objects() if type(thing) is TorchState]


@pytest.fixture
def _counted() -> Iterator[None]:
    """Without the collector, so that what a cycle keeps alive is seen."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_counted")
@pytest.mark.parametrize("sampling", [GREEDY, Sampling(seed=1)])
def test_the_memory_of_a_conversation_is_free_when_its_last_event_comes(
    session: Session, request_: Generate, sampling: Sampling
) -> None:
    for event in session.generate(replace(request_, sampling=sampling, thinking=Thinking(True, 4)), lambda: False):
        if isinstance(event, Finished | Failed):
            assert states() == []
    assert isinstance(event, Finished)


@pytest.mark.usefixtures("_counted")
def test_a_restart_frees_the_void_attempt_first(
    session: Session, request_: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "Watchdog", alarm_after(5))
    held: list[int] = []
    prefill = TorchBackend.prefill_keeping

    def watched(backend: TorchBackend, *arguments: Any) -> Any:
        held.append(len(states()))
        return prefill(backend, *arguments)

    monkeypatch.setattr(TorchBackend, "prefill_keeping", watched)
    run(session, replace(request_, sampling=Sampling(seed=41), thinking=Thinking(True)))
    # The prompt, and the way without thinking from the copy that was kept: alone.
    assert held == [1, 1]


def test_the_cache_never_moves_while_the_request_keeps_its_length(
    session: Session, request_: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Growing needs the old and the new one at once, which a full memory does not hold."""
    from engine.backends.torch.cache import KvCache

    def refuse(*arguments: Any) -> Any:
        raise AssertionError("the cache grew")

    set_chunks(monkeypatch, 37)
    monkeypatch.setattr(KvCache, "_grown", refuse)
    run(session, replace(request_, sampling=Sampling(seed=2), max_tokens=1100))


# --- What goes wrong inside -----------------------------------------------------------------------------------------


def break_at(patch: pytest.MonkeyPatch, place: str, after: int, error: Exception) -> None:
    """Call `after` + 1 of the function at `place` raises `error`."""
    original, left = pkgutil.resolve_name(place), iter([None] * after)

    def broken(*arguments: Any, **options: Any) -> Any:
        if next(left, error) is error:
            raise error
        return original(*arguments, **options)

    patch.setattr(place, broken)


@pytest.mark.usefixtures("_counted")
@pytest.mark.parametrize(
    ("place", "after"),
    [
        ("engine.tokenizer.Tokenizer.render", 0),
        ("engine.tokenizer.Tokenizer.encode", 1),
        ("engine.tokenizer.Tokenizer.bytes_of", 2),
        ("engine.sight.open_picture", 0),
        ("engine.sight.prepare", 0),
        ("engine.backends.torch.vision.attend", 1),
        ("engine.backends.torch.backend.TorchBackend.new_state", 0),
        ("engine.backends.torch.backend.TorchBackend.copy_state", 0),
        ("engine.backends.torch.text.attend", 1),
        ("engine.backends.torch.backend.TorchBackend.prefill_keeping", 0),
        ("engine.backends.torch.backend.TorchBackend.step", 2),
        ("engine.sampling.Sampler.pick", 2),
        ("engine.stream.OutputStream.push", 2),
        ("engine.stream.OutputStream.finish", 0),
        ("engine.watchdog.Watchdog.push", 2),
        ("engine.tally.Tally.finished", 0),
    ],
)
def test_an_error_anywhere_ends_the_request_in_one_event_and_leaves_nothing(
    session: Session,
    request_: Generate,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    place: str,
    after: int,
) -> None:
    fresh = Session(session._model.backend, session._model.tokenizer, session._sight._folder)
    request = replace(request_, sampling=Sampling(seed=1), thinking=Thinking(True, 3))
    with monkeypatch.context() as patch:
        break_at(patch, place, after, RuntimeError("boom"))
        events = list(fresh.generate(request, lambda: False))
    assert [event for event in events if isinstance(event, Finished | Failed)] == events[-1:]
    last = events[-1]
    assert isinstance(last, Failed)
    assert (last.request_id, last.code, last.fatal) == ("r1", "internal", False)
    assert "boom" in caplog.text
    for record in caplog.records:
        record.exc_info = None  # pytest keeps the records, and with them the frames.
    caplog.clear()
    gc.collect()
    assert states() == []
    run(fresh, request)


@pytest.mark.parametrize("place", ["engine.backends.torch.vision.attend", "engine.backends.torch.text.attend"])
@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("XPU out of memory."),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 5 bytes."),
        RuntimeError("MPS backend out of memory (MPS allocated: 5.00 GB, max allowed: 5.00 GB)."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
    ids=["python", "card", "processor", "apple", "matrix library"],
)
def test_every_way_to_run_out_of_memory_is_called_so(
    session: Session, request_: Generate, monkeypatch: pytest.MonkeyPatch, place: str, error: Exception
) -> None:
    fresh = Session(session._model.backend, session._model.tokenizer, session._sight._folder)
    with monkeypatch.context() as patch:
        break_at(patch, place, 0, error)
        last = list(fresh.generate(request_, lambda: False))[-1]
    assert isinstance(last, Failed)
    assert (last.code, last.fatal) == ("out_of_memory", False)
    run(fresh, request_)


# --- Pictures in many places ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", ["0.8B", "2B", "9B"])
def test_a_tool_brings_a_picture_and_the_other_tiers_see_it_too(tmp_path: Path, request_: Generate, tier: str) -> None:
    """Pictures in two turns and in a tool's result; other pixels there give another answer."""
    folder = make_tiny(tmp_path / "model", tier, seed=5, mtp=False)
    session = open_session(folder, "cpu", "auto", lambda done, total: None, lambda: None)
    torch.set_num_threads(1)
    pictures = []
    for index, size in enumerate([(320, 256), (256, 640), (700, 300), (700, 300)]):
        path = tmp_path / f"{index}.png"
        noise = np.random.default_rng(index).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
        Pictures.fromarray(noise).save(path)
        pictures.append(Image(f"picture-{index}", str(path)))
    tool = Tool("zoom", "Look closer.", {"type": "object", "properties": {"factor": {"type": "integer"}}})

    def conversation(seen: Image) -> Generate:
        return replace(
            request_,
            messages=(
                Message("user", (pictures[0], Text("What is this?"))),
                Message("assistant", (Text("Noise."),), reasoning="Grey dots."),
                Message("user", (Text("And this?"), pictures[1])),
                Message("assistant", (), tool_calls=(CalledTool("zoom", {"factor": 2, "exact": True}),)),
                Message("tool", (Text("Here:"), seen)),
            ),
            tools=(tool,),
            sampling=GREEDY,
            max_tokens=8,
        )

    tokens, events = run(session, conversation(pictures[2]))
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.usage.image == 80 + 160 + 22 * 9
    assert run(session, conversation(pictures[2]))[0] == tokens
    states_of = [seen_logits(session, conversation(picture)) for picture in pictures[2:]]
    assert not np.allclose(*states_of, atol=1e-3)
    session.close()


def seen_logits(session: Session, request: Generate) -> Any:
    """The logits behind the whole prompt."""
    found = []
    prefill = session._model.backend.prefill_keeping

    def watched(*arguments: Any) -> Any:
        logits, copies = prefill(*arguments)
        found.append(logits)
        return logits, copies

    session._model.backend.prefill_keeping = watched  # type: ignore[method-assign]
    try:
        run(session, request)
    finally:
        del session._model.backend.prefill_keeping
    return found[-1]
