"""The tensors of a published checkpoint by its configuration alone: how large a model is, before any of it is here."""

from __future__ import annotations

from collections.abc import Iterator

from engine.backends.published import DRAFTER, HEAD, TEXT, VISION
from engine.spec import LayerType, ModelSpec, TextSpec, VisionSpec

Named = tuple[str, tuple[int, ...]]
"""A published name and its shape."""


def published_tensors(spec: ModelSpec) -> Iterator[Named]:
    """All that the back ends read of a checkpoint of `spec`, in their order."""
    text = spec.text
    table = (text.vocab_size, text.hidden_size)
    yield f"{TEXT}.embed_tokens.weight", table
    if not text.tied_head:
        yield f"{HEAD}.weight", table
    for index, kind in enumerate(text.layer_types):
        yield from layer_tensors(text, f"{TEXT}.layers.{index}", kind)
    yield f"{TEXT}.norm.weight", (text.hidden_size,)
    if text.mtp_layers:
        yield from _drafter(text)
    if spec.vision is not None:
        yield from _vision(spec.vision)


def layer_tensors(text: TextSpec, name: str, kind: LayerType) -> Iterator[Named]:
    """Those of the decoder layer `name`."""
    hidden, inner = text.hidden_size, text.intermediate_size
    yield from _under(
        name,
        ("input_layernorm.weight", (hidden,)),
        ("post_attention_layernorm.weight", (hidden,)),
        ("mlp.gate_proj.weight", (inner, hidden)),
        ("mlp.up_proj.weight", (inner, hidden)),
        ("mlp.down_proj.weight", (hidden, inner)),
    )
    yield from _attention(text, name) if kind == "full_attention" else _delta(text, name)


def _attention(text: TextSpec, name: str) -> Iterator[Named]:
    hidden, wide, narrow = text.hidden_size, text.heads * text.head_dim, text.kv_heads * text.head_dim
    return _under(
        f"{name}.self_attn",
        ("q_proj.weight", (2 * wide, hidden)),
        ("k_proj.weight", (narrow, hidden)),
        ("v_proj.weight", (narrow, hidden)),
        ("o_proj.weight", (hidden, wide)),
        ("q_norm.weight", (text.head_dim,)),
        ("k_norm.weight", (text.head_dim,)),
    )


def _delta(text: TextSpec, name: str) -> Iterator[Named]:
    hidden, heads, values = text.hidden_size, text.linear_value_heads, text.linear_value_heads * text.linear_value_dim
    return _under(
        f"{name}.linear_attn",
        ("in_proj_qkv.weight", (text.linear_channels, hidden)),
        ("in_proj_z.weight", (values, hidden)),
        ("in_proj_b.weight", (heads, hidden)),
        ("in_proj_a.weight", (heads, hidden)),
        ("conv1d.weight", (text.linear_channels, 1, text.conv_kernel)),
        ("A_log", (heads,)),
        ("dt_bias", (heads,)),
        ("norm.weight", (text.linear_value_dim,)),
        ("out_proj.weight", (hidden, values)),
    )


def _drafter(text: TextSpec) -> Iterator[Named]:
    hidden = text.hidden_size
    yield f"{DRAFTER}.fc.weight", (hidden, 2 * hidden)
    for norm in ("pre_fc_norm_embedding", "pre_fc_norm_hidden", "norm"):
        yield f"{DRAFTER}.{norm}.weight", (hidden,)
    yield from layer_tensors(text, f"{DRAFTER}.layers.0", "full_attention")


def _vision(vision: VisionSpec) -> Iterator[Named]:
    size, inner, merged = vision.hidden_size, vision.intermediate_size, vision.hidden_size * vision.merge_size**2
    patch = (3, vision.temporal_patch_size, vision.patch_size, vision.patch_size)
    yield f"{VISION}.patch_embed.proj.weight", (size, *patch)
    yield f"{VISION}.patch_embed.proj.bias", (size,)
    yield f"{VISION}.pos_embed.weight", (vision.position_grid**2, size)
    for index in range(vision.depth):
        block = f"{VISION}.blocks.{index}"
        yield from _normed(f"{block}.norm1", size)
        yield from _normed(f"{block}.norm2", size)
        yield from _biased(f"{block}.attn.qkv", 3 * size, size)
        yield from _biased(f"{block}.attn.proj", size, size)
        yield from _biased(f"{block}.mlp.linear_fc1", inner, size)
        yield from _biased(f"{block}.mlp.linear_fc2", size, inner)
    yield from _normed(f"{VISION}.merger.norm", size)
    yield from _biased(f"{VISION}.merger.linear_fc1", merged, merged)
    yield from _biased(f"{VISION}.merger.linear_fc2", vision.out_hidden_size, merged)


def _normed(name: str, size: int) -> Iterator[Named]:
    return _under(name, ("weight", (size,)), ("bias", (size,)))


def _biased(name: str, out: int, into: int) -> Iterator[Named]:
    return _under(name, ("weight", (out, into)), ("bias", (out,)))


def _under(name: str, *tensors: Named) -> Iterator[Named]:
    return ((f"{name}.{part}", shape) for part, shape in tensors)
