"""Each token stands where transformers would put it: a mistake here turns every picture's rows into nonsense."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from engine.positions import mrope_positions
from tests.checkpoints import TINY, make_config
from tests.tokenizers import write_tiny_tokenizer


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The published model class without weights: only its arithmetic of positions is asked."""
    import torch
    from transformers import Qwen3_5Config
    from transformers.models.qwen3_5.modeling_qwen3_5 import Qwen3_5Model

    folder = tmp_path_factory.mktemp("model")
    special = write_tiny_tokenizer(folder)
    (folder / "config.json").write_text(json.dumps(make_config(TINY["0.8B"], special, 320, "float32")))
    with torch.device("meta"):
        return Qwen3_5Model(Qwen3_5Config.from_pretrained(folder))


@pytest.mark.parametrize(
    "parts",
    [
        [1],
        [50],
        [3, (2, 3), 4],
        [(4, 1), 1],
        [7, (1, 9), 2, (6, 5), 30, (3, 3), 1],
        [2, (12, 40), 2, (40, 12), 2],
    ],
    ids=["one token", "text", "picture", "picture first", "three shapes", "wide and tall"],
)
def test_positions_equal_transformers(reference: Any, parts: list[int | tuple[int, int]]) -> None:
    import torch

    kinds: list[int] = []
    pictures: list[tuple[int, tuple[int, int]]] = []
    for part in parts:
        if isinstance(part, int):
            kinds += [0] * part
        else:
            pictures.append((len(kinds), part))
            kinds += [1] * (part[0] * part[1])
    theirs, delta = reference.get_rope_index(
        torch.zeros((1, len(kinds)), dtype=torch.long),
        torch.tensor([kinds], dtype=torch.int32),
        image_grid_thw=torch.tensor([[1, 2 * h, 2 * w] for _, (h, w) in pictures]) if pictures else None,
    )
    positions, next_position = mrope_positions(len(kinds), pictures)
    assert positions.dtype == np.int64
    np.testing.assert_array_equal(positions, theirs[:, 0].numpy())
    assert next_position == len(kinds) + int(delta)


def test_a_screen_takes_60_positions_and_not_2040() -> None:
    """Otherwise the model believes that pages of text lie between a picture and the question about it."""
    positions, next_position = mrope_positions(1 + 2040 + 1, [(1, (34, 60))])
    assert next_position == 1 + 60 + 1
    assert positions[:, -1].tolist() == [61, 61, 61]


def test_a_picture_at_the_very_end_is_followed_by_its_longer_side() -> None:
    assert mrope_positions(2 + 6, [(2, (3, 2))])[1] == 5
