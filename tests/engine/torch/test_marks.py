"""Copies made on the way through a chunk are the states of having read so far and no further."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from engine.backends.base import Chunk, State
from engine.backends.parts import prefill_in_parts
from engine.backends.torch.backend import TorchBackend, load
from tests.checkpoints import make_tiny

TOKENS = np.arange(70) * 7 % 250
MARKS = [(1,), (2, 3), (31, 40), (69, 70), (1, 35, 70), ()]


@pytest.fixture(scope="module", params=[True, False], ids=["drafter", "plain"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TorchBackend]:
    folder = make_tiny(tmp_path_factory.mktemp("tiny") / "model", "4B", seed=4, mtp=request.param)
    loaded = load(folder, "cpu", "float32", lambda done, total: None, lambda: None)
    yield loaded
    loaded.close()


def chunk(first: int, last: int) -> Chunk:
    return Chunk(TOKENS[first:last], np.tile(np.arange(first, last), (3, 1)))


def begun(model: TorchBackend) -> State:
    """A state that has read before."""
    state = model.new_state()
    model.prefill(state, Chunk(np.arange(20), np.tile(np.arange(20) - 20, (3, 1))), lambda: None)
    return state


@pytest.mark.parametrize("marks", MARKS)
def test_copies_on_the_way_are_those_of_reading_in_parts(model: TorchBackend, marks: tuple[int, ...]) -> None:
    state, plain = begun(model), begun(model)
    logits, copies = model.prefill_keeping(state, chunk(0, 70), marks, lambda: None)
    wanted_logits, wanted = prefill_in_parts(model, plain, chunk(0, 70), marks, lambda: None)
    np.testing.assert_allclose(logits, wanted_logits, atol=1e-4, rtol=0)
    assert [copy.length for copy in copies] == [20 + mark for mark in marks] == [copy.length for copy in wanted]
    for copy, other in zip((state, *copies), (plain, *wanted), strict=True):
        # Each goes on as if it were alone, and none disturbs the next.
        np.testing.assert_allclose(model.step(copy, 9, 50), model.step(other, 9, 50), atol=1e-4, rtol=0)
        if model.drafting is not None:
            assert model.drafting.draft(copy, 5, 51, 3) == model.drafting.draft(other, 5, 51, 3)
        rest, wanted_rest = (model.prefill(one, chunk(3, 40), lambda: None) for one in (copy, other))
        np.testing.assert_allclose(rest, wanted_rest, atol=1e-4, rtol=0)


def test_a_copy_holds_no_memory_of_its_own_chunk(model: TorchBackend) -> None:
    """Only the KV cache is shared; what a copy keeps besides is as large as that of any other state."""
    state = begun(model)
    _, (copy, _) = model.prefill_keeping(state, chunk(0, 70), (33, 70), lambda: None)
    shared = state.blocks().keys() & copy.blocks().keys()
    own = [size for address, size in copy.blocks().items() if address not in shared]
    alone = model.copy_state(state)
    others = [size for address, size in alone.blocks().items() if address not in state.blocks()]
    assert sum(own) <= sum(others) + 10_000
    assert shared
