"""Steps of a fixed shape give what plain ones give, whatever happens between them. A graphics card
records them; here a stand-in records them: each operation on its tensors, without the program around it."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from engine.backends.base import Chunk
from engine.backends.torch import graph
from engine.backends.torch.backend import TorchBackend, load
from engine.backends.torch.cache import TorchState
from engine.backends.torch.cuda_quantize import cuda_quantised
from engine.backends.torch.graph import Results, StaticSteps, Work
from tests.checkpoints import make_tiny

TOLERANCE = 1e-4
CPU = torch.device("cpu")
LIMIT = 4096


class Operations(TorchDispatchMode):
    """What runs while it is active. As in a CUDA graph a result has its memory for good, and none may be looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, tuple[Any, ...], dict[str, Any], Tensor]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        assert func is not torch.ops.aten._local_scalar_dense.default, "the length was asked for"
        out = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, out))
        return out

    def replay(self) -> None:
        for func, args, kwargs, out in self.calls:
            again = func(*args, **kwargs)
            for new, kept in zip(tree_leaves(again), tree_leaves(out), strict=True):
                if new.data_ptr() != kept.data_ptr():
                    kept.copy_(new)


class Tape:
    """Stands in for a CUDA graph."""

    def __init__(self) -> None:
        self.recorded = 0

    def record(self, work: Work) -> Work:
        self.recorded += 1
        for _ in range(graph.WARM_UP):
            work()
        with Operations() as operations:
            results = work()

        def replay() -> Results:
            operations.replay()
            return results

        return replay


class Broken:
    def record(self, work: Work) -> Work:
        work()
        raise RuntimeError("operation not permitted when stream is capturing")


@pytest.fixture(scope="module", params=["0.8B", "4B"])
def plain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TorchBackend]:
    folder = make_tiny(tmp_path_factory.mktemp("model"), request.param, seed=3)
    model = load(folder, "cpu", "float32", lambda done, total: None, lambda: None)
    torch.set_num_threads(1)
    yield model
    model.close()


@pytest.fixture(params=["unrecorded", "recorded"])
def static(plain: TorchBackend, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> TorchBackend:
    """The same weights with steps of a fixed shape."""
    return with_steps(plain, monkeypatch, Tape if request.param == "recorded" else None)


def with_steps(
    plain: TorchBackend, monkeypatch: pytest.MonkeyPatch, recorder: type[Tape] | type[Broken] | None, limit: int = LIMIT
) -> TorchBackend:
    text = plain._text
    assert text is not None
    model = TorchBackend(plain.spec, plain.info, text, None, plain._drafter, CPU, 0)
    model._steps = StaticSteps(text, CPU, limit, plain._drafter is not None)
    if recorder is not None:
        monkeypatch.setattr(graph, "Recorder", recorder)
        monkeypatch.setattr(model._steps, "_recording", True)
    return model


def read(model: TorchBackend, state: TorchState, length: int, seed: int = 0) -> NDArray[np.float32]:
    tokens = np.random.default_rng(seed).integers(0, 250, length)
    where = np.tile(np.arange(state.length, state.length + length), (3, 1))
    return model.prefill(state, Chunk(tokens, where), lambda: None)


class Twins:
    """The same conversation with steps of a fixed shape and with plain ones; each step is compared."""

    tolerance = TOLERANCE

    def __init__(self, static: TorchBackend, plain: TorchBackend, length: int, seed: int = 0) -> None:
        self.models = static, plain
        self.states = static.new_state(), plain.new_state()
        self.read(length, seed)

    def read(self, length: int, seed: int = 0) -> None:
        self.same([read(model, state, length, seed) for model, state in self.pairs()])

    def pairs(self) -> Iterator[tuple[TorchBackend, TorchState]]:
        return zip(self.models, self.states, strict=True)

    def write(self, steps: int) -> None:
        for _ in range(steps):
            token = int(np.argmax(self.logits))
            self.same([model.step(state, token, state.length) for model, state in self.pairs()])

    def verify(self, tokens: list[int], keep: int) -> None:
        read = [model.verify(state, tokens, state.length) for model, state in self.pairs()]
        for model, state in self.pairs():
            model.keep(state, keep)
        np.testing.assert_allclose(*read, atol=self.tolerance, rtol=0)
        self.logits = read[0][keep - 1]

    def draft(self) -> None:
        token = int(np.argmax(self.logits))
        guesses = [model.draft(state, token, state.length, 3) for model, state in self.pairs()]
        assert guesses[0] == guesses[1]

    def fork(self) -> Twins:
        other = Twins.__new__(Twins)
        other.models, other.logits = self.models, self.logits
        other.states = tuple(model.copy_state(state) for model, state in self.pairs())
        return other

    def same(self, logits: list[NDArray[np.float32]]) -> None:
        np.testing.assert_allclose(*logits, atol=self.tolerance, rtol=0)
        assert self.states[0].length == self.states[1].length
        self.logits = logits[0].copy()


def lives_there(model: TorchBackend, state: TorchState) -> bool:
    assert model._steps is not None
    caches = model._steps._caches
    return caches is not None and caches.owner is state


def test_64_tokens(static: TorchBackend, plain: TorchBackend) -> None:
    twins = Twins(static, plain, 37)
    twins.write(64)
    assert lives_there(static, twins.states[0])


def test_a_conversation_outgrows_its_memory(static: TorchBackend, plain: TorchBackend) -> None:
    twins = Twins(static, plain, graph.SMALLEST - 3)
    twins.write(7)
    assert lives_there(static, twins.states[0])


def test_more_is_read_between_two_answers(static: TorchBackend, plain: TorchBackend) -> None:
    twins = Twins(static, plain, 20)
    for seed in (1, 2):
        twins.write(5)
        twins.read(30, seed)
    twins.write(5)


def test_a_fork_goes_its_own_way_and_so_does_the_original(static: TorchBackend, plain: TorchBackend) -> None:
    first = Twins(static, plain, 30)
    first.write(4)
    second = first.fork()
    second.read(3, seed=5)
    for _ in range(2):
        first.write(3)
        second.write(3)
    third = second.fork()
    third.write(2)
    first.write(2)
    second.write(2)


def test_two_conversations_in_turn_of_different_length(static: TorchBackend, plain: TorchBackend) -> None:
    long, short = Twins(static, plain, graph.SMALLEST + 20, seed=1), Twins(static, plain, 9, seed=2)
    for _ in range(3):
        long.write(2)
        short.write(2)


def test_guesses_are_verified_and_taken_back(static: TorchBackend, plain: TorchBackend) -> None:
    twins = Twins(static, plain, 25)
    for tokens, keep in (([3, 4, 5, 6], 2), ([7, 8], 2), ([9, 1, 2], 1), ([5], 1), ([2, 3, 1, 7], 3)):
        twins.draft()
        twins.verify(tokens, keep)
        twins.write(2)


def test_what_is_verified_can_be_taken_back_after_another_conversation_came(
    static: TorchBackend, plain: TorchBackend
) -> None:
    twins, other = Twins(static, plain, 25), Twins(static, plain, 11, seed=3)
    for model, state in twins.pairs():
        model.verify(state, [3, 4, 5, 6], 25)
    other.verify([1, 2, 3, 4], 3)
    for model, state in twins.pairs():
        model.keep(state, 2)
    twins.write(3)
    other.write(3)


def test_numbers_that_are_none_do_not_spread_to_the_next_conversation(
    static: TorchBackend, plain: TorchBackend
) -> None:
    spoilt = static.new_state()
    read(static, spoilt, 50)
    static.step(spoilt, 1, 50)
    with torch.inference_mode():
        for layer in spoilt.layers:
            for part in layer.rows(50) if hasattr(layer, "rows") else (layer.tail, layer.recurrent):
                part.fill_(torch.nan)
    Twins(static, plain, 10).write(3)


def test_each_shape_is_recorded_once(plain: TorchBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    model = with_steps(plain, monkeypatch, Tape)
    twins, other = Twins(model, plain, 20), Twins(model, plain, 30)
    for _ in range(2):
        twins.write(2)
        other.write(2)
        twins.verify([1, 2], 2)
    assert model._steps is not None
    assert isinstance(model._steps._recorder, Tape)
    assert model._steps._recorder.recorded == 2


def test_without_recording_it_goes_on_in_the_plain_way(
    plain: TorchBackend, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    model = with_steps(plain, monkeypatch, Broken)
    twins = Twins(model, plain, 20)
    twins.write(5)
    assert not lives_there(model, twins.states[0])
    assert [record.getMessage() for record in caplog.records if record.name == graph.__name__] == [
        "Steps of a fixed shape do not run here (operation not permitted when stream is capturing): plain ones are used"
    ]


def test_a_shape_that_can_not_be_recorded_while_someone_lives_there(
    plain: TorchBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = with_steps(plain, monkeypatch, Tape)
    twins = Twins(model, plain, 20)
    twins.write(3)
    assert model._steps is not None
    monkeypatch.setattr(model._steps, "_recorder", Broken())
    twins.verify([1, 2, 3], 2)
    twins.write(3)


def test_a_cards_layers_of_8_bits_are_recorded_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In float32, so that only what the recording does can differ."""
    monkeypatch.setattr("engine.backends.torch.reader.formed", cuda_quantised)
    monkeypatch.setattr("engine.backends.torch.precision._dtype_beside", lambda name, place: torch.float32)
    plain = load(make_tiny(tmp_path / "model", "4B", seed=3), "cpu", "int8", lambda done, total: None, lambda: None)
    model = with_steps(plain, monkeypatch, Tape)
    twins = Twins(model, plain, 20)
    # A last digit that differs can round an activation to another number.
    twins.tolerance = 50 * TOLERANCE
    twins.write(5)
    twins.verify([1, 2, 3], 2)
    assert lives_there(model, twins.states[0])


def test_beyond_the_limit_steps_are_plain(plain: TorchBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    model = with_steps(plain, monkeypatch, None, limit=10)
    twins = Twins(model, plain, graph.SMALLEST - 2)
    twins.write(2)
    assert lives_there(model, twins.states[0])
    twins.write(2)
    assert not lives_there(model, twins.states[0])


def test_memory_of_a_long_conversation_is_given_back(plain: TorchBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "KEPT", graph.SMALLEST)
    model = with_steps(plain, monkeypatch, None)
    assert model._steps is not None
    twins = Twins(model, plain, graph.SMALLEST + 1)
    twins.write(1)
    model.new_state()
    assert model._steps._caches is not None
    del twins
    gc.collect()
    model.new_state()
    assert model._steps._caches is None
