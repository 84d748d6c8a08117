"""flash-linear-attention's kernels under our rule: the layouts are mapped right, and what is absent, broken or wrong is
not used. A plain twin in their layout stands in for them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.backends.torch import delta, delta_kernels
from engine.backends.torch.delta_kernels import FlaRule, best_rule

MODULE = "fla.ops.gated_delta_rule"
GRAPHICS = torch.device("cuda")


def twin(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    g: Tensor,
    beta: Tensor,
    scale: float | None = None,
    initial_state: Tensor | None = None,
    output_final_state: bool = False,
    **others: Any,
) -> tuple[Tensor, Tensor | None]:
    """Their documented contract, token by token: q, k [B, T, H, K]; v [B, T, HV, V]; g, beta [B, T, HV]; states
    [B, HV, K, V] in float32; the output in v's dtype; the state it is given stays as it is."""
    assert not others
    assert q.dtype == k.dtype == v.dtype != torch.float32
    batch, length, heads, keys = q.shape
    value_heads, values = v.shape[2:]
    state = torch.zeros(batch, value_heads, keys, values) if initial_state is None else initial_state.clone()
    factor = keys**-0.5 if scale is None else scale
    out = torch.empty(batch, length, value_heads, values)
    q, k = (x.float().repeat_interleave(value_heads // heads, dim=2) for x in (q, k))
    for t in range(length):
        state = state * g[:, t, :, None, None].exp()
        fresh = beta[:, t, :, None] * (v[:, t].float() - torch.einsum("bhkv,bhk->bhv", state, k[:, t]))
        state = state + torch.einsum("bhk,bhv->bhkv", k[:, t], fresh)
        out[:, t] = torch.einsum("bhkv,bhk->bhv", state, q[:, t] * factor)
    return out.to(v.dtype), state if output_final_state else None


def wrong(*operands: Tensor, **others: Any) -> tuple[Tensor, Tensor | None]:
    """A kernel that forgets nothing."""
    others["g"] = torch.zeros_like(others["g"])
    return twin(*operands, **others)


def broken(*operands: Tensor, **others: Any) -> tuple[Tensor, Tensor | None]:
    raise AssertionError("no compiler")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    best_rule.cache_clear()
    yield
    best_rule.cache_clear()


def install(monkeypatch: pytest.MonkeyPatch, kernel: Callable[..., Any] | None) -> None:
    """Put `kernel` where theirs would be, and let what is tried for the graphics card run here."""
    for name in ("fla", "fla.ops", MODULE):
        monkeypatch.setitem(sys.modules, name, ModuleType(name) if kernel is not None else None)
    if kernel is not None:
        monkeypatch.setattr(sys.modules[MODULE], "chunk_gated_delta_rule", kernel, raising=False)
    tried = delta_kernels._error
    monkeypatch.setattr(delta_kernels, "_error", lambda rule, device: tried(rule, torch.device("cpu")))


def operands(length: int, key_heads: int, heads: int) -> list[Tensor]:
    random = torch.Generator().manual_seed(length)
    q, k = (delta.normalise(torch.randn((length, key_heads, 16), generator=random)) for _ in range(2))
    v = torch.randn((length, heads, 24), generator=random)
    g = -torch.rand((length, heads), generator=random)
    return [q * 16**-0.5, k, v, g, torch.rand((length, heads), generator=random)]


@pytest.mark.parametrize(("key_heads", "heads"), [(2, 2), (2, 4), (1, 3)])
@pytest.mark.parametrize("length", [7, delta_kernels.FEW_ROWS, 100])
def test_their_layout_is_ours_turned(length: int, key_heads: int, heads: int) -> None:
    rule = FlaRule(twin, torch.bfloat16)
    start = torch.randn((heads, 16, 24), generator=torch.Generator().manual_seed(1))
    got_state, wanted_state = start.clone(), start.clone()
    got = rule(*operands(length, key_heads, heads), got_state)
    wanted = delta.recurrent(*operands(length, key_heads, heads), wanted_state)
    assert got.dtype == torch.float32
    assert (got - wanted).norm() < 0.01 * wanted.norm()
    assert (got_state - wanted_state).norm() < 0.01 * wanted_state.norm()


@pytest.mark.parametrize("kernel", [None, broken, wrong])
def test_absent_broken_or_wrong_kernels_change_nothing(
    kernel: Callable[..., Any] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, kernel)
    assert best_rule(GRAPHICS, torch.bfloat16) is delta.chunked


def test_the_processor_and_float32_stay_with_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, twin)
    assert best_rule(torch.device("cpu"), torch.bfloat16) is delta.chunked
    assert best_rule(GRAPHICS, torch.float32) is delta.chunked


def test_right_kernels_are_used_and_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(*operands: Tensor, **others: Any) -> tuple[Tensor, Tensor | None]:
        calls.append(1)
        return twin(*operands, **others)

    install(monkeypatch, counted)
    rule = best_rule(GRAPHICS, torch.bfloat16)
    assert isinstance(rule, FlaRule)
    assert best_rule(GRAPHICS, torch.bfloat16) is rule
    assert len(calls) == 1
