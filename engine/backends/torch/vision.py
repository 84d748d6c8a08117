"""The vision tower: picture patches -> rows for the language model. One picture at a time, full attention within it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engine.backends.torch.attention import attend, attend_all, centred
from engine.backends.torch.layers import LayerNorm, Linear, rotate
from engine.spec import VisionSpec

MLP_ROWS = 4096
"""Patches that are widened at once: all 65,536 of the largest picture would take 0.5 GB twice over."""
ROPE_THETA = 10_000.0
"""The tower's own rotary base; the published configuration does not repeat transformers' default."""


@dataclass(frozen=True, slots=True)
class Block:
    """One transformer block of the tower."""

    heads: int
    norm_1: LayerNorm
    qkv: Linear
    proj: Linear
    norm_2: LayerNorm
    fc_1: Linear
    fc_2: Linear

    def __call__(self, x: Tensor, cos: Tensor, sin: Tensor, checkpoint: Callable[[], None]) -> Tensor:
        """[N, hidden] -> [N, hidden]; `cos` and `sin` float32 [N, 1, head_dim]."""
        length = x.shape[0]
        q, k, v = self.qkv(self.norm_1(x)).view(length, 3, self.heads, -1).unbind(1)
        # Turned in float32: in bfloat16 the angles of far patches lose their last digits.
        q, k = (rotate(part.float(), cos, sin) for part in (q, k))
        # 0.63 s instead of 0.69 s a block at 4,888 patches: each key is read some thousand times.
        q, k, v = (part.to(x.dtype).transpose(0, 1).contiguous() for part in (q, centred(k), v))
        mix = attend_all if x.device.type == "cpu" and x.dtype == torch.bfloat16 else attend
        x = x + self.proj(mix(q, k, v, checkpoint).transpose(0, 1).reshape(length, -1))
        parts = []
        for rows in torch.split(x, MLP_ROWS):
            checkpoint()
            parts.append(rows + self.fc_2(functional.gelu(self.fc_1(self.norm_2(rows)), approximate="tanh")))
        return torch.cat(parts)


@dataclass(frozen=True, slots=True)
class VisionTower:
    """`patch` maps a whole patch at once: a convolution whose kernel is its stride is one matrix product.
    `positions` [grid * grid, hidden] is a learned square grid."""

    spec: VisionSpec
    patch: Linear
    positions: Tensor
    blocks: tuple[Block, ...]
    merge_norm: LayerNorm
    merge_1: Linear
    merge_2: Linear

    def forward(self, pixels: Tensor, grid: tuple[int, int], checkpoint: Callable[[], None]) -> Tensor:
        """`pixels` [h * w, 1536] in merge-block order -> [h * w / 4, out_hidden]. `checkpoint` may raise."""
        rows, columns = block_order(grid, self.spec.merge_size, pixels.device)
        x = self.patch(pixels)
        x = x + self._position_rows(rows, columns, grid).to(x.dtype)
        cos, sin = self._rope_tables(rows, columns)
        for block in self.blocks:
            x = block(x, cos, sin, checkpoint)
        checkpoint()
        merged = self.merge_norm(x).view(-1, self.spec.hidden_size * self.spec.merge_size**2)
        return self.merge_2(functional.gelu(self.merge_1(merged)))

    def _position_rows(self, rows: Tensor, columns: Tensor, grid: tuple[int, int]) -> Tensor:
        """The learned grid, resampled bilinearly with its corners on the picture's corners."""
        side = self.spec.position_grid
        (top, down), (left, right) = (_taps(index, size, side) for index, size in ((rows, grid[0]), (columns, grid[1])))
        total = torch.zeros((len(rows), self.spec.hidden_size), dtype=torch.float32, device=rows.device)
        for row_tap, row_weight in (top, down):
            for column_tap, column_weight in (left, right):
                weight = (row_weight * column_weight).unsqueeze(-1)
                total += self.positions[row_tap * side + column_tap].float() * weight
        return total

    def _rope_tables(self, rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
        """cos and sin float32 [N, 1, head_dim]: the first half of each half turns with the row, the second with the
        column."""
        axis_dim = self.spec.hidden_size // self.spec.heads // 2
        exponents = torch.arange(0, axis_dim, 2, dtype=torch.float32, device=rows.device) / axis_dim
        frequencies = 1.0 / ROPE_THETA**exponents
        angles = torch.cat((rows.float()[:, None] * frequencies, columns.float()[:, None] * frequencies), dim=-1)
        angles = torch.cat((angles, angles), dim=-1).unsqueeze(1)
        return angles.cos(), angles.sin()


def block_order(grid: tuple[int, int], merge: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Row and column of each patch, int64 [h * w], in the order of the pixels: merge blocks row by row, and row by row
    inside a block."""
    height, width = grid
    index = torch.arange(height * width, device=device).view(height, width)
    index = index.view(height // merge, merge, width // merge, merge).transpose(1, 2).reshape(-1)
    return index // width, index % width


def _taps(index: Tensor, size: int, side: int) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """The two neighbours of each of `size` places on a line of `side` points, with their weights."""
    place = index.float() * (side - 1) / max(size - 1, 1)
    low = place.floor()
    share = place - low
    return (low.long(), 1 - share), ((low.long() + 1).clamp(max=side - 1), share)
