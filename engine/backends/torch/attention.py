"""Softmax attention of both towers: grouped queries without copies of keys, and in steps that can be stopped."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

STEP_OPERATIONS = 2**36
"""Multiplications and additions between two calls of the checkpoint: 0.4 s on two server cores (160 GFLOP/s)."""
SCORED = 256
"""Queries whose scores `attend_all` holds at a time: 2.6 MB for the 5,120 patches of a screenshot."""


def attend(q: Tensor, k: Tensor, v: Tensor, checkpoint: Callable[[], None], past: int | Tensor | None = None) -> Tensor:
    """`q` [heads, L, d] over `k`, `v` [kv heads, T, d] -> [heads, L, d], in q's dtype, scaled by d ** -0.5.

    Query head h reads from kv head h // (heads / kv heads). With `past` (then T = past + L) query i sees the keys up to
    past + i, without it all of them. A tensor int64 [] as `past` leaves the length to the device: T is then any number
    from past + L on, and L is small. `checkpoint` is called before each step and may raise.

    The queries of one kv head are put under each other, as rows of one product: at one query a token PyTorch's own
    grouping (``enable_gqa``) takes ten times as long on a processor.
    """
    heads, length, dim = q.shape
    kv_heads, total = k.shape[:2]
    group = heads // kv_heads
    rows = max(1, STEP_OPERATIONS // (4 * heads * dim * total))
    if length <= rows or isinstance(past, Tensor):
        checkpoint()
        return _attend(q, k, v, group, past)
    parts = []
    for start in range(0, length, rows):
        checkpoint()
        part = q[:, start : start + rows]
        if past is None:
            parts.append(_attend(part, k, v, group, None))
        else:
            seen = past + start + part.shape[1]
            parts.append(_attend(part, k[:, :seen], v[:, :seen], group, past + start))
    return torch.cat(parts, dim=1)


def attend_all(q: Tensor, k: Tensor, v: Tensor, checkpoint: Callable[[], None]) -> Tensor:
    """`attend` with a kv head for each query head and without `past`, for a whole picture in bfloat16 on a processor.

    PyTorch's own attention does 150 GFLOP/s in small blocks there, products of this size 230 to 400. Scores are rounded
    to bfloat16 on the way, as in the reference's plain form; let them be small (see `centred`).
    """
    q = q * q.shape[-1] ** -0.5
    out = torch.empty_like(q)
    for query, key, value, row in zip(q, k.transpose(1, 2), v, out, strict=True):
        checkpoint()
        for start in range(0, q.shape[1], SCORED):
            weights = torch.softmax(query[start : start + SCORED] @ key, dim=-1)
            torch.mm(weights, value, out=row[start : start + SCORED])
    return out


def centred(k: Tensor) -> Tensor:
    """Keys [T, heads, d] without what all of a head have in common. It adds the same to all scores of a query, which
    the softmax drops again, but costs them digits."""
    return k - k.mean(dim=0)


def _attend(q: Tensor, k: Tensor, v: Tensor, group: int, past: int | Tensor | None) -> Tensor:
    heads, length, dim = q.shape
    mask = None
    if isinstance(past, Tensor):
        key, query = torch.arange(k.shape[1], device=q.device), torch.arange(length, device=q.device)
        mask = (key <= past + query[:, None]).repeat(group, 1)
    elif past is not None and length > 1:
        mask = torch.ones((length, k.shape[1]), dtype=torch.bool, device=q.device).tril_(past).repeat(group, 1)
    rows = q.reshape(1, heads // group, group * length, dim)
    out = functional.scaled_dot_product_attention(rows, k[None], v[None], attn_mask=mask)
    return out.view(heads, length, dim)
