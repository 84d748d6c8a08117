"""The gated delta rule for long chunks: flash-linear-attention's kernels where they are there and right, else our own
`delta.chunked`."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from engine.backends.torch import delta

Rule = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
"""``rule(q, k, v, g, beta, state)`` with the shapes and the meaning of `engine.backends.torch.delta`."""

FEW_ROWS = 64
"""Up to so many tokens the kernels have but one chunk to work on: nothing to win, and each length is compiled anew."""
CLOSE = 0.02
"""Of the size of the result: they multiply numbers of 16 bits, we of 32."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FlaRule:
    """``fla.ops.gated_delta_rule.chunk_gated_delta_rule`` (0.6) as a `Rule`, on operands of `dtype`."""

    kernel: Callable[..., tuple[Tensor, Tensor]]
    dtype: torch.dtype

    def __call__(self, q: Tensor, k: Tensor, v: Tensor, g: Tensor, beta: Tensor, state: Tensor) -> Tensor:
        """See `Rule`. Theirs has a batch axis in front, groups the heads as we do, and gives the state back anew."""
        if q.shape[0] <= FEW_ROWS:
            return delta.chunked(q, k, v, g, beta, state)
        operands = (x.to(self.dtype)[None] for x in (q, k, v))
        # q is scaled already.
        out, final = self.kernel(
            *operands, g=g[None], beta=beta[None], scale=1.0, initial_state=state[None], output_final_state=True
        )
        state.copy_(final[0])
        return out[0].to(v.dtype)


@cache
def best_rule(device: torch.device, dtype: torch.dtype) -> Rule:
    """The rule to read a prompt with on `device`, for a model that calculates in `dtype`. Tried once: kernels that are
    absent, do not compile here, or give another result than ours are not used."""
    if device.type != "cuda" or dtype == torch.float32:
        return delta.chunked
    kernel = _find_kernel()
    if kernel is None:
        return delta.chunked
    rule = FlaRule(kernel, dtype)
    try:
        error = _error(rule, device)
    except Exception as failure:  # noqa: BLE001 - a compiler runs here: whatever goes wrong, ours still works
        log.info("flash-linear-attention does not run here (%s): the built-in delta rule is used", failure)
        return delta.chunked
    if not error < CLOSE:
        log.info("flash-linear-attention is wrong here (by %.1g): the built-in delta rule is used", error)
        return delta.chunked
    log.info("flash-linear-attention is used")
    return rule


def _find_kernel() -> Callable[..., tuple[Tensor, Tensor]] | None:
    try:
        module: Any = importlib.import_module("fla.ops.gated_delta_rule")
    except (ImportError, RuntimeError, OSError):
        # Without a graphics driver or a compiler its Triton does not even load.
        return None
    found: Callable[..., tuple[Tensor, Tensor]] | None = getattr(module, "chunk_gated_delta_rule", None)
    return found


def _error(rule: Rule, device: torch.device) -> float:
    """The distance of `rule` from `delta.recurrent`, over the size, of output and state, whichever is larger."""
    length, keys, values, dim = 100, 2, 4, 128
    random = torch.Generator().manual_seed(0)

    def made(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random).to(device)

    q, k = delta.normalise(made(length, keys, dim)) * dim**-0.5, delta.normalise(made(length, keys, dim))
    v, state = made(length, values, dim), made(values, dim, dim)
    g, beta = -made(length, values).abs() / 8, made(length, values).sigmoid()
    exact_state = state.clone()
    exact = delta.recurrent(q, k, v, g, beta, exact_state)
    pairs = ((rule(q, k, v, g, beta, state), exact), (state, exact_state))
    return max(float((one - other).norm() / other.norm()) for one, other in pairs)
