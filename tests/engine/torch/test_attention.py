"""Attention in steps and with grouped queries is plain attention."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.backends.base import Cancelled
from engine.backends.torch import attention
from engine.backends.torch.attention import attend, attend_all, centred


def plain(q: Tensor, k: Tensor, v: Tensor, past: int | None) -> Tensor:
    """The definition, head by head and query by query."""
    out = torch.empty_like(q)
    for head in range(q.shape[0]):
        source = head // (q.shape[0] // k.shape[0])
        for index in range(q.shape[1]):
            end = k.shape[1] if past is None else past + index + 1
            weights = torch.softmax(k[source, :end] @ q[head, index] * q.shape[-1] ** -0.5, dim=0)
            out[head, index] = weights @ v[source, :end]
    return out


@pytest.mark.parametrize("past", [None, 0, 19])
@pytest.mark.parametrize(("heads", "kv_heads"), [(4, 1), (6, 3), (3, 3)])
@pytest.mark.parametrize("length", [1, 2, 23])
@pytest.mark.parametrize("rows", [1, 5, 1000])
def test_it_is_plain_attention(
    monkeypatch: pytest.MonkeyPatch, past: int | None, heads: int, kv_heads: int, length: int, rows: int
) -> None:
    total = 30 if past is None else past + length
    random = torch.Generator().manual_seed(7)
    q, k, v = (
        torch.randn((n, t, 16), generator=random) for n, t in ((heads, length), (kv_heads, total), (kv_heads, total))
    )
    monkeypatch.setattr(attention, "STEP_OPERATIONS", rows * 4 * heads * 16 * total)
    torch.testing.assert_close(attend(q, k, v, lambda: None, past), plain(q, k, v, past), atol=1e-5, rtol=0)


@pytest.mark.parametrize("length", [1, 255, 256, 600])
def test_a_whole_picture_is_plain_attention(length: int) -> None:
    """Also where the keys have much in common, which would else take the digits of what sets them apart."""
    random = torch.Generator().manual_seed(7)
    q, k, v = (torch.randn((length, 3, 16), generator=random) for _ in range(3))
    k += 20 * torch.randn((1, 3, 16), generator=random)
    wanted = attend(*(part.transpose(0, 1).contiguous() for part in (q, k, v)), lambda: None)
    heads = [part.bfloat16().transpose(0, 1).contiguous() for part in (q, centred(k), v)]
    error = (attend_all(*heads, lambda: None) - wanted).norm() / wanted.norm()
    assert error < 0.012
    exact = [part.transpose(0, 1).contiguous() for part in (q, centred(k), v)]
    torch.testing.assert_close(attend_all(*exact, lambda: None), wanted, atol=1e-4, rtol=0)


def test_a_long_one_can_be_stopped_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "STEP_OPERATIONS", 4 * 2 * 16 * 40 * 10)
    calls = []

    def checkpoint() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Cancelled

    x = torch.randn(2, 40, 16)
    with pytest.raises(Cancelled):
        attend(x, x, x, checkpoint)
