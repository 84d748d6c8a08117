"""config.json -> `ModelSpec`: the shapes of a Qwen3.5 checkpoint, checked before any weight is read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

LayerType = Literal["linear_attention", "full_attention"]
Tier = Literal["0.8B", "2B", "4B", "9B", "custom"]


class ModelError(Exception):
    """A model folder that can not be used. `code` is the protocol's failure code, `str()` a sentence for a person."""

    def __init__(self, code: Literal["model_missing", "model_damaged", "model_unsupported"], message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class RopeSpec:
    """Rotary positions: `rotary_dim` of the head's dimensions turn; `sections` are the interleaved M-RoPE shares of
    the temporal, height and width axes and sum to rotary_dim / 2."""

    theta: float
    rotary_dim: int
    sections: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class TextSpec:
    """The language model."""

    hidden_size: int
    intermediate_size: int
    layer_types: tuple[LayerType, ...]
    heads: int
    kv_heads: int
    head_dim: int
    linear_key_heads: int
    linear_value_heads: int
    linear_key_dim: int
    linear_value_dim: int
    conv_kernel: int
    norm_eps: float
    vocab_size: int
    max_positions: int
    tied_head: bool
    rope: RopeSpec
    mtp_layers: int


@dataclass(frozen=True, slots=True)
class VisionSpec:
    """The vision tower and its merger."""

    depth: int
    hidden_size: int
    intermediate_size: int
    heads: int
    patch_size: int
    temporal_patch_size: int
    merge_size: int
    position_grid: int
    out_hidden_size: int


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A checkpoint as its config.json describes it. `eos_tokens` are both end tokens of the family."""

    name: str
    tier: Tier
    text: TextSpec
    vision: VisionSpec
    dtype: str
    image_token: int
    vision_start_token: int
    vision_end_token: int
    eos_tokens: frozenset[int]


def read_spec(folder: Path) -> ModelSpec:
    """Read and check ``config.json`` in a published-layout folder.

    Raises:
        ModelError: no such folder or file, not JSON, another architecture, a value missing or impossible.
    """
    ...
