"""Every form of the gated delta rule gives what the plain one gives, and leaves the same state."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.backends.torch import delta

HEADS = [(1, 1), (2, 4), (3, 3), (2, 6)]
"""Key heads and value heads."""


Read = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


def operands(length: int, heads: tuple[int, int]) -> tuple[Read, Tensor]:
    """q, k, v, g and beta, and a state that has read before."""
    random = torch.Generator().manual_seed(length)
    q, k = (delta.normalise(torch.randn((length, heads[0], 16), generator=random)) for _ in range(2))
    v = torch.randn((length, heads[1], 24), generator=random)
    g = -torch.rand((length, heads[1]), generator=random) * 3
    beta = torch.rand((length, heads[1]), generator=random)
    return (q * 16**-0.5, k, v, g, beta), torch.randn((heads[1], 16, 24), generator=random)


def tokens(read: Read, first: int, last: int) -> Read:
    q, k, v, g, beta = (x[first:last] for x in read)
    return q, k, v, g, beta


@pytest.mark.parametrize("heads", HEADS)
@pytest.mark.parametrize("length", [1, 31, 32, 33, 100])
def test_chunks_are_the_rule(length: int, heads: tuple[int, int]) -> None:
    read, state = operands(length, heads)
    wanted_state = state.clone()
    wanted = delta.recurrent(*read, wanted_state)
    torch.testing.assert_close(delta.chunked(*read, state), wanted, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(state, wanted_state, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("heads", HEADS)
def test_one_token_is_the_rule(heads: tuple[int, int]) -> None:
    read, state = operands(1, heads)
    wanted_state = state.clone()
    wanted = delta.recurrent(*read, wanted_state)
    torch.testing.assert_close(delta.single(*read, state), wanted, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(state, wanted_state, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("heads", HEADS)
def test_a_trail_holds_the_state_after_each_token_but_the_last(heads: tuple[int, int]) -> None:
    read, state = operands(4, heads)
    wanted_state, trail = state.clone(), torch.empty((3, *state.shape))
    wanted = [delta.recurrent(*tokens(read, at, at + 1), wanted_state) for at in range(3)]
    after_three = wanted_state.clone()
    wanted.append(delta.recurrent(*tokens(read, 3, 4), wanted_state))
    out = delta.recurrent_with_trail(*read, state, trail)
    torch.testing.assert_close(out, torch.cat(wanted), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(state, wanted_state, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(trail[2], after_three, atol=1e-6, rtol=1e-5)
