"""config.json -> `ModelSpec`: the shapes of a Qwen3.5 checkpoint, checked before any weight is read."""

from __future__ import annotations

import json
import math
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from engine.models.manifest import ManifestError, read_manifest
from engine.protocol import FailureCode, ModelForm, Variant

LayerType = Literal["linear_attention", "full_attention"]
Tier = Literal["0.8B", "2B", "4B", "9B", "custom"]

LARGEST = 2**24
"""No width, depth or vocabulary of the family comes near it; a file that names more is damaged."""
PICTURE_SHAPE = {"patch_size": 16, "temporal_patch_size": 2, "spatial_merge_size": 2}
"""The same in the whole family: pictures are cut for it before the model sees them."""


class ModelError(Exception):
    """A model folder that can not be used. `code` is the protocol's failure code, `str()` a sentence for a person."""

    def __init__(self, code: FailureCode, message: str) -> None:
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
    """Layers of the checkpoint's own drafter."""

    @property
    def linear_channels(self) -> int:
        """Width of the convolution of a linear layer: queries, keys and values side by side."""
        return 2 * self.linear_key_heads * self.linear_key_dim + self.linear_value_heads * self.linear_value_dim

    @property
    def full_layers(self) -> int:
        """How many layers keep a KV cache."""
        return self.layer_types.count("full_attention")

    @property
    def kv_values_per_token(self) -> int:
        """Numbers a token adds to the KV cache, the drafter's too; times the bytes of the dtype."""
        return (self.full_layers + self.mtp_layers) * 2 * self.kv_heads * self.head_dim

    @property
    def recurrent_values(self) -> int:
        """Float32 numbers of the recurrent state of all linear layers; does not grow with the context."""
        per_layer = self.linear_value_heads * self.linear_key_dim * self.linear_value_dim
        return per_layer * (len(self.layer_types) - self.full_layers)


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
    """A checkpoint as its config.json describes it. `vision` is None for a text-only one;
    `eos_tokens` are those of the configuration, the tokenizer may know another. `form` is how the weights are stored:
    as published, or as one of Fingerpost's own conversions."""

    name: str
    tier: Tier
    text: TextSpec
    vision: VisionSpec | None
    dtype: str
    image_token: int
    vision_start_token: int
    vision_end_token: int
    eos_tokens: frozenset[int]
    form: ModelForm = "published"


def read_spec(folder: Path, *, conversions: bool = False) -> ModelSpec:
    """Read and check ``config.json`` in a published-layout folder; with `conversions` also where the weights were
    quantised for MLX.

    Raises:
        ModelError: no such folder or file, not JSON, another architecture, a value missing or impossible, or weights
            that were quantised otherwise; or a ``fingerpost.json`` that can not be used.
    """
    config = read_config(folder)
    model_type = config.get("model_type")
    if model_type != "qwen3_5" or not isinstance(config.get("text_config"), dict):
        kind = f"a model of the type {model_type}" if isinstance(model_type, str) else "a model of an unknown type"
        raise ModelError(
            "model_unsupported",
            f"{folder.name} holds {kind}. Fingerpost runs Qwen3.5 (model type qwen3_5): choose another folder.",
        )
    quantisation = config.get("quantization") or config.get("quantization_config")
    if quantisation and not (conversions and _is_for_mlx(quantisation)):
        raise ModelError(
            "model_unsupported",
            f"{folder.name} holds quantised weights. Fingerpost runs the published ones: choose another folder.",
        )
    try:
        spec = _spec(model_name(folder), config)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise ModelError(
            "model_damaged",
            f"config.json in {folder.name} is not a complete Qwen3.5 configuration ({_reason(error)}). "
            "Fetch the file again.",
        ) from error
    return replace(spec, form=_form(folder))


def _form(folder: Path) -> ModelForm:
    """What ``fingerpost.json`` says, if there is one."""
    try:
        manifest = read_manifest(folder)
    except ManifestError as error:
        raise ModelError("model_damaged", str(error)) from error
    return "published" if manifest is None else manifest.form


def model_name(folder: Path) -> str:
    """What a person calls the model in `folder`: the name of the folder, or of the repository where a hub's cache has
    named the folder after a commit or writes no dots."""
    # Path.resolve raises where links lead in a circle.
    whole = Path(os.path.realpath(folder))
    cached = whole.parent.parent.name.removeprefix("models--")
    if whole.parent.name == "snapshots" and "--" in cached:
        return cached.split("--", 1)[1]
    return whole.name.replace("___", ".")


def variant_of(folder: Path) -> Variant:
    """Whether the model in `folder` answers or continues a text: a Base checkpoint has ``-Base`` at the end of its name
    or before how it is stored. The repository it came from, where one is known, has the say over the folder."""
    try:
        manifest = read_manifest(folder)
    except ManifestError:
        manifest = None
    name = (manifest.repo if manifest is not None else "") or model_name(folder)
    return "base" if re.search(r"-base(?![a-z0-9])", name, re.IGNORECASE) else "instruct"


def read_config(folder: Path) -> dict[str, Any]:
    """The raw ``config.json`` of a model folder. Raises `ModelError` when there is none that can be read."""
    if not folder.is_dir():
        raise ModelError("model_missing", f"There is no folder {folder}. Connect its disk, or choose another model.")
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            "model_missing", f"{folder.name} has no config.json. Choose the folder of a Qwen3.5 model."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError("model_damaged", f"config.json in {folder.name} can not be read. Fetch it again.") from error
    if not isinstance(config, dict):
        raise ModelError("model_damaged", f"config.json in {folder.name} is not a configuration. Fetch it again.")
    return config


def _is_for_mlx(quantisation: Any) -> bool:
    """Whether it is MLX's own: it has these two, and names no method as all others do."""
    return (
        isinstance(quantisation, dict)
        and {"bits", "group_size"} <= set(quantisation)
        and "quant_method" not in quantisation
    )


def _spec(name: str, config: dict[str, Any]) -> ModelSpec:
    text = _text_spec(config["text_config"], bool(config.get("tie_word_embeddings", False)))
    vision = _vision_spec(config["vision_config"]) if config.get("vision_config") else None
    if vision is not None and vision.out_hidden_size != text.hidden_size:
        raise ValueError("the vision tower does not fit the language model")
    return ModelSpec(
        name=name,
        tier=_tier(text),
        text=text,
        vision=vision,
        dtype=str(config["text_config"].get("dtype") or config.get("dtype") or "bfloat16"),
        image_token=int(config["image_token_id"]),
        vision_start_token=int(config["vision_start_token_id"]),
        vision_end_token=int(config["vision_end_token_id"]),
        eos_tokens=_end_tokens(config["text_config"].get("eos_token_id", config.get("eos_token_id"))),
    )


def _text_spec(text: dict[str, Any], tied_at_top: bool) -> TextSpec:
    layers = _size(text, "num_hidden_layers")
    interval = _size(text, "full_attention_interval") if "full_attention_interval" in text else 4
    types = text.get("layer_types") or [
        "full_attention" if (index + 1) % interval == 0 else "linear_attention" for index in range(layers)
    ]
    if len(types) != layers or not set(types) <= {"linear_attention", "full_attention"}:
        raise ValueError("layer_types")
    for shared, sharing in (
        ("num_key_value_heads", "num_attention_heads"),
        ("linear_num_key_heads", "linear_num_value_heads"),
    ):
        if _size(text, sharing) % _size(text, shared):
            raise ValueError(sharing)
    head_dim = _size(text, "head_dim")
    return TextSpec(
        hidden_size=_size(text, "hidden_size"),
        intermediate_size=_size(text, "intermediate_size"),
        layer_types=tuple(types),
        heads=_size(text, "num_attention_heads"),
        kv_heads=_size(text, "num_key_value_heads"),
        head_dim=head_dim,
        linear_key_heads=_size(text, "linear_num_key_heads"),
        linear_value_heads=_size(text, "linear_num_value_heads"),
        linear_key_dim=_size(text, "linear_key_head_dim"),
        linear_value_dim=_size(text, "linear_value_head_dim"),
        conv_kernel=_size(text, "linear_conv_kernel_dim"),
        norm_eps=_positive(text["rms_norm_eps"], "rms_norm_eps"),
        vocab_size=_size(text, "vocab_size"),
        max_positions=_size(text, "max_position_embeddings"),
        # The 9B's text_config has no such key; the one at the top then holds.
        tied_head=bool(text.get("tie_word_embeddings", tied_at_top)),
        rope=_rope_spec(text, head_dim),
        mtp_layers=int(text.get("mtp_num_hidden_layers", 0)),
    )


def _rope_spec(text: dict[str, Any], head_dim: int) -> RopeSpec:
    """Of ``rope_parameters``, or of the older ``rope_scaling`` with base and share beside it."""
    rope = text.get("rope_parameters") or text["rope_scaling"]
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind not in ("default", "mrope"):
        raise ValueError(f"rope_type {kind}")
    share = rope.get("partial_rotary_factor", text.get("partial_rotary_factor", 0.25))
    rotary_dim = int(head_dim * _positive(share, "partial_rotary_factor"))
    sections = tuple(int(part) for part in rope.get("mrope_section", (11, 11, 10)))
    if len(sections) != 3 or min(sections) < 0 or sum(sections) * 2 != rotary_dim or rotary_dim > head_dim:
        raise ValueError("mrope_section")
    theta = rope["rope_theta"] if "rope_theta" in rope else text["rope_theta"]
    return RopeSpec(_positive(theta, "rope_theta"), rotary_dim, (sections[0], sections[1], sections[2]))


def _vision_spec(vision: dict[str, Any]) -> VisionSpec:
    if vision.get("deepstack_visual_indexes"):
        raise ValueError("deepstack_visual_indexes")
    for key, value in PICTURE_SHAPE.items():
        if vision[key] != value:
            raise ValueError(key)
    positions = _size(vision, "num_position_embeddings")
    side = math.isqrt(positions)
    if side * side != positions:
        raise ValueError("num_position_embeddings")
    # Half of a head turns with the row, half with the column, each in pairs.
    if _size(vision, "hidden_size") % (4 * _size(vision, "num_heads")):
        raise ValueError("num_heads")
    return VisionSpec(
        depth=_size(vision, "depth"),
        hidden_size=_size(vision, "hidden_size"),
        intermediate_size=_size(vision, "intermediate_size"),
        heads=_size(vision, "num_heads"),
        patch_size=PICTURE_SHAPE["patch_size"],
        temporal_patch_size=PICTURE_SHAPE["temporal_patch_size"],
        merge_size=PICTURE_SHAPE["spatial_merge_size"],
        position_grid=side,
        out_hidden_size=_size(vision, "out_hidden_size"),
    )


def _size(config: dict[str, Any], key: str) -> int:
    value = config[key]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST:
        raise ValueError(key)
    return value


def _positive(value: Any, key: str) -> float:
    number = float(value)
    if not 0.0 < number < math.inf:
        raise ValueError(key)
    return number


def _end_tokens(value: Any) -> frozenset[int]:
    return frozenset(int(token) for token in (value if isinstance(value, list) else [value]) if token is not None)


def _tier(text: TextSpec) -> Tier:
    """The published shapes: hidden size and number of layers tell the four tiers apart."""
    tiers: dict[tuple[int, int], Tier] = {(1024, 24): "0.8B", (2048, 24): "2B", (2560, 32): "4B", (4096, 32): "9B"}
    return tiers.get((text.hidden_size, len(text.layer_types)), "custom")


def _reason(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
