"""States under MLX: guesses are those of the drafter under PyTorch, what was read ahead can be taken back, copies go
their own way and cost no more than what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.backends.base import Backend, Cancelled, Chunk, Drafting, OutOfMemory, Patches, PlacedImage, State
from engine.backends.torch.backend import load as load_torch
from tests.checkpoints import make_tiny

mx = pytest.importorskip("mlx.core")
pytest.importorskip("mlx_lm")
from engine.backends.mlx import attention, cache, mtp  # noqa: E402 - only where there is MLX
from engine.backends.mlx import backend as mlx_backend  # noqa: E402

GRID = (4, 6)
TOLERANCE = 3e-4
"""Both sides round: at eight random layers two runs of the same numbers differ by 1e-4."""


@dataclass(frozen=True)
class Twins:
    """The same checkpoint under both back ends."""

    mlx: Backend
    torch: Backend


@pytest.fixture(scope="module", params=["0.8B", "4B", "9B"])
def twins(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    folder = make_tiny(tmp_path_factory.mktemp("model"), request.param, seed=3)
    loaded = Twins(*(load(folder, "cpu", "float32", lambda done, total: None, lambda: None) for load in LOADERS))
    torch.set_num_threads(1)
    yield loaded
    loaded.mlx.close()
    loaded.torch.close()


LOADERS = (mlx_backend.load, load_torch)


def random_tokens(count: int, seed: int = 0) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, 250, count)


def read(model: Backend, state: State, tokens: NDArray[np.int64], at: int, chunk: int = 512) -> NDArray[np.float32]:
    for start in range(0, len(tokens), chunk):
        part = tokens[start : start + chunk]
        where = np.tile(np.arange(at + start, at + start + len(part)), (3, 1))
        logits = model.prefill(state, Chunk(part, where), lambda: None)
    return logits


def look(model: Backend, state: State, at: int) -> int:
    """Read a picture, cut in the middle; the position behind it."""
    pixels = np.random.default_rng(1).uniform(-1, 1, (GRID[0] * GRID[1], 1536)).astype(np.float32)
    features = model.encode_image(Patches(pixels, GRID), lambda: None)
    row, column = np.divmod(np.arange(features.tokens), GRID[1] // 2)
    where = at + np.stack([np.zeros_like(row), row, column])
    tokens = np.full(features.tokens, model.spec.image_token)
    for part in (slice(0, 4), slice(4, None)):
        placed = (PlacedImage(0, features, part.start, len(tokens[part])),)
        model.prefill(state, Chunk(tokens[part], where[:, part], placed), lambda: None)
    return at + max(GRID) // 2


def begun(model: Backend) -> State:
    """A state that has read 30 tokens at the positions 0 to 29."""
    state = model.new_state()
    read(model, state, random_tokens(30), 0)
    return state


def drafting(model: Backend) -> Drafting:
    assert model.drafting is not None
    return model.drafting


def test_guesses_are_those_under_pytorch(twins: Twins) -> None:
    """From text and pictures, in chunks, behind single tokens and behind what was taken back."""
    found = []
    for model in (twins.mlx, twins.torch):
        state = model.new_state(100)
        read(model, state, random_tokens(20), 0, chunk=7)
        at = look(model, state, 20)
        read(model, state, random_tokens(15, 1), at)
        guesses = [drafting(model).draft(state, 5, at + 15, 3)]
        for index in range(4):
            model.step(state, 7 + index, at + 15 + index)
        guesses.append(drafting(model).draft(state, 9, at + 19, 2))
        drafting(model).verify(state, (9, 1, 2, 3), at + 19)
        drafting(model).keep(state, 2)
        guesses.append(drafting(model).draft(state, 4, at + 21, 3))
        found.append(guesses)
    assert found[0] == found[1]


@pytest.mark.parametrize("kept", [1, 2, 3, 4])
def test_what_was_read_ahead_is_taken_back_without_a_trace(twins: Twins, kept: int) -> None:
    model, tokens = twins.mlx, (8, 3, 100, 41)
    ahead, plain = begun(model), begun(model)
    logits = drafting(model).verify(ahead, tokens, 30)
    for index, token in enumerate(tokens[:kept]):
        np.testing.assert_allclose(logits[index], model.step(plain, token, 30 + index), atol=TOLERANCE, rtol=0)
    drafting(model).keep(ahead, kept)
    assert ahead.length == plain.length == 30 + kept
    assert drafting(model).draft(ahead, 6, 30 + kept, 3) == drafting(model).draft(plain, 6, 30 + kept, 3)
    for state in (ahead, plain):
        read(model, state, random_tokens(9, 2), 30 + kept)
    np.testing.assert_allclose(model.step(ahead, 1, 39 + kept), model.step(plain, 1, 39 + kept), atol=TOLERANCE, rtol=0)


def test_a_drafter_that_is_never_asked_keeps_little(twins: Twins) -> None:
    state = begun(twins.mlx)
    for index in range(mtp.UNREAD + 5):
        twins.mlx.step(state, index, 30 + index)
    assert isinstance(state, cache.MlxState)
    assert state.draft is not None
    assert len(state.draft.unread) <= mtp.UNREAD


@pytest.mark.parametrize("length", [30, cache.KV_BLOCK])
def test_copies_hold_what_was_read_and_share_what_never_changes(twins: Twins, length: int) -> None:
    model, tokens = twins.mlx, random_tokens(length)
    state = model.new_state(2 * cache.KV_BLOCK if length < cache.KV_BLOCK else 0)
    read(model, state, tokens, 0, chunk=256)
    copy = model.copy_state(state)
    again = model.copy_state(copy, room=3000)
    # A copy of a copy takes nothing before it reads on.
    assert again.blocks().keys() <= copy.blocks().keys()
    assert sum(copy.blocks().values()) <= sum(state.blocks().values())
    wanted = [model.step(state, token, length + index) for index, token in enumerate((5, 6))]
    for other in (again, copy):
        for index, token in enumerate((5, 6)):
            np.testing.assert_allclose(model.step(other, token, length + index), wanted[index], atol=TOLERANCE, rtol=0)
            drafting(model).draft(other, 9, length + index + 1, 3)
    assert state.length == copy.length == again.length == length + 2


@pytest.mark.parametrize("marks", [(1,), (31, 40), (1, 35, 70), ()])
def test_copies_on_the_way_are_states_that_have_read_so_far(twins: Twins, marks: tuple[int, ...]) -> None:
    model, tokens = twins.mlx, random_tokens(70, 4)
    state = begun(model)
    chunk = Chunk(tokens, np.tile(np.arange(30, 100), (3, 1)))
    logits, copies = model.prefill_keeping(state, chunk, marks, lambda: None)
    plain = begun(model)
    np.testing.assert_allclose(logits, read(model, plain, tokens, 30), atol=TOLERANCE, rtol=0)
    for mark, copy in zip(marks, copies, strict=True):
        assert copy.length == 30 + mark
        fresh = begun(model)
        read(model, fresh, tokens[:mark], 30)
        np.testing.assert_allclose(model.step(copy, 3, 200), model.step(fresh, 3, 200), atol=TOLERANCE, rtol=0)
    np.testing.assert_allclose(model.step(state, 3, 200), model.step(plain, 3, 200), atol=TOLERANCE, rtol=0)


def test_attention_in_steps_is_attention(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(twins.mlx, twins.mlx.new_state(), random_tokens(60), 0, chunk=40)
    monkeypatch.setattr(attention, "SCORES", twins.mlx.spec.text.heads * 60 * 7)
    np.testing.assert_allclose(
        read(twins.mlx, twins.mlx.new_state(), random_tokens(60), 0, chunk=40), whole, atol=TOLERANCE, rtol=0
    )


def test_reading_stops_at_the_next_layer(twins: Twins) -> None:
    calls = 0

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Cancelled

    where = np.tile(np.arange(20), (3, 1))
    with pytest.raises(Cancelled):
        twins.mlx.prefill(twins.mlx.new_state(), Chunk(random_tokens(20), where), stop)


@pytest.mark.parametrize(
    "message",
    [
        "[malloc] Unable to allocate 12345 bytes.",
        "[metal::malloc] Attempting to allocate 9 bytes which is greater than the maximum allowed buffer size.",
        "[METAL] Command buffer execution failed: Insufficient Memory (kIOGPUCommandBufferCallbackErrorOutOfMemory)",
    ],
)
def test_memory_that_is_not_there_is_a_sentence(twins: Twins, monkeypatch: pytest.MonkeyPatch, message: str) -> None:
    def fail(*arrays: object) -> None:
        raise RuntimeError(message)

    state = begun(twins.mlx)
    monkeypatch.setattr(mx, "eval", fail)
    with pytest.raises(OutOfMemory, match="Ask with less detail"):
        twins.mlx.step(state, 1, 30)
