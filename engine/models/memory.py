"""How much memory a model takes, from its shapes alone: its weights in the form in which the back ends keep them, and
what lies beside them while it loads and while it runs.

Counted is what is resident: memory of the process's own and pages of mapped files. Of what a file keeps mapped without
being read again (the rows of an embedding that no token has asked for) nothing is counted. The numbers behind each
count are those of the code it names; none is fitted to a measurement.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.backends.published import DRAFTER, HEAD, TEXT, VISION, is_sensitive
from engine.fit import cache_bytes, state_bytes
from engine.models.tensors import Named, layer_tensors, published_tensors
from engine.protocol import ModelForm
from engine.spec import LayerType, ModelSpec, VisionSpec

TABLE = f"{TEXT}.embed_tokens.weight"
PROJECTIONS = ("_proj.weight", ".in_proj_qkv.weight", ".in_proj_z.weight", f"{DRAFTER}.fc.weight")
"""Endings of what takes fewer bits in a layer."""
WIDE = ("norm.weight", ".conv1d.weight", ".in_proj_a.weight", ".in_proj_b.weight", ".A_log", ".dt_bias")
"""Endings of what the language model keeps in float32."""
GROUP = 64
"""Numbers that share a scale and an offset, of 16 bits each."""
STORED = 2
"""Bytes of a published number."""
MADE_INT8 = 3.0
"""Bytes a number takes while PyTorch packs it at 8 bits: rounded, once more as a quantised tensor, and packed."""
ROUNDED_INT4 = 12.0
"""Bytes a number takes while it is rounded to 4 bits: in float32, scaled in float32, and as a number of 32 bits."""
CARD_ROWS = 4096
"""Output channels that are rounded to 4 bits at a time on a card."""
CHUNK = {"cuda": 2048, "xpu": 2048, "mps": 2048, "cpu": 512}
"""Tokens of a prompt that are read at once."""
DELTA_CHUNK = 32
"""Tokens that the delta rule solves together."""
PATCH_VALUES = 3 * 2 * 16 * 16
"""Numbers of a picture's patch."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a model runs: `dtype` as `LoadModel` takes it, `device` as `engine.devices` names it, the `form` of its
    folder. `number` is the bytes of what is calculated in and not quantised, `cores` how many weights are made at a
    time."""

    dtype: str
    device: str
    form: ModelForm = "published"
    number: int = 2
    cores: int = 1

    @property
    def bits(self) -> int | None:
        """Of the large weights; None: as they are stored."""
        return {"int8": 8, "int4": 4}.get(self.dtype)

    @property
    def is_mlx(self) -> bool:
        """Whether MLX runs it."""
        return self.device == "mps"


def weight_bytes(spec: ModelSpec, run: Run) -> int:
    """The weights as they are kept, the vision tower with them."""
    return _sum_of_kept(spec, run, lambda name: True)


def peak_bytes(spec: ModelSpec, run: Run, tokens: int, patches: int) -> int:
    """The most that is there at once, from the load on, with `tokens` of context and pictures of up to `patches`
    patches. The process itself is not counted."""
    states = state_bytes(spec) + cache_bytes(spec, tokens, run.number)
    passing = max(_reading(spec, run, tokens), _seeing(spec.vision, run, patches))
    return max(_loading(spec, run), weight_bytes(spec, run) + _left_mapped(spec, run) + states + passing)


# --- Weights --------------------------------------------------------------------------------------------------------


def _sum_of_kept(spec: ModelSpec, run: Run, wanted: Callable[[str], bool]) -> int:
    return sum(_kept(spec, run, name, shape) for name, shape in published_tensors(spec) if wanted(name))


def _kept(spec: ModelSpec, run: Run, name: str, shape: tuple[int, ...]) -> int:
    if name == TABLE and not run.is_mlx and not spec.text.tied_head and (run.device == "cpu" or run.bits is not None):
        # It stays in the file, of which only the rows of the conversation's tokens are read.
        return 0
    return int(math.prod(shape) * _width(spec, run, name, shape))


def _width(spec: ModelSpec, run: Run, name: str, shape: tuple[int, ...]) -> float:
    """Bytes of a number of the tensor `name`."""
    in_text = not name.startswith(f"{VISION}.")
    if in_text and name.endswith(WIDE):
        return 4
    bits = _bits(run, name, shape) if in_text else None
    if bits is None:
        return run.number
    if bits == 8 and not run.is_mlx:
        # One scale for each output channel.
        return 1 + 4 / shape[1]
    return bits / 8 + 2 * run.number / GROUP


def _bits(run: Run, name: str, shape: tuple[int, ...]) -> int | None:
    """How many bits a matrix of the language model has, None where it is kept as it is."""
    if run.bits is None or len(shape) != 2 or (run.is_mlx and shape[1] % GROUP):
        return None
    if run.form.startswith("mlx-"):
        # mlx-lm gives all matrices the same.
        return run.bits
    if not name.endswith((*PROJECTIONS, f"{HEAD}.weight", TABLE)):
        return None
    in_groups = shape[1] % GROUP == 0 and (run.is_mlx or shape[0] % GROUP == 0)
    return run.bits if in_groups and not is_sensitive(name) else 8


# --- Loading --------------------------------------------------------------------------------------------------------


def _loading(spec: ModelSpec, run: Run) -> int:
    """The most that is there while the weights are made into another form: what is made, and what it is made of. First
    comes the head alone, then a layer after the other, then the drafter."""
    if run.is_mlx or (run.bits is None and run.device != "cpu"):
        return 0
    head = spec.text.vocab_size * spec.text.hidden_size
    layer = _largest_layer(spec)
    text = _sum_of_kept(spec, run, lambda name: not name.startswith((f"{VISION}.", f"{DRAFTER}.")))
    if run.device != "cpu":
        return max(head * (STORED + 1), text + max(_rounding_on_a_card(run, shape) for _, shape in layer))
    # An own conversion is stored as it is kept.
    stored = STORED if run.form == "published" else 1
    first = head * (stored + (MADE_INT8 if run.bits else STORED))
    before = text - sum(_kept(spec, run, *tensor) for tensor in layer)
    making = sorted(math.prod(shape) * (stored + _made(run, name, shape)) for name, shape in layer)
    behind = _left_mapped(spec, run)
    stages = [first, behind + before + sum(making[-run.cores :]), behind + text + stored * _numbers(layer)]
    drafter = [tensor for tensor in published_tensors(spec) if _is_projection(tensor[0], DRAFTER)]
    if drafter:
        last = max(math.prod(shape) * _made(run, name, shape) for name, shape in drafter)
        whole = _sum_of_kept(spec, run, lambda name: not name.startswith(f"{VISION}."))
        stages.append(behind + whole + stored * _numbers(drafter) + last)
    return int(max(stages))


def _left_mapped(spec: ModelSpec, run: Run) -> int:
    """The file stays mapped for the rows of the embedding; the first layer was read through the same mapping."""
    if run.device != "cpu" or run.form != "published":
        return 0
    return STORED * _numbers(_projections(spec, spec.text.layer_types[0]))


def _made(run: Run, name: str, shape: tuple[int, ...]) -> float:
    """Bytes a number of the matrix takes at most while it is made, on the processor."""
    if run.bits is None:
        return STORED
    return ROUNDED_INT4 if _bits(run, name, shape) == 4 and run.form == "published" else MADE_INT8


def _largest_layer(spec: ModelSpec) -> list[Named]:
    layers = [_projections(spec, kind) for kind in sorted(set(spec.text.layer_types))]
    return max(layers, key=_numbers)


def _projections(spec: ModelSpec, kind: LayerType) -> list[Named]:
    return [tensor for tensor in layer_tensors(spec.text, TEXT, kind) if _is_projection(tensor[0], TEXT)]


def _numbers(tensors: list[Named]) -> int:
    return sum(math.prod(shape) for _, shape in tensors)


def _is_projection(name: str, part: str) -> bool:
    return name.startswith(f"{part}.") and name.endswith(PROJECTIONS)


def _rounding_on_a_card(run: Run, shape: tuple[int, ...]) -> int:
    """A published matrix and what is made of it; at 4 bits a block of it is rounded at a time."""
    rows, columns = shape
    rounding = ROUNDED_INT4 * min(rows, CARD_ROWS) * columns if run.bits == 4 else 0
    return rows * columns * STORED + int(rounding)


# --- Running --------------------------------------------------------------------------------------------------------


def _reading(spec: ModelSpec, run: Run, tokens: int) -> int:
    """What a chunk of a prompt takes on its way through a layer (`TextModel.forward`), and the logits."""
    text, number = spec.text, run.number
    keys = text.linear_key_heads * text.linear_key_dim
    values = text.linear_value_heads * text.linear_value_dim
    # Embedded rows, hidden states and their norm; the norm is calculated in float32, twice.
    hidden = text.hidden_size * (3 * number + 2 * 4)
    # Gate, up, their product and what is made of it, of which one is rounded from float32 to float32 in 8 bits.
    mlp = text.intermediate_size * (4 * number + (2 * 4 if run.bits else 0))
    # Input, padded input and output of the convolution; q, k and v in float32, and each once more in chunks; what is
    # solved, read, asked and written, and the output, for each value head; the three matrices of pairs.
    delta = text.linear_channels * 3 * number + 2 * 4 * (2 * keys + values) + 5 * 4 * values
    delta += 3 * 4 * text.linear_value_heads * DELTA_CHUNK
    # Query with its gate, query and output turned and put in rows; keys and values.
    attention = text.heads * text.head_dim * 6 * number + text.kv_heads * text.head_dim * 4 * number
    length = min(tokens, CHUNK[run.device])
    return length * (hidden + max(mlp, delta, attention)) + text.vocab_size * (number + 4)


def _seeing(vision: VisionSpec | None, run: Run, patches: int) -> int:
    """What a picture takes on its way through a block of the tower (`vision.Block`)."""
    if vision is None:
        return 0
    # As it was prepared, in float32, and as it is calculated with.
    pixels = PATCH_VALUES * (4 + run.number)
    # Hidden states; queries, keys and values, once more in rows, and what is made of them; in float32 the query, and of
    # the key itself, two products, two halves turned round and the sum.
    block = vision.hidden_size * (run.number * (1 + 3 + 3 + 1) + 4 * (1 + 5))
    return patches * (pixels + block)
