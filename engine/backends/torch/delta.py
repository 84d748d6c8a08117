"""The gated delta rule: a linear attention whose state is a matrix that forgets and corrects itself.

For one head with state S [d_k, d_v], per token: ``S = exp(g) S; S = S + k (beta (v - S^T k))^T; o = S^T q``.
`recurrent` is that, token by token, and is the obviously right twin. `chunked` gives the same with few large products
(the WY form of Yang et al., "Parallelizing Linear Transformers with the Delta Rule", arXiv 2406.06484, with the decay
of "Gated Delta Networks", arXiv 2412.06464). Everything inside is float32.

Shapes: `q`, `k` [T, key heads, d_k], already L2-normalised, q scaled by d_k ** -0.5; `v` [T, value heads, d_v];
`g` (log decay, <= 0) and `beta` (0..1) [T, value heads]; `state` [value heads, d_k, d_v], changed in place. Key head h
serves the value heads h * r to h * r + r - 1, where r = value heads / key heads. Returns [T, value heads, d_v].
"""

from __future__ import annotations

import torch
from torch import Tensor

CHUNK = 64
"""Tokens solved together. 64 keeps the triangular solves small and the products large enough for the processor."""


def normalise(x: Tensor) -> Tensor:
    """L2-normalise the last axis in float32 with the epsilon of the reference (1e-6 under the root)."""
    x = x.float()
    return x * torch.rsqrt((x * x).sum(dim=-1, keepdim=True) + 1e-6)


def recurrent(q: Tensor, k: Tensor, v: Tensor, g: Tensor, beta: Tensor, state: Tensor) -> Tensor:
    """One token after the other; for decoding and as the twin of `chunked`."""
    repeats = v.shape[1] // k.shape[1]
    if repeats > 1:
        q, k = q.repeat_interleave(repeats, dim=1), k.repeat_interleave(repeats, dim=1)
    decay = g.exp()
    out = torch.empty_like(v)
    for t in range(v.shape[0]):
        state.mul_(decay[t, :, None, None])
        key = k[t].unsqueeze(-1)
        known = torch.bmm(key.transpose(1, 2), state)
        correction = (v[t].unsqueeze(1) - known) * beta[t, :, None, None]
        state.baddbmm_(key, correction)
        out[t] = torch.bmm(q[t].unsqueeze(1), state).squeeze(1)
    return out


def chunked(q: Tensor, k: Tensor, v: Tensor, g: Tensor, beta: Tensor, state: Tensor, chunk: int = CHUNK) -> Tensor:
    """All tokens, `chunk` at a time.

    Operands are laid out [chunks, heads, chunk, d] and contiguous: batched products on strided views run several times
    slower. Products of keys are made per key head and only then spread over the value heads.
    """
    length, heads, value_dim = v.shape
    repeats = heads // k.shape[1]
    q, k, v = (_split(x, chunk) for x in (q, k, v))
    g, beta = (_split(x.unsqueeze(-1), chunk).squeeze(-1) for x in (g, beta))

    total = g.cumsum(dim=-1)
    growth = total.exp()
    pair_decay = torch.tril(total.unsqueeze(-1) - total.unsqueeze(-2)).exp_().tril_()
    key_products = _spread(k @ k.transpose(-1, -2), repeats) * pair_decay
    attention = _spread(q @ k.transpose(-1, -2), repeats).mul_(pair_decay)

    # (I + strictly lower part)^-1: the solve against the identity is far cheaper than against all the values.
    system = key_products.mul_(beta.unsqueeze(-1))
    identity = torch.eye(chunk, dtype=system.dtype, device=system.device).expand_as(system)
    inverse = torch.linalg.solve_triangular(system, identity, upper=False, unitriangular=True)

    q, k = _spread(q, repeats), _spread(k, repeats)
    values = inverse @ (v * beta.unsqueeze(-1))
    reads = inverse @ (k * (beta * growth).unsqueeze(-1))
    q = q * growth.unsqueeze(-1)
    writes = (k * (total[..., -1:] - total).exp().unsqueeze(-1)).transpose(-1, -2).contiguous()
    decay = growth[..., -1, None, None]

    out = torch.empty_like(values)
    for index in range(values.shape[0]):
        fresh = torch.baddbmm(values[index], reads[index], state, alpha=-1)
        torch.bmm(q[index], state, out=out[index])
        out[index].baddbmm_(attention[index], fresh)
        state.mul_(decay[index]).baddbmm_(writes[index], fresh)
    return out.transpose(1, 2).reshape(-1, heads, value_dim)[:length]


def _split(x: Tensor, chunk: int) -> Tensor:
    """[T, heads, d] -> contiguous float32 [chunks, heads, chunk, d]; the padding is zero and changes no state."""
    length, heads, dim = x.shape
    chunks = -(-length // chunk)
    out = torch.zeros((chunks, chunk, heads, dim), dtype=torch.float32, device=x.device)
    out.view(chunks * chunk, heads, dim)[:length] = x
    return out.transpose(1, 2).contiguous()


def _spread(x: Tensor, repeats: int) -> Tensor:
    return x.repeat_interleave(repeats, dim=1) if repeats > 1 else x
