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

CHUNK = 32
"""Tokens solved together: at the shape of the 4B, 512 tokens take 23 ms in chunks of 16 or 32, 28 of 64, 44 of 128."""


def normalise(x: Tensor) -> Tensor:
    """L2-normalise the last axis in float32 with the epsilon of the reference (1e-6 under the root)."""
    x = x.float()
    return x * torch.rsqrt((x * x).sum(dim=-1, keepdim=True) + 1e-6)


def recurrent(q: Tensor, k: Tensor, v: Tensor, g: Tensor, beta: Tensor, state: Tensor) -> Tensor:
    """One token after the other: the twin of all others."""
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


def single(q: Tensor, k: Tensor, v: Tensor, g: Tensor, beta: Tensor, state: Tensor) -> Tensor:
    """`recurrent` for one token (T = 1), in three passes over the state and few operators.

    What key and query read of the old state comes from one product; what the query reads of the new one follows, since
    ``S'^T q = exp(g) S^T q + (k . q) correction``.
    """
    repeats = v.shape[1] // k.shape[1]
    both = torch.stack((k[0], q[0]), dim=1)
    overlap = (k[0] * q[0]).sum(dim=-1, keepdim=True)
    if repeats > 1:
        both, overlap = both.repeat_interleave(repeats, dim=0), overlap.repeat_interleave(repeats, dim=0)
    decay = g[0].exp()[:, None, None]
    known, read = (torch.bmm(both, state) * decay).unbind(dim=1)
    correction = (v[0] - known) * beta[0][:, None]
    state.mul_(decay).baddbmm_(both[:, :1].transpose(1, 2), correction.unsqueeze(1))
    return torch.addcmul(read, overlap, correction).unsqueeze(0)


def chunked(q: Tensor, k: Tensor, v: Tensor, g: Tensor, beta: Tensor, state: Tensor, chunk: int = CHUNK) -> Tensor:
    """All tokens, `chunk` at a time.

    Operands are laid out [chunks, heads, chunk, d] and contiguous: batched products on strided views run several times
    slower. What is the same for all value heads of a key head is made once and spread inside the next product, and
    factors go into the small [chunk, chunk] matrices: each pass over [T, heads, d] costs as much as a product.
    """
    length, heads, value_dim = v.shape
    shared, repeats = k.shape[1], heads // k.shape[1]
    q, k, v = (_split(x, chunk) for x in (q, k, v))
    g, beta = (_split(x.unsqueeze(-1), chunk).squeeze(-1) for x in (g, beta))
    chunks = v.shape[0]

    def per_key_head(x: Tensor) -> Tensor:
        """[chunks, heads, ...] -> [chunks, key heads, value heads of each, ...]."""
        return x.view(chunks, shared, repeats, *x.shape[2:])

    total = g.cumsum(dim=-1)
    growth = total.exp()
    later = torch.ones((chunk, chunk), dtype=torch.bool, device=q.device).triu_(1)
    pair_decay = per_key_head((total.unsqueeze(-1) - total.unsqueeze(-2)).masked_fill_(later, -torch.inf).exp_())
    keys = k.transpose(-1, -2)
    attention = (q @ keys).unsqueeze(2) * pair_decay
    system = pair_decay.mul_((k @ keys).unsqueeze(2)).mul_(per_key_head(beta).unsqueeze(-1))

    # (I + strictly lower part)^-1: the solve against the identity is far cheaper than against all the values.
    identity = torch.eye(chunk, dtype=system.dtype, device=system.device).expand_as(system)
    inverse = torch.linalg.solve_triangular(system, identity, upper=False, unitriangular=True)
    # Into the solved system's memory: the solve returns its result transposed, and the products want it in rows.
    inverse = torch.mul(inverse, per_key_head(beta).unsqueeze(-2), out=system)
    values = inverse.view(chunks, heads, chunk, chunk) @ v
    # The value heads of a key head are rows of one product with its keys.
    inverse *= per_key_head(growth).unsqueeze(-2)
    reads = (inverse.view(chunks, shared, repeats * chunk, chunk) @ k).view(chunks, heads, chunk, -1)

    queries = (q.unsqueeze(2) * per_key_head(growth).unsqueeze(-1)).view_as(reads)
    left = (total[..., -1:] - total).exp()
    writes = (k.unsqueeze(2) * per_key_head(left).unsqueeze(-1)).view_as(reads).transpose(-1, -2)
    attention = attention.view(chunks, heads, chunk, chunk)
    decay = growth[..., -1, None, None]

    out = torch.empty_like(values)
    for index in range(chunks):
        fresh = values[index].baddbmm_(reads[index], state, alpha=-1)
        torch.bmm(queries[index], state, out=out[index])
        out[index].baddbmm_(attention[index], fresh)
        state.mul_(decay[index]).baddbmm_(writes[index], fresh)
    return out.transpose(1, 2).reshape(-1, heads, value_dim)[:length]


def _split(x: Tensor, chunk: int) -> Tensor:
    """[T, heads, d] -> contiguous float32 [chunks, heads, chunk, d]; the padding is zero and changes no state."""
    length, heads, dim = x.shape
    chunks = -(-length // chunk)
    out = torch.empty((chunks, heads, chunk, dim), dtype=torch.float32, device=x.device)
    whole = length // chunk
    out[:whole] = x[: whole * chunk].view(whole, chunk, heads, dim).transpose(1, 2)
    if whole < chunks:
        rest = length - whole * chunk
        out[whole, :, :rest] = x[whole * chunk :].transpose(0, 1)
        out[whole, :, rest:] = 0.0
    return out


def recurrent_with_trail(
    q: Tensor, k: Tensor, v: Tensor, g: Tensor, beta: Tensor, state: Tensor, trail: Tensor
) -> Tensor:
    """`recurrent` that leaves the state after each token but the last in `trail` [>= T - 1, value heads, d_k, d_v].

    It costs no copy: each token reads the state of the one before it where that lies, and writes its own elsewhere.
    """
    repeats = v.shape[1] // k.shape[1]
    if repeats > 1:
        q, k = q.repeat_interleave(repeats, dim=1), k.repeat_interleave(repeats, dim=1)
    decay = g.exp()
    out = torch.empty_like(v)
    before = state
    for t in range(v.shape[0]):
        after = trail[t] if t + 1 < v.shape[0] else state
        torch.mul(before, decay[t, :, None, None], out=after)
        key = k[t].unsqueeze(-1)
        known = torch.bmm(key.transpose(1, 2), after)
        correction = (v[t].unsqueeze(1) - known) * beta[t, :, None, None]
        after.baddbmm_(key, correction)
        out[t] = torch.bmm(q[t].unsqueeze(1), after).squeeze(1)
        before = after
    return out
