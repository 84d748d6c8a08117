"""Published checkpoint -> the two towers. The names on the left of each line are those of the published files."""

from __future__ import annotations

from collections.abc import Callable

import torch

from engine.backends.published import DRAFTER, HEAD, TEXT, VISION
from engine.backends.torch.delta_kernels import best_rule
from engine.backends.torch.layers import GatedMlp, GatedNorm, Linear, PlainTable, Projection, Table
from engine.backends.torch.mtp import Drafter
from engine.backends.torch.reader import Reader
from engine.backends.torch.text import AttentionMixer, DeltaMixer, Layer, TextModel
from engine.backends.torch.vision import Block, VisionTower
from engine.backends.torch.weights import WeightFiles
from engine.spec import ModelSpec, TextSpec, VisionSpec


def read_text(reader: Reader, spec: ModelSpec) -> TextModel:
    """The language model."""
    text = spec.text
    head, embedding = _head_and_embedding(reader, text)
    layers = []
    for index in range(len(text.layer_types)):
        reader.begin(f"{TEXT}.layers.{index}.")
        layers.append(_layer(reader, text, index))
        reader.let_go()
    return TextModel(
        text, embedding, tuple(layers), reader.zero_centred(f"{TEXT}.norm", text.hidden_size, text.norm_eps), head
    )


def _head_and_embedding(reader: Reader, text: TextSpec) -> tuple[Projection, Table]:
    """Where the head takes another form, the embedding stays a view of the file: of its rows only those of the
    conversation's tokens are ever read."""
    table, shape = f"{TEXT}.embed_tokens", (text.vocab_size, text.hidden_size)
    if reader.form is None:
        embedding = reader.tensor(f"{table}.weight", *shape)
        return Linear(embedding) if text.tied_head else reader.linear(HEAD, *shape), PlainTable(embedding)
    head = reader.projection(table if text.tied_head else HEAD, *shape)
    reader.let_go()
    return head, reader.table(f"{table}.weight", *shape)


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
    return DeltaMixer(
        spec=text,
        qkv=reader.projection(f"{name}.in_proj_qkv", text.linear_channels, hidden),
        gate=reader.projection(f"{name}.in_proj_z", values, hidden),
        rates=Linear(torch.cat([reader.float32(f"{name}.in_proj_{part}.weight", heads, hidden) for part in "ba"])),
        conv=conv[:, 0].t().contiguous(),
        decay_rate=reader.float32(f"{name}.A_log", heads).exp().neg_(),
        step_bias=reader.float32(f"{name}.dt_bias", heads),
        norm=GatedNorm(reader.tensor(f"{name}.norm.weight", text.linear_value_dim), text.norm_eps),
        out=reader.projection(f"{name}.out_proj", hidden, values),
        rule=best_rule(reader.device, reader.dtype),
    )


def has_drafter(files: WeightFiles) -> bool:
    """Whether the checkpoint was published with its drafter."""
    return any(name.startswith(f"{DRAFTER}.") for name in files.numbers)


def read_drafter(reader: Reader, text: TextSpec) -> Drafter:
    """The layer that guesses ahead."""
    layer, hidden, eps = f"{DRAFTER}.layers.0", text.hidden_size, text.norm_eps
    drafter = Drafter(
        fc=reader.projection(f"{DRAFTER}.fc", hidden, 2 * hidden),
        embedding_norm=reader.zero_centred(f"{DRAFTER}.pre_fc_norm_embedding", hidden, eps),
        hidden_norm=reader.zero_centred(f"{DRAFTER}.pre_fc_norm_hidden", hidden, eps),
        mixer=_attention(reader, text, layer),
        mlp=_mlp(reader, text, layer),
        mixer_norm=reader.zero_centred(f"{layer}.input_layernorm", hidden, eps),
        mlp_norm=reader.zero_centred(f"{layer}.post_attention_layernorm", hidden, eps),
        norm=reader.zero_centred(f"{DRAFTER}.norm", hidden, eps),
    )
    reader.let_go()
    return drafter


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
