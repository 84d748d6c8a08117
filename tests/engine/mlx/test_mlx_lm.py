"""What is relied upon of mlx-lm and of MLX itself: an upgrade that changes it fails here, and says where."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

mx = pytest.importorskip("mlx.core")
gated_delta = pytest.importorskip("mlx_lm.models.gated_delta")
from mlx_lm.models.activations import swiglu  # noqa: E402 - only where there is MLX

KEY_HEADS, VALUE_HEADS, KEY_DIM, VALUE_DIM, LENGTH = 2, 4, 8, 6, 5


def numbers(seed: int, *shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_the_names_and_arguments_are_those_that_are_called() -> None:
    update = inspect.signature(gated_delta.gated_delta_update).parameters
    assert list(update)[:8] == ["q", "k", "v", "a", "b", "A_log", "dt_bias", "state"]
    normalise = inspect.signature(gated_delta.normalize_qk).parameters
    assert list(normalise) == ["q", "k", "inv_scale", "eps"]


def test_queries_and_keys_are_normalised_as_in_the_reference() -> None:
    q, k = numbers(0, 1, LENGTH, KEY_HEADS, KEY_DIM), numbers(1, 1, LENGTH, KEY_HEADS, KEY_DIM) * 1e-3
    found = gated_delta.normalize_qk(mx.array(q), mx.array(k), inv_scale=KEY_DIM**-0.5, eps=1e-6)
    for ours, given, scale in zip(found, (q, k), (KEY_DIM**-0.5, 1.0), strict=True):
        wanted = scale * given / np.sqrt((given**2).sum(-1, keepdims=True) + 1e-6)
        np.testing.assert_allclose(np.array(ours), wanted, atol=1e-6)


def test_the_delta_rule_is_the_formula_with_a_state_of_rows_of_values() -> None:
    """``S = exp(g) S; S = S + (beta (v - S k)) k^T; o = S q`` with S [d_v, d_k], in float32, from a state or none."""
    q, k = numbers(0, LENGTH, KEY_HEADS, KEY_DIM), numbers(1, LENGTH, KEY_HEADS, KEY_DIM)
    v, a, b = (numbers(seed, LENGTH, VALUE_HEADS, *rest) for seed, rest in ((2, (VALUE_DIM,)), (3, ()), (4, ())))
    decay, bias = numbers(5, VALUE_HEADS), numbers(6, VALUE_HEADS)
    state = numbers(7, VALUE_HEADS, VALUE_DIM, KEY_DIM)
    arrays = [mx.array(x)[None] for x in (q, k, v, a, b)]
    out, after = gated_delta.gated_delta_update(*arrays, mx.array(decay), mx.array(bias), mx.array(state)[None])
    wanted, wanted_after = formula(q, k, v, a, b, decay, bias, state)
    assert (out.dtype, after.dtype) == (mx.float32, mx.float32)
    np.testing.assert_allclose(np.array(out)[0], wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.array(after)[0], wanted_after, rtol=1e-4, atol=1e-5)


def formula(q: Any, k: Any, v: Any, a: Any, b: Any, decay: Any, bias: Any, state: Any) -> tuple[Any, Any]:
    state, out = state.astype(np.float64), []
    for t in range(LENGTH):
        rows = []
        for head in range(VALUE_HEADS):
            key, query = (x[t, head // (VALUE_HEADS // KEY_HEADS)].astype(np.float64) for x in (k, q))
            g = -np.exp(decay[head]) * np.log1p(np.exp(a[t, head] + bias[head]))
            held = np.exp(g) * state[head]
            correction = (v[t, head] - held @ key) / (1 + np.exp(-b[t, head]))
            state[head] = held + np.outer(correction, key)
            rows.append(state[head] @ query)
        out.append(rows)
    return np.array(out), state


def test_swiglu_takes_the_gate_first() -> None:
    gate, x = numbers(0, 3), numbers(1, 3)
    np.testing.assert_allclose(np.array(swiglu(mx.array(gate), mx.array(x))), gate / (1 + np.exp(-gate)) * x, rtol=1e-5)


def test_a_causal_mask_ends_with_the_last_key() -> None:
    q, k, v = (
        mx.array(numbers(seed, 1, heads, length, 8)) for seed, heads, length in ((0, 4, 3), (1, 2, 7), (2, 2, 7))
    )
    whole = np.array(mx.fast.scaled_dot_product_attention(q, k, v, scale=1.0, mask="causal"))
    for row in range(3):
        seen = 5 + row
        part = mx.fast.scaled_dot_product_attention(q[:, :, row : row + 1], k[:, :, :seen], v[:, :, :seen], scale=1.0)
        np.testing.assert_allclose(whole[:, :, row], np.array(part)[:, :, 0], atol=1e-5)
