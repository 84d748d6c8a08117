"""Our model code gives what transformers' gives, in float32, on tiny random checkpoints of each tier's proportions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.backends.base import Chunk, Patches, PlacedImage
from engine.backends.torch import vision
from engine.backends.torch.backend import TorchBackend, load
from tests.checkpoints import TINY, make_tiny

GRIDS = ((4, 6), (8, 2))
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Pair:
    """The same checkpoint under both implementations."""

    ours: TorchBackend
    theirs: Any


@dataclass(frozen=True)
class Prompt:
    tokens: NDArray[np.int64]
    kinds: NDArray[np.int64]
    patches: tuple[Patches, ...]


@pytest.fixture(scope="module", params=list(TINY))
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    from transformers import Qwen3_5ForConditionalGeneration

    folder = make_tiny(tmp_path_factory.mktemp("model"), request.param, seed=3)
    theirs = Qwen3_5ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    ours = load(folder, "cpu", "float32", lambda done, total: None, lambda: None)
    torch.set_num_threads(1)
    yield Pair(ours, theirs)
    ours.close()


def make_prompt(pair: Pair, parts: list[int | tuple[int, int]], seed: int = 0) -> Prompt:
    """Text runs of a length, and pictures of a grid, in order."""
    spec, random = pair.ours.spec, np.random.default_rng(seed)
    tokens: list[int] = []
    kinds: list[int] = []
    patches = []
    for part in parts:
        if isinstance(part, int):
            tokens += random.integers(0, 250, part).tolist()
            kinds += [0] * part
        else:
            picture = Patches(random.uniform(-1, 1, (part[0] * part[1], 1536)).astype(np.float32), part)
            patches.append(picture)
            tokens += [spec.vision_start_token, *[spec.image_token] * picture.tokens, spec.vision_end_token]
            kinds += [0, *[1] * picture.tokens, 0]
    return Prompt(np.array(tokens), np.array(kinds), tuple(patches))


def their_inputs(prompt: Prompt) -> dict[str, torch.Tensor]:
    inputs = {
        "input_ids": torch.from_numpy(prompt.tokens)[None],
        "attention_mask": torch.ones((1, len(prompt.tokens)), dtype=torch.long),
        "mm_token_type_ids": torch.from_numpy(prompt.kinds).int()[None],
    }
    if prompt.patches:
        inputs["pixel_values"] = torch.from_numpy(np.concatenate([picture.pixels for picture in prompt.patches]))
        inputs["image_grid_thw"] = torch.tensor([[1, *picture.grid] for picture in prompt.patches])
    return inputs


def their_logits(pair: Pair, prompt: Prompt) -> NDArray[np.float32]:
    with torch.inference_mode():
        return pair.theirs(**their_inputs(prompt)).logits[0, -1].numpy()


def positions(pair: Pair, prompt: Prompt) -> NDArray[np.int64]:
    inputs = their_inputs(prompt)
    found, _ = pair.theirs.model.get_rope_index(
        inputs["input_ids"], inputs["mm_token_type_ids"], image_grid_thw=inputs.get("image_grid_thw")
    )
    return found[:, 0].numpy()


def our_logits(pair: Pair, prompt: Prompt, chunk: int = 10_000, state: Any = None) -> NDArray[np.float32]:
    """Prefill in chunks of at most `chunk` tokens; pictures may be cut anywhere."""
    state = state or pair.ours.new_state()
    where = positions(pair, prompt)
    features = [pair.ours.encode_image(picture, lambda: None) for picture in prompt.patches]
    rows = [(index, row) for index, picture in enumerate(prompt.patches) for row in range(picture.tokens)]
    places = np.flatnonzero(prompt.kinds)
    logits = None
    for start in range(0, len(prompt.tokens), chunk):
        end = min(start + chunk, len(prompt.tokens))
        placed = [
            PlacedImage(int(place) - start, features[index], row, 1)
            for place, (index, row) in zip(places, rows, strict=True)
            if start <= place < end
        ]
        logits = pair.ours.prefill(
            state, Chunk(prompt.tokens[start:end], where[:, start:end], tuple(placed)), lambda: None
        )
    assert logits is not None
    return logits


@pytest.mark.parametrize(
    "parts",
    [[1], [37], [150], [5, GRIDS[0], 9], [5, GRIDS[0], 3, GRIDS[1], 8], [3, GRIDS[1], 70, GRIDS[0], 1]],
    ids=["one token", "text", "three chunks of text", "picture", "two shapes", "picture in a later turn"],
)
def test_logits_equal_transformers(pair: Pair, parts: list[int | tuple[int, int]]) -> None:
    prompt = make_prompt(pair, parts)
    np.testing.assert_allclose(our_logits(pair, prompt), their_logits(pair, prompt), atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("chunk", [1, 3, 7, 64, 65])
def test_chunks_of_any_size_equal_the_whole(pair: Pair, chunk: int) -> None:
    prompt = make_prompt(pair, [20, GRIDS[0], 60, GRIDS[1], 20])
    # Two of our own results, each with a rounding of its own.
    np.testing.assert_allclose(our_logits(pair, prompt, chunk), our_logits(pair, prompt), atol=2 * TOLERANCE, rtol=0)


def test_a_picture_of_more_patches_than_are_widened_at_once(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = make_prompt(pair, [5, GRIDS[0], 9])
    monkeypatch.setattr(vision, "MLP_ROWS", 7)
    np.testing.assert_allclose(our_logits(pair, prompt), their_logits(pair, prompt), atol=TOLERANCE, rtol=0)


def test_a_second_turn_on_the_cache_equals_starting_fresh(pair: Pair) -> None:
    first = make_prompt(pair, [11, GRIDS[0], 30])
    whole = make_prompt(pair, [11, GRIDS[0], 30])
    extra = make_prompt(pair, [25], seed=9)
    whole = Prompt(
        np.concatenate([whole.tokens, extra.tokens]), np.concatenate([whole.kinds, extra.kinds]), whole.patches
    )
    state = pair.ours.new_state()
    our_logits(pair, first, state=state)
    where = positions(pair, whole)[:, len(first.tokens) :]
    continued = pair.ours.prefill(state, Chunk(extra.tokens, where), lambda: None)
    np.testing.assert_allclose(continued, their_logits(pair, whole), atol=TOLERANCE, rtol=0)
    assert state.length == len(whole.tokens)


def test_a_copied_state_goes_its_own_way(pair: Pair) -> None:
    prompt = make_prompt(pair, [30])
    state = pair.ours.new_state()
    our_logits(pair, prompt, state=state)
    copy = pair.ours.copy_state(state)
    for token in (5, 6, 7):
        pair.ours.step(state, token, state.length)
    after_copy = pair.ours.step(copy, 9, 30)
    fresh = pair.ours.new_state()
    our_logits(pair, prompt, state=fresh)
    np.testing.assert_allclose(after_copy, pair.ours.step(fresh, 9, 30), atol=1e-5, rtol=0)
    # ... and the original was not disturbed by what the copy did.
    other = pair.ours.new_state()
    our_logits(pair, prompt, state=other)
    for token in (5, 6, 7):
        pair.ours.step(other, token, other.length)
    np.testing.assert_allclose(pair.ours.step(state, 1, 33), pair.ours.step(other, 1, 33), atol=1e-5, rtol=0)


@pytest.mark.parametrize("parts", [[12], [4, GRIDS[0], 6]], ids=["text", "picture"])
def test_64_greedy_tokens_are_those_of_transformers(pair: Pair, parts: list[int | tuple[int, int]]) -> None:
    prompt = make_prompt(pair, parts, seed=5)
    state = pair.ours.new_state()
    logits = our_logits(pair, prompt, state=state)
    position = int(positions(pair, prompt).max()) + 1
    ours = []
    for index in range(64):
        ours.append(int(np.argmax(logits)))
        logits = pair.ours.step(state, ours[-1], position + index)
    with torch.inference_mode():
        theirs = pair.theirs.generate(
            **their_inputs(prompt), max_new_tokens=64, do_sample=False, eos_token_id=None, pad_token_id=0
        )
    assert ours == theirs[0, len(prompt.tokens) :].tolist()


def test_bfloat16_stays_close_to_float32(tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model", "4B", seed=3)
    wide = load(folder, "cpu", "float32", lambda done, total: None, lambda: None)
    narrow = load(folder, "cpu", "bfloat16", lambda done, total: None, lambda: None)
    prompt = make_prompt(Pair(wide, None), [80])
    where = np.tile(np.arange(80), (3, 1))
    outs = [model.prefill(model.new_state(), Chunk(prompt.tokens, where), lambda: None) for model in (wide, narrow)]
    # 8 bits of mantissa through 8 random layers: a few per cent of the logits' spread.
    assert np.abs(outs[0] - outs[1]).max() < 0.15 * outs[0].std()
