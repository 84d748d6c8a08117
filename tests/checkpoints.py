"""Random checkpoints in the published layout: tiny ones for tests, real shapes for measurements.

python -m tests.checkpoints --tier 4B --out DIR [--layers N] [--dtype bfloat16] [--real-vocabulary] [--seed N]
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from tests.tokenizers import write_real_tokenizer, write_tiny_tokenizer

SHARD_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers that tell the tiers apart; everything else is common to the family."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    linear_key_heads: int
    linear_value_heads: int
    linear_dim: int
    sections: tuple[int, int, int]
    tied: bool
    vision_depth: int
    vision_hidden: int
    vision_intermediate: int
    vision_heads: int
    position_grid: int = 48


REAL = {
    "0.8B": Shape(1024, 3584, 24, 8, 2, 256, 16, 16, 128, (11, 11, 10), True, 12, 768, 3072, 12),
    "2B": Shape(2048, 6144, 24, 8, 2, 256, 16, 16, 128, (11, 11, 10), True, 24, 1024, 4096, 16),
    "4B": Shape(2560, 9216, 32, 16, 4, 256, 16, 32, 128, (11, 11, 10), True, 24, 1024, 4096, 16),
    "9B": Shape(4096, 12288, 32, 16, 4, 256, 16, 32, 128, (11, 11, 10), False, 27, 1152, 4304, 16),
}
TINY = {
    "0.8B": Shape(64, 160, 4, 4, 1, 32, 4, 4, 16, (2, 1, 1), True, 2, 48, 96, 3, 8),
    "2B": Shape(96, 192, 4, 4, 1, 32, 4, 4, 16, (2, 1, 1), True, 2, 64, 128, 4, 8),
    "4B": Shape(96, 224, 8, 4, 1, 64, 2, 4, 32, (3, 3, 2), True, 3, 64, 128, 4, 8),
    "9B": Shape(128, 256, 8, 4, 1, 64, 2, 4, 32, (3, 3, 2), False, 3, 72, 144, 2, 8),
}


def make_checkpoint(
    folder: Path,
    shape: Shape,
    *,
    dtype: str = "float32",
    seed: int = 0,
    real_vocabulary: bool = False,
    mtp: bool = True,
    shard_bytes: int = SHARD_BYTES,
    endless: bool = False,
) -> Path:
    """Write config.json, weights and tokenizer of `shape` into `folder`, one shard in memory at a time.

    With `endless` (tied heads only) the logits of all special tokens are 0, far below the best: a sampled answer never
    ends by chance.
    """
    folder.mkdir(parents=True, exist_ok=True)
    special = (write_real_tokenizer if real_vocabulary else write_tiny_tokenizer)(folder)
    vocabulary = 248_320 if real_vocabulary else -(-special["vocab_size"] // 64) * 64
    (folder / "config.json").write_text(json.dumps(make_config(shape, special, vocabulary, dtype), indent=1))
    silent = [token for name, token in special.items() if name != "vocab_size"] if endless else []
    _write_shards(folder, _tensors(shape, vocabulary, mtp, seed, silent), getattr(torch, dtype), shard_bytes)
    return folder


def make_tiny(folder: Path, tier: str = "4B", **options: Any) -> Path:
    """A checkpoint of a few hundred kilobytes in the proportions of `tier`."""
    return make_checkpoint(folder, TINY[tier], **options)


def make_config(shape: Shape, special: dict[str, int], vocabulary: int, dtype: str) -> dict[str, Any]:
    types = ["full_attention" if (index + 1) % 4 == 0 else "linear_attention" for index in range(shape.layers)]
    text = {
        "attention_bias": False,
        "attention_dropout": 0.0,
        "attn_output_gate": True,
        "dtype": dtype,
        "eos_token_id": special["<|endoftext|>"],
        "full_attention_interval": 4,
        "head_dim": shape.head_dim,
        "hidden_act": "silu",
        "hidden_size": shape.hidden,
        "initializer_range": 0.02,
        "intermediate_size": shape.intermediate,
        "layer_types": types,
        "linear_conv_kernel_dim": 4,
        "linear_key_head_dim": shape.linear_dim,
        "linear_num_key_heads": shape.linear_key_heads,
        "linear_num_value_heads": shape.linear_value_heads,
        "linear_value_head_dim": shape.linear_dim,
        "mamba_ssm_dtype": "float32",
        "max_position_embeddings": 262144,
        "mlp_only_layers": [],
        "model_type": "qwen3_5_text",
        "mtp_num_hidden_layers": 1,
        "mtp_use_dedicated_embeddings": False,
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.kv_heads,
        "rms_norm_eps": 1e-6,
        "rope_parameters": {
            "mrope_interleaved": True,
            "mrope_section": list(shape.sections),
            "partial_rotary_factor": 2 * sum(shape.sections) / shape.head_dim,
            "rope_theta": 10000000,
            "rope_type": "default",
        },
        "use_cache": True,
        "vocab_size": vocabulary,
    }
    if shape.tied:
        text["tie_word_embeddings"] = True
    return {
        "architectures": ["Qwen3_5ForConditionalGeneration"],
        "image_token_id": special["<|image_pad|>"],
        "model_type": "qwen3_5",
        "text_config": text,
        "tie_word_embeddings": shape.tied,
        "video_token_id": special["<|video_pad|>"],
        "vision_config": {
            "deepstack_visual_indexes": [],
            "depth": shape.vision_depth,
            "hidden_act": "gelu_pytorch_tanh",
            "hidden_size": shape.vision_hidden,
            "in_channels": 3,
            "initializer_range": 0.02,
            "intermediate_size": shape.vision_intermediate,
            "model_type": "qwen3_5",
            "num_heads": shape.vision_heads,
            "num_position_embeddings": shape.position_grid**2,
            "out_hidden_size": shape.hidden,
            "patch_size": 16,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
        },
        "vision_end_token_id": special["<|vision_end|>"],
        "vision_start_token_id": special["<|vision_start|>"],
    }


@dataclass(frozen=True, slots=True)
class _Random:
    """Seeded tensors, scaled so that activations keep their size through many layers."""

    generator: torch.Generator

    def matrix(self, *size: int) -> torch.Tensor:
        return torch.randn(size, generator=self.generator) / math.sqrt(math.prod(size[1:]))

    def near_zero(self, *size: int) -> torch.Tensor:
        return torch.randn(size, generator=self.generator) * 0.1

    def near_one(self, *size: int) -> torch.Tensor:
        return 1.0 + self.near_zero(*size)


def _tensors(
    shape: Shape, vocabulary: int, mtp: bool, seed: int, silent: list[int]
) -> Iterator[tuple[str, torch.Tensor]]:
    random = _Random(torch.Generator().manual_seed(seed))
    text, hidden = "model.language_model", shape.hidden
    embedding = random.near_zero(vocabulary, hidden) * 3
    embedding[silent] = 0.0
    yield f"{text}.embed_tokens.weight", embedding
    if not shape.tied:
        yield "lm_head.weight", random.matrix(vocabulary, hidden)
    for index in range(shape.layers):
        full = (index + 1) % 4 == 0
        yield from _layer(random, shape, f"{text}.layers.{index}", full)
    yield f"{text}.norm.weight", random.near_zero(hidden)
    yield from _vision(random, shape)
    if mtp:
        yield "mtp.fc.weight", random.matrix(hidden, 2 * hidden)
        for name in ("pre_fc_norm_embedding", "pre_fc_norm_hidden", "norm"):
            yield f"mtp.{name}.weight", random.near_zero(hidden)
        yield from _layer(random, shape, "mtp.layers.0", full=True)


def _layer(random: _Random, shape: Shape, name: str, full: bool) -> Iterator[tuple[str, torch.Tensor]]:
    hidden = shape.hidden
    yield f"{name}.input_layernorm.weight", random.near_zero(hidden)
    yield f"{name}.post_attention_layernorm.weight", random.near_zero(hidden)
    yield f"{name}.mlp.gate_proj.weight", random.matrix(shape.intermediate, hidden)
    yield f"{name}.mlp.up_proj.weight", random.matrix(shape.intermediate, hidden)
    yield f"{name}.mlp.down_proj.weight", random.matrix(hidden, shape.intermediate)
    if full:
        wide, narrow = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
        yield f"{name}.self_attn.q_proj.weight", random.matrix(2 * wide, hidden)
        yield f"{name}.self_attn.k_proj.weight", random.matrix(narrow, hidden)
        yield f"{name}.self_attn.v_proj.weight", random.matrix(narrow, hidden)
        yield f"{name}.self_attn.o_proj.weight", random.matrix(hidden, wide)
        yield f"{name}.self_attn.q_norm.weight", random.near_zero(shape.head_dim)
        yield f"{name}.self_attn.k_norm.weight", random.near_zero(shape.head_dim)
        return
    values, keys = shape.linear_value_heads * shape.linear_dim, shape.linear_key_heads * shape.linear_dim
    yield f"{name}.linear_attn.in_proj_qkv.weight", random.matrix(2 * keys + values, hidden)
    yield f"{name}.linear_attn.in_proj_z.weight", random.matrix(values, hidden)
    yield f"{name}.linear_attn.in_proj_b.weight", random.matrix(shape.linear_value_heads, hidden)
    yield f"{name}.linear_attn.in_proj_a.weight", random.matrix(shape.linear_value_heads, hidden)
    yield f"{name}.linear_attn.conv1d.weight", random.matrix(2 * keys + values, 1, 4)
    yield f"{name}.linear_attn.A_log", torch.linspace(0.01, 2.7, shape.linear_value_heads)
    yield f"{name}.linear_attn.dt_bias", torch.linspace(-5.0, 1.0, shape.linear_value_heads)
    yield f"{name}.linear_attn.norm.weight", random.near_one(shape.linear_dim)
    yield f"{name}.linear_attn.out_proj.weight", random.matrix(hidden, values)


def _vision(random: _Random, shape: Shape) -> Iterator[tuple[str, torch.Tensor]]:
    size, inner, name = shape.vision_hidden, shape.vision_intermediate, "model.visual"
    yield f"{name}.patch_embed.proj.weight", random.matrix(size, 3, 2, 16, 16)
    yield f"{name}.patch_embed.proj.bias", random.near_zero(size)
    yield f"{name}.pos_embed.weight", random.near_zero(shape.position_grid**2, size)
    for index in range(shape.vision_depth):
        block = f"{name}.blocks.{index}"
        for norm in ("norm1", "norm2"):
            yield f"{block}.{norm}.weight", random.near_one(size)
            yield f"{block}.{norm}.bias", random.near_zero(size)
        for part, out, into in (
            ("attn.qkv", 3 * size, size),
            ("attn.proj", size, size),
            ("mlp.linear_fc1", inner, size),
            ("mlp.linear_fc2", size, inner),
        ):
            yield f"{block}.{part}.weight", random.matrix(out, into)
            yield f"{block}.{part}.bias", random.near_zero(out)
    yield f"{name}.merger.norm.weight", random.near_one(size)
    yield f"{name}.merger.norm.bias", random.near_zero(size)
    for part, out, into in (("linear_fc1", 4 * size, 4 * size), ("linear_fc2", shape.hidden, 4 * size)):
        yield f"{name}.merger.{part}.weight", random.matrix(out, into)
        yield f"{name}.merger.{part}.bias", random.near_zero(out)


def _write_shards(
    folder: Path, tensors: Iterator[tuple[str, torch.Tensor]], dtype: torch.dtype, shard_bytes: int
) -> None:
    shards: list[list[str]] = []
    held: dict[str, torch.Tensor] = {}

    def write() -> None:
        save_file(held, folder / f"shard-{len(shards)}.safetensors", metadata={"format": "pt"})
        shards.append(list(held))
        held.clear()

    for name, tensor in tensors:
        if held and sum(part.nbytes for part in held.values()) + tensor.numel() * dtype.itemsize > shard_bytes:
            write()
        held[name] = tensor.to(dtype).contiguous()
    write()
    if len(shards) == 1:
        (folder / "shard-0.safetensors").rename(folder / "model.safetensors")
        return
    weight_map = {}
    for index, names in enumerate(shards):
        file = f"model.safetensors-{index + 1:05d}-of-{len(shards):05d}.safetensors"
        (folder / f"shard-{index}.safetensors").rename(folder / file)
        weight_map |= dict.fromkeys(names, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tier", choices=REAL, default="4B")
    parser.add_argument("--tiny", action="store_true", help="the tier's proportions, a few hundred kilobytes")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--layers", type=int, help="fewer layers than the real shape")
    parser.add_argument("--dtype", default="bfloat16", choices=("float32", "bfloat16", "float16"))
    parser.add_argument("--real-vocabulary", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    shape = (TINY if options.tiny else REAL)[options.tier]
    if options.layers:
        shape = replace(shape, layers=options.layers)
    make_checkpoint(options.out, shape, dtype=options.dtype, seed=options.seed, real_vocabulary=options.real_vocabulary)


if __name__ == "__main__":
    main()
