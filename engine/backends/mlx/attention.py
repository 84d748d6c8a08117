"""Softmax attention over a KV cache, in steps that bound the memory for scores."""

from __future__ import annotations

import mlx.core as mx

SCORES = 2**27
"""Scores that may be there at once: MLX has no kernel for long prompts at heads of 256 numbers, and keeps all scores of
a call. 256 MB in bfloat16; a chunk of 512 tokens of the 4B takes one step up to a context of 16,384."""


def attend(q: mx.array, k: mx.array, v: mx.array) -> mx.array:
    """`q` [1, heads, L, d] over `k`, `v` [1, kv heads, T, d] -> [1, heads, L, d], scaled by d ** -0.5.

    Query head h reads from kv head h // (heads / kv heads); query i sees the keys up to T - L + i.
    """
    heads, length, dim = q.shape[1:]
    total = k.shape[2]
    rows = max(1, SCORES // (heads * total))
    parts = []
    for start in range(0, length, rows):
        end = min(start + rows, length)
        seen = total - length + end
        mask = "causal" if end - start > 1 else None
        parts.append(
            mx.fast.scaled_dot_product_attention(
                q[:, :, start:end], k[:, :, :seen], v[:, :, :seen], scale=dim**-0.5, mask=mask
            )
        )
    return parts[0] if len(parts) == 1 else mx.concatenate(parts, axis=2)
