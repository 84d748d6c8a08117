"""Checkpoint -> language model and drafter. The names on the left of each line are those of the published files."""

from __future__ import annotations

import math
from collections.abc import Callable

import mlx.core as mx

from engine.backends.mlx.delta import Rule
from engine.backends.mlx.layers import GatedMlp, GatedNorm, Linear, Projection
from engine.backends.mlx.mtp import Drafter
from engine.backends.mlx.quantize import BITS, GROUP, Precision, Quantised, QuantisedLinear, bits_for, fits
from engine.backends.mlx.reader import Reader
from engine.backends.mlx.text import AttentionMixer, DeltaMixer, Layer, TextModel
from engine.backends.mlx.weights import WeightFiles
from engine.backends.published import DRAFTER, HEAD, TEXT
from engine.spec import ModelSpec, TextSpec


def expected_bytes(files: WeightFiles, dtype: mx.Dtype, precision: Precision | None) -> int:
    """Bytes that the weights will take in memory, before any is read."""
    return sum(int(math.prod(shape) * _width(files, name, dtype, precision)) for name, shape in files.shapes.items())


def _width(files: WeightFiles, name: str, dtype: mx.Dtype, precision: Precision | None) -> float:
    """Bytes of a number of the tensor `name`."""
    stored, stem = files.dtype(name), name.removesuffix(".weight")
    if not mx.issubdtype(stored, mx.floating):
        return stored.size
    in_text = name.startswith((f"{TEXT}.", f"{DRAFTER}.", f"{HEAD}."))
    if precision is None or not in_text or stem == name or not fits(files.shape(name)):
        return dtype.size
    return bits_for(stem, BITS[precision]) / 8 + 2 * dtype.size / GROUP


def read_text(reader: Reader, spec: ModelSpec) -> TextModel:
    """The language model."""
    text = spec.text
    shape = (text.vocab_size, text.hidden_size)
    embedding = reader.matrix(f"{TEXT}.embed_tokens", *shape)
    return TextModel(
        spec=text,
        dtype=reader.dtype,
        embedding=embedding,
        layers=tuple(_layer(reader, text, index) for index in range(len(text.layer_types))),
        norm=reader.zero_centred(f"{TEXT}.norm", text.hidden_size, text.norm_eps),
        head=_layer_of(embedding) if text.tied_head else reader.projection(HEAD, *shape),
    )


def _layer_of(matrix: mx.array | Quantised) -> Projection:
    return QuantisedLinear(matrix) if isinstance(matrix, Quantised) else Linear(matrix)


def _layer(reader: Reader, text: TextSpec, index: int) -> Layer:
    name, hidden = f"{TEXT}.layers.{index}", text.hidden_size
    read_mixer: Callable[[Reader, TextSpec, str], DeltaMixer | AttentionMixer] = (
        _attention if text.layer_types[index] == "full_attention" else _delta
    )
    return Layer(
        mixer=read_mixer(reader, text, name),
        mlp=_mlp(reader, text, name),
        mixer_norm=reader.zero_centred(f"{name}.input_layernorm", hidden, text.norm_eps),
        mlp_norm=reader.zero_centred(f"{name}.post_attention_layernorm", hidden, text.norm_eps),
    )


def _mlp(reader: Reader, text: TextSpec, layer: str) -> GatedMlp:
    name, hidden = f"{layer}.mlp", text.hidden_size
    return GatedMlp(
        gate=reader.projection(f"{name}.gate_proj", text.intermediate_size, hidden),
        up=reader.projection(f"{name}.up_proj", text.intermediate_size, hidden),
        down=reader.projection(f"{name}.down_proj", hidden, text.intermediate_size),
    )


def _attention(reader: Reader, text: TextSpec, layer: str) -> AttentionMixer:
    name, hidden = f"{layer}.self_attn", text.hidden_size
    return AttentionMixer(
        spec=text,
        # Per head: the query, then the gate of the head's output.
        q=reader.projection(f"{name}.q_proj", 2 * text.heads * text.head_dim, hidden),
        k=reader.projection(f"{name}.k_proj", text.kv_heads * text.head_dim, hidden),
        v=reader.projection(f"{name}.v_proj", text.kv_heads * text.head_dim, hidden),
        q_norm=reader.zero_centred(f"{name}.q_norm", text.head_dim, text.norm_eps),
        k_norm=reader.zero_centred(f"{name}.k_norm", text.head_dim, text.norm_eps),
        out=reader.projection(f"{name}.o_proj", hidden, text.heads * text.head_dim),
    )


def _delta(reader: Reader, text: TextSpec, layer: str) -> DeltaMixer:
    name, hidden = f"{layer}.linear_attn", text.hidden_size
    heads, values = text.linear_value_heads, text.linear_value_heads * text.linear_value_dim
    conv = reader.float32(f"{name}.conv1d.weight", text.linear_channels, 1, text.conv_kernel)
    rates = [reader.float32(f"{name}.in_proj_{part}.weight", heads, hidden) for part in "ba"]
    return DeltaMixer(
        spec=text,
        qkv=reader.projection(f"{name}.in_proj_qkv", text.linear_channels, hidden),
        gate=reader.projection(f"{name}.in_proj_z", values, hidden),
        rates=Linear(mx.concatenate(rates)),
        conv=mx.contiguous(mx.moveaxis(conv, 1, -1)),
        rule=Rule(reader.float32(f"{name}.A_log", heads), reader.float32(f"{name}.dt_bias", heads)),
        norm=GatedNorm(reader.tensor(f"{name}.norm.weight", text.linear_value_dim), text.norm_eps),
        out=reader.projection(f"{name}.out_proj", hidden, values),
    )


def read_drafter(reader: Reader, text: TextSpec) -> Drafter:
    """The layer that guesses ahead."""
    layer, hidden, eps = f"{DRAFTER}.layers.0", text.hidden_size, text.norm_eps
    return Drafter(
        embedding_norm=reader.zero_centred(f"{DRAFTER}.pre_fc_norm_embedding", hidden, eps),
        hidden_norm=reader.zero_centred(f"{DRAFTER}.pre_fc_norm_hidden", hidden, eps),
        fc=reader.projection(f"{DRAFTER}.fc", hidden, 2 * hidden),
        mixer=_attention(reader, text, layer),
        mlp=_mlp(reader, text, layer),
        mixer_norm=reader.zero_centred(f"{layer}.input_layernorm", hidden, eps),
        mlp_norm=reader.zero_centred(f"{layer}.post_attention_layernorm", hidden, eps),
        norm=reader.zero_centred(f"{DRAFTER}.norm", hidden, eps),
    )
