"""The gated delta rule of mlx-lm, in float32: its kernel where there is Metal, its plain operators elsewhere.

Shapes, all with a batch axis of 1: `q`, `k` [1, T, key heads, d_k] as the convolution leaves them; `v` [1, T, value
heads, d_v]; `beta` and `step` [1, T, value heads] before their sigmoid and softplus; `state` float32 [1, value heads,
d_v, d_k]. Each function returns what is read, [1, T, value heads, d_v], and states after it. Arrays are never changed,
so that any state can be kept at no cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import mlx.core as mx
from mlx_lm.models.gated_delta import gated_delta_update, normalize_qk

EPSILON = 1e-6
"""Under the root of the L2 norm, as in the reference."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the heads of a layer have learnt: `decay` (A_log) and `step_bias`, both float32 [value heads]."""

    decay: mx.array
    step_bias: mx.array

    def read(
        self, q: mx.array, k: mx.array, v: mx.array, beta: mx.array, step: mx.array, state: mx.array
    ) -> tuple[mx.array, mx.array]:
        """All tokens at once; the state after the last."""
        q, k = normalize_qk(q, k, inv_scale=q.shape[-1] ** -0.5, eps=EPSILON)
        return self._update(q, k, v, beta, step, state)

    def read_with_trail(
        self, q: mx.array, k: mx.array, v: mx.array, beta: mx.array, step: mx.array, state: mx.array
    ) -> tuple[mx.array, list[mx.array]]:
        """One token after the other; the states after each."""
        q, k = normalize_qk(q, k, inv_scale=q.shape[-1] ** -0.5, eps=EPSILON)
        outs, trail = [], []
        for t in range(q.shape[1]):
            row = slice(t, t + 1)
            out, state = self._update(q[:, row], k[:, row], v[:, row], beta[:, row], step[:, row], state)
            outs.append(out)
            trail.append(state)
        return mx.concatenate(outs, axis=1), trail

    def _update(
        self, q: mx.array, k: mx.array, v: mx.array, beta: mx.array, step: mx.array, state: mx.array
    ) -> tuple[mx.array, mx.array]:
        out, after = gated_delta_update(q, k, v, step, beta, self.decay, self.step_bias, state)
        return out, after
