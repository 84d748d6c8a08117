"""The suite of the PyTorch back end against transformers, on the MLX back end: what it says holds for both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.checkpoints import TINY, make_tiny
from tests.engine.torch.test_parity import (
    Pair,
    test_64_greedy_tokens_are_those_of_transformers,
    test_a_copied_state_goes_its_own_way,
    test_a_second_turn_on_the_cache_equals_starting_fresh,
    test_chunks_of_any_size_equal_the_whole,
    test_logits_equal_transformers,
)

pytest.importorskip("mlx.core")

__all__ = [
    "test_64_greedy_tokens_are_those_of_transformers",
    "test_a_copied_state_goes_its_own_way",
    "test_a_second_turn_on_the_cache_equals_starting_fresh",
    "test_chunks_of_any_size_equal_the_whole",
    "test_logits_equal_transformers",
]


@pytest.fixture(scope="module", params=list(TINY))
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    from transformers import Qwen3_5ForConditionalGeneration

    from engine.backends.mlx.backend import load

    folder = make_tiny(tmp_path_factory.mktemp("model"), request.param, seed=3)
    theirs = Qwen3_5ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    ours = load(folder, "cpu", "float32", lambda done, total: None, lambda: None)
    torch.set_num_threads(1)
    yield Pair(ours, theirs)
    ours.close()
