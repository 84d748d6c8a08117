"""The vision tower: picture patches -> rows for the language model. One picture at a time, full attention within it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import mlx.core as mx
from mlx.nn.layers.activations import gelu, gelu_approx

from engine.backends.mlx.layers import LayerNorm, Linear, Projection, rotate
from engine.backends.mlx.reader import Reader
from engine.backends.published import VISION
from engine.spec import VisionSpec

MLP_ROWS = 4096
"""Patches that are widened at once: all 65,536 of the largest picture would take 0.5 GB twice over."""
ROPE_THETA = 10_000.0
"""The tower's own rotary base; the published configuration does not repeat transformers' default."""
STEP_OPERATIONS = 2**36
"""Multiplications and additions of attention between two calls of the checkpoint: 0.05 s on the smallest M1 (2.6
TFLOP/s in theory). Metal ends a process whose kernel takes seconds, and without a fused kernel all scores of a step lie
in memory."""
FUSED_DIMS = (64, 80, 128)
"""Widths of a head for which Metal's kernel never holds the scores; the 9B's 72 is none of them."""


@dataclass(frozen=True, slots=True)
class Block:
    """One transformer block of the tower."""

    heads: int
    norm_1: LayerNorm
    qkv: Projection
    proj: Projection
    norm_2: LayerNorm
    fc_1: Projection
    fc_2: Projection

    def __call__(self, x: mx.array, cos: mx.array, sin: mx.array, checkpoint: Callable[[], None]) -> mx.array:
        """[N, hidden] -> [N, hidden], evaluated; `cos` and `sin` float32 [N, 1, head_dim]."""
        length = x.shape[0]
        q, k, v = mx.split(self.qkv(self.norm_1(x)).reshape(length, 3, self.heads, -1), 3, axis=1)
        # Turned in float32: in bfloat16 the angles of far patches lose their last digits.
        q, k = (rotate(part.squeeze(1).astype(mx.float32), cos, sin) for part in (q, k))
        # What all keys of a head have in common adds the same to all scores of a query: it only costs them digits.
        k = k - k.mean(axis=0)
        q, k, v = (part.astype(x.dtype).swapaxes(0, 1) for part in (q, k, v.squeeze(1)))
        x = x + self.proj(attend_all(q, k, v, checkpoint).swapaxes(0, 1).reshape(length, -1))
        parts = []
        for rows in _split(x, MLP_ROWS):
            checkpoint()
            parts.append(rows + self.fc_2(_gelu_tanh(self.fc_1(self.norm_2(rows)))))
            mx.eval(parts[-1])
        return parts[0] if len(parts) == 1 else mx.concatenate(parts)


@dataclass(frozen=True, slots=True)
class VisionTower:
    """`patch` maps a whole patch at once: a convolution whose kernel is its stride is one matrix product.
    `positions` [grid * grid, hidden] is a learned square grid."""

    spec: VisionSpec
    patch: Linear
    positions: mx.array
    blocks: tuple[Block, ...]
    merge_norm: LayerNorm
    merge_1: Projection
    merge_2: Projection

    def forward(self, pixels: mx.array, grid: tuple[int, int], checkpoint: Callable[[], None]) -> mx.array:
        """`pixels` [h * w, 1536] in merge-block order -> [h * w / 4, out_hidden], evaluated. `checkpoint` may raise."""
        rows, columns = block_order(grid, self.spec.merge_size)
        x = self.patch(pixels.astype(self.positions.dtype))
        x = x + self._position_rows(rows, columns, grid).astype(x.dtype)
        cos, sin = self._rope_tables(rows, columns)
        mx.eval(x, cos, sin)
        for block in self.blocks:
            x = block(x, cos, sin, checkpoint)
        checkpoint()
        merged = self.merge_norm(x).reshape(-1, self.spec.hidden_size * self.spec.merge_size**2)
        seen = self.merge_2(_gelu(self.merge_1(merged)))
        mx.eval(seen)
        return seen

    def _position_rows(self, rows: mx.array, columns: mx.array, grid: tuple[int, int]) -> mx.array:
        """The learned grid, resampled bilinearly with its corners on the picture's corners; float32 [N, hidden]."""
        side = self.spec.position_grid
        (top, down), (left, right) = (_taps(index, size, side) for index, size in ((rows, grid[0]), (columns, grid[1])))
        total = mx.zeros((rows.size, self.spec.hidden_size), mx.float32)
        for row_tap, row_weight in (top, down):
            for column_tap, column_weight in (left, right):
                weight = (row_weight * column_weight)[:, None]
                total = total + self.positions[row_tap * side + column_tap].astype(mx.float32) * weight
        return total

    def _rope_tables(self, rows: mx.array, columns: mx.array) -> tuple[mx.array, mx.array]:
        """cos and sin float32 [N, 1, head_dim]: the first half of each half turns with the row, the second with the
        column."""
        axis_dim = self.spec.hidden_size // self.spec.heads // 2
        exponents = mx.arange(0, axis_dim, 2, dtype=mx.float32) / axis_dim
        frequencies = 1.0 / ROPE_THETA**exponents
        angles = [index.astype(mx.float32)[:, None] * frequencies for index in (rows, columns)]
        table = mx.concatenate([*angles, *angles], axis=-1)[:, None]
        return mx.cos(table), mx.sin(table)


def attend_all(q: mx.array, k: mx.array, v: mx.array, checkpoint: Callable[[], None]) -> mx.array:
    """`q` [heads, L, d] over all of `k`, `v` [heads, T, d] -> [heads, L, d], scaled by d ** -0.5 and evaluated in steps
    with the checkpoint before each."""
    heads, length, dim = q.shape
    width = min((fused for fused in FUSED_DIMS if fused >= dim), default=dim)
    if width != dim:
        # Zeros add nothing to a score, and a column of zeros to the output, which is dropped again.
        q, k, v = (mx.pad(part, [(0, 0), (0, 0), (0, width - dim)]) for part in (q, k, v))
    step = max(1, STEP_OPERATIONS // (4 * heads * width * k.shape[1]))
    parts = []
    for start in range(0, length, step):
        checkpoint()
        query = q[None, :, start : start + step]
        parts.append(mx.fast.scaled_dot_product_attention(query, k[None], v[None], scale=dim**-0.5)[0])
        mx.eval(parts[-1])
    mixed = parts[0] if len(parts) == 1 else mx.concatenate(parts, axis=1)
    return mixed[..., :dim]


def block_order(grid: tuple[int, int], merge: int) -> tuple[mx.array, mx.array]:
    """Row and column of each patch, int32 [h * w], in the order of the pixels: merge blocks row by row, and row by row
    inside a block."""
    height, width = grid
    index = mx.arange(height * width, dtype=mx.int32).reshape(height // merge, merge, width // merge, merge)
    index = index.swapaxes(1, 2).reshape(-1)
    return index // width, index % width


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


def _gelu_tanh(x: mx.array) -> mx.array:
    """In float32 and rounded once, as PyTorch does it."""
    y: mx.array = gelu_approx(x.astype(mx.float32))
    return y.astype(x.dtype)


def _gelu(x: mx.array) -> mx.array:
    """The exact one, in float32."""
    y: mx.array = gelu(x.astype(mx.float32))
    return y.astype(x.dtype)


def _split(x: mx.array, rows: int) -> Iterator[mx.array]:
    return (x[start : start + rows] for start in range(0, x.shape[0], rows))


def _taps(index: mx.array, size: int, side: int) -> tuple[tuple[mx.array, mx.array], tuple[mx.array, mx.array]]:
    """The two neighbours of each of `size` places on a line of `side` points, with their weights."""
    place = index.astype(mx.float32) * (side - 1) / max(size - 1, 1)
    low = mx.floor(place)
    share = place - low
    first = low.astype(mx.int32)
    return (first, 1 - share), (mx.minimum(first + 1, side - 1), share)
