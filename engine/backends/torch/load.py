"""Published checkpoint -> the two towers. The names on the left of each line are those of the published files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.backends.torch.layers import GatedMlp, GatedNorm, LayerNorm, Linear, ZeroCentredNorm
from engine.backends.torch.text import AttentionMixer, DeltaMixer, Layer, TextModel
from engine.backends.torch.vision import Block, VisionTower
from engine.backends.torch.weights import WeightFiles
from engine.spec import ModelSpec, TextSpec, VisionSpec

TEXT = "model.language_model"
VISION = "model.visual"


@dataclass(slots=True)
class Reader:
    """Takes tensors in the working dtype, or in float32 where the maths wants it. `weight_bytes` counts what was taken,
    as it lies on the device."""

    files: WeightFiles
    dtype: torch.dtype
    device: torch.device
    weight_bytes: int = 0

    def tensor(self, name: str, *shape: int) -> Tensor:
        """The tensor in the working dtype."""
        return self._take(name, shape, self.dtype)

    def float32(self, name: str, *shape: int) -> Tensor:
        """The tensor in float32, whatever the working dtype."""
        return self._take(name, shape, torch.float32)

    def linear(self, name: str, out: int, into: int, bias: bool = False) -> Linear:
        """`name`.weight [out, into] and, with `bias`, `name`.bias [out]."""
        weight = self.tensor(f"{name}.weight", out, into)
        return Linear(weight, self.tensor(f"{name}.bias", out) if bias else None)

    def layer_norm(self, name: str, size: int) -> LayerNorm:
        """`name`.weight and `name`.bias, both [size]."""
        return LayerNorm(self.tensor(f"{name}.weight", size), self.tensor(f"{name}.bias", size))

    def zero_centred(self, name: str, size: int, eps: float) -> ZeroCentredNorm:
        """`name`.weight [size], stored as the distance from one."""
        return ZeroCentredNorm(1.0 + self.float32(f"{name}.weight", size), eps)

    def _take(self, name: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        tensor = self.files.take(name, shape, dtype, self.device)
        self.weight_bytes += tensor.nbytes
        return tensor


def needed(spec: ModelSpec) -> Callable[[str], bool]:
    """Which of the published tensors are read: not those of the head for several tokens (``mtp.*``), nor a second copy
    of a tied head."""
    names = [f"{TEXT}."]
    if spec.vision is not None:
        names.append(f"{VISION}.")
    if not spec.text.tied_head:
        names.append("lm_head.")
    return lambda name: name.startswith(tuple(names))


def read_text(reader: Reader, spec: ModelSpec) -> TextModel:
    """The language model."""
    text = spec.text
    embedding = reader.tensor(f"{TEXT}.embed_tokens.weight", text.vocab_size, text.hidden_size)
    head = Linear(embedding) if text.tied_head else reader.linear("lm_head", text.vocab_size, text.hidden_size)
    layers = tuple(_layer(reader, text, index) for index in range(len(text.layer_types)))
    return TextModel(
        text, embedding, layers, reader.zero_centred(f"{TEXT}.norm", text.hidden_size, text.norm_eps), head
    )


def _layer(reader: Reader, text: TextSpec, index: int) -> Layer:
    name, hidden = f"{TEXT}.layers.{index}", text.hidden_size
    read_mixer: Callable[[Reader, TextSpec, str], DeltaMixer | AttentionMixer] = (
        _attention if text.layer_types[index] == "full_attention" else _delta
    )
    return Layer(
        mixer=read_mixer(reader, text, name),
        mlp=GatedMlp(
            gate=reader.linear(f"{name}.mlp.gate_proj", text.intermediate_size, hidden),
            up=reader.linear(f"{name}.mlp.up_proj", text.intermediate_size, hidden),
            down=reader.linear(f"{name}.mlp.down_proj", hidden, text.intermediate_size),
        ),
        mixer_norm=reader.zero_centred(f"{name}.input_layernorm", hidden, text.norm_eps),
        mlp_norm=reader.zero_centred(f"{name}.post_attention_layernorm", hidden, text.norm_eps),
    )


def _attention(reader: Reader, text: TextSpec, layer: str) -> AttentionMixer:
    name, hidden = f"{layer}.self_attn", text.hidden_size
    return AttentionMixer(
        spec=text,
        # Per head: the query, then the gate of the head's output.
        q=reader.linear(f"{name}.q_proj", 2 * text.heads * text.head_dim, hidden),
        k=reader.linear(f"{name}.k_proj", text.kv_heads * text.head_dim, hidden),
        v=reader.linear(f"{name}.v_proj", text.kv_heads * text.head_dim, hidden),
        q_norm=reader.zero_centred(f"{name}.q_norm", text.head_dim, text.norm_eps),
        k_norm=reader.zero_centred(f"{name}.k_norm", text.head_dim, text.norm_eps),
        out=reader.linear(f"{name}.o_proj", hidden, text.heads * text.head_dim),
    )


def _delta(reader: Reader, text: TextSpec, layer: str) -> DeltaMixer:
    name, hidden = f"{layer}.linear_attn", text.hidden_size
    heads, values = text.linear_value_heads, text.linear_value_heads * text.linear_value_dim
    conv = reader.float32(f"{name}.conv1d.weight", text.linear_channels, 1, text.conv_kernel)
    return DeltaMixer(
        spec=text,
        qkv=reader.linear(f"{name}.in_proj_qkv", text.linear_channels, hidden),
        gate=reader.linear(f"{name}.in_proj_z", values, hidden),
        beta=reader.linear(f"{name}.in_proj_b", heads, hidden),
        step=reader.linear(f"{name}.in_proj_a", heads, hidden),
        conv=conv[:, 0].t().contiguous(),
        decay_rate=reader.float32(f"{name}.A_log", heads).exp(),
        step_bias=reader.float32(f"{name}.dt_bias", heads),
        norm=GatedNorm(reader.tensor(f"{name}.norm.weight", text.linear_value_dim), text.norm_eps),
        out=reader.linear(f"{name}.out_proj", hidden, values),
    )


def read_vision(reader: Reader, vision: VisionSpec) -> VisionTower:
    """The vision tower with its merger."""
    size, merged = vision.hidden_size, vision.hidden_size * vision.merge_size**2
    patch = (3, vision.temporal_patch_size, vision.patch_size, vision.patch_size)
    kernel = reader.tensor(f"{VISION}.patch_embed.proj.weight", size, *patch)
    return VisionTower(
        spec=vision,
        patch=Linear(kernel.reshape(size, -1), reader.tensor(f"{VISION}.patch_embed.proj.bias", size)),
        positions=reader.tensor(f"{VISION}.pos_embed.weight", vision.position_grid**2, size),
        blocks=tuple(_block(reader, vision, f"{VISION}.blocks.{index}") for index in range(vision.depth)),
        merge_norm=reader.layer_norm(f"{VISION}.merger.norm", size),
        merge_1=reader.linear(f"{VISION}.merger.linear_fc1", merged, merged, bias=True),
        merge_2=reader.linear(f"{VISION}.merger.linear_fc2", vision.out_hidden_size, merged, bias=True),
    )


def _block(reader: Reader, vision: VisionSpec, name: str) -> Block:
    size, inner = vision.hidden_size, vision.intermediate_size
    return Block(
        heads=vision.heads,
        norm_1=reader.layer_norm(f"{name}.norm1", size),
        qkv=reader.linear(f"{name}.attn.qkv", 3 * size, size, bias=True),
        proj=reader.linear(f"{name}.attn.proj", size, size, bias=True),
        norm_2=reader.layer_norm(f"{name}.norm2", size),
        fc_1=reader.linear(f"{name}.mlp.linear_fc1", inner, size, bias=True),
        fc_2=reader.linear(f"{name}.mlp.linear_fc2", size, inner, bias=True),
    )
