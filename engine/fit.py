"""How long a context fits the memory."""

from __future__ import annotations

from engine.backends.base import MOST_DRAFTS
from engine.spec import ModelError, ModelSpec

RESERVE = 512 * 1024 * 1024
"""Bytes left to everything else: activations of one prefill chunk, a picture's patches, the system."""
STATE_COPIES = 3
"""Recurrent states held at once: the running one, the one at the restart boundary, and one being made."""
SNAPSHOT_BYTES = 1024**3
"""Most that is kept of earlier prompts: at the 4B a turn with a picture of 1,222 tokens leaves about 250 MB."""
SNAPSHOT_SHARE = 4
"""One part in so many of what is left beside the weights may go to them."""
SMALLEST_CONTEXT = 2048
"""A context that holds one balanced picture, a question and an answer: below it a load is refused."""


def context_limit(spec: ModelSpec, weight_bytes: int, value_bytes: int, free_bytes: int) -> int:
    """The longest context in tokens: what is free beside the weights, over what a token adds to the KV cache.

    `value_bytes` is the size of one number of the KV cache, `free_bytes` what the device had free before the load.

    Raises:
        ModelError: not even a short context fits beside the weights.
    """
    state = state_bytes(spec)
    per_token = cache_bytes(spec, 1, value_bytes)
    left = _left(spec, weight_bytes, free_bytes) - snapshot_budget(spec, weight_bytes, free_bytes)
    limit = left // max(per_token, 1)
    if limit < min(SMALLEST_CONTEXT, spec.text.max_positions):
        raise ModelError(
            "out_of_memory",
            f"{spec.name} needs {_gb(weight_bytes + state + RESERVE + SMALLEST_CONTEXT * per_token)}, and "
            f"{_gb(free_bytes)} of memory are free. Close other programs, or choose a smaller model.",
        )
    return int(min(limit, spec.text.max_positions))


def snapshot_budget(spec: ModelSpec, weight_bytes: int, free_bytes: int) -> int:
    """Bytes that may be kept of what earlier requests have read; see `context_limit` for the arguments."""
    return max(0, min(SNAPSHOT_BYTES, _left(spec, weight_bytes, free_bytes) // SNAPSHOT_SHARE))


def state_bytes(spec: ModelSpec) -> int:
    """Bytes of all recurrent states: drafts leave one behind each token that may have to be taken back."""
    return spec.text.recurrent_values * 4 * (STATE_COPIES + (MOST_DRAFTS if spec.text.mtp_layers else 0))


def cache_bytes(spec: ModelSpec, tokens: int, value_bytes: int) -> int:
    """Bytes of the KV caches after `tokens` tokens, with numbers of `value_bytes` bytes."""
    return spec.text.kv_values_per_token * value_bytes * tokens


def _left(spec: ModelSpec, weight_bytes: int, free_bytes: int) -> int:
    """Bytes for KV caches and snapshots."""
    return free_bytes - weight_bytes - state_bytes(spec) - RESERVE


def _gb(value: int) -> str:
    return f"{value / 1e9:.1f} GB"
