"""Steps of a fixed shape: on NVIDIA's cards recorded once, as a CUDA graph, and then started as one piece of work.

A step of the 4B is more than two thousand small operations, and Python needs several times as long to start them as the
card to run them. What is recorded can hold no length and no address that changes: see `engine.backends.torch.static`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.backends.torch.cache import TorchState
from engine.backends.torch.static import StaticCaches
from engine.backends.torch.text import TextModel

SMALLEST = 1024
"""Tokens of the smallest capacity; the next ones are twice as large."""
KEPT = 8192
"""Tokens of the capacity that waits for the next conversation: 270 MB at the 4B."""
WARM_UP = 3
"""Runs before the recording, in which libraries make what they must not make during it."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Results:
    """Of one pass: normed hidden states [T, hidden], logits float32 [T, vocab] and, where it can be taken back, what
    the convolution of each linear layer has read, [kernel - 1 + T, channels]."""

    hidden: Tensor
    logits: Tensor
    inputs: tuple[Tensor | None, ...]


Work = Callable[[], Results]


class Recorder:
    """Records work on a CUDA device. All recordings share one stream and one pool of memory: they never run at once,
    and what leaves one is copied before the next begins."""

    def __init__(self) -> None:
        self._stream: torch.cuda.Stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()

    def record(self, work: Work) -> Work:
        """`work`, which then runs on the same memory each time, on the current stream, and always returns the same
        tensors. Here it is run `WARM_UP` times. Raises `RuntimeError` when it can not be recorded."""
        current = torch.cuda.current_stream()
        graph = torch.cuda.CUDAGraph()
        try:
            self._stream.wait_stream(current)
            with torch.cuda.stream(self._stream):
                for _ in range(WARM_UP):
                    work()
            with torch.cuda.graph(graph, pool=self._pool, stream=self._stream):
                results = work()
        finally:
            # A recording that fails leaves its stream behind as the current one.
            torch.cuda.set_stream(current)
            current.wait_stream(self._stream)

        def replay() -> Results:
            graph.replay()
            return results

        return replay


@dataclass(frozen=True, slots=True)
class StaticPass:
    """The model over a fixed number of rows: `work` reads `embedded` [T, hidden] and `positions` int64 [3, T]."""

    embedded: Tensor
    positions: Tensor
    work: Work


class StaticSteps:
    """Runs the model over one or a few text tokens in fixed memory, for conversations of up to `limit` tokens.

    After one failure, to record or to get the memory, it is `off` for good.
    """

    def __init__(self, text: TextModel, device: torch.device, limit: int, drafts: bool) -> None:
        self._text, self._device, self._drafts = text, device, drafts
        self._largest = max(SMALLEST, -(-limit // SMALLEST) * SMALLEST)
        self._caches: StaticCaches | None = None
        self._passes: dict[tuple[int, int, bool], StaticPass] = {}
        self._recording = device.type == "cuda"
        self._recorder: Recorder | None = None
        self.off = False

    def run(
        self, state: TorchState, embedded: Tensor, positions: Tensor, retraceable: bool
    ) -> tuple[Tensor, Tensor] | None:
        """`TextModel.forward` and `logits` over `embedded` [T, hidden]; None where `state`, then in memory of its own
        and as it was, has to be extended in the plain way. The logits are valid until the next call."""
        rows, end = embedded.shape[0], state.length + embedded.shape[0]
        if self.off or end > self._largest:
            self.release(state)
            return None
        capacity = min(max(SMALLEST, 1 << (end - 1).bit_length()), self._largest)
        try:
            caches = self._room_for(state, capacity)
            caches.past.fill_(state.length)
            step = self._pass(caches, capacity, rows, retraceable)
        except RuntimeError as error:
            log.info("Steps of a fixed shape do not run here (%s): plain ones are used", error)
            self.release(state)
            self.close()
            return None
        if caches.owner is not state:
            caches.move_in(state)
        step.embedded.copy_(embedded)
        step.positions.copy_(positions)
        results = step.work()
        for cache, inputs in zip(caches.linear, results.inputs, strict=True):
            cache.inputs = inputs
        state.length = end
        state.retraceable = rows if retraceable else 0
        return results.hidden.clone(), results.logits

    @torch.inference_mode()
    def release(self, state: TorchState) -> None:
        """Give `state` memory of its own again, if it lives in the fixed one."""
        if self._caches is not None and self._caches.owner is state:
            self._caches.move_out()

    def rest(self) -> None:
        """Give the memory back that only the last, long conversation needed."""
        if self._caches is not None and self._caches.owner is None and self._caches.capacity > KEPT:
            self._forget()

    def close(self) -> None:
        """Give all memory back; nothing runs here any more."""
        self.off = True
        self._forget()

    def _forget(self) -> None:
        # All that was recorded is for these addresses.
        self._passes.clear()
        self._caches = self._recorder = None

    def _room_for(self, state: TorchState, capacity: int) -> StaticCaches:
        """Where `state` lives already, or nobody does."""
        caches = self._caches
        if caches is not None:
            grows = caches.capacity < capacity
            if grows or caches.owner is not state:
                caches.move_out()
            if not grows:
                return caches
            self._forget()
            del caches
        if self._recording:
            self._recorder = Recorder()
        self._caches = StaticCaches(self._text.spec, self._text.embedding.dtype, self._device, capacity, self._drafts)
        return self._caches

    def _pass(self, caches: StaticCaches, capacity: int, rows: int, retraceable: bool) -> StaticPass:
        key = (capacity, rows, retraceable)
        if key not in self._passes:
            self._passes[key] = self._make(caches, *key)
        return self._passes[key]

    def _make(self, caches: StaticCaches, capacity: int, rows: int, retraceable: bool) -> StaticPass:
        text, state = self._text, caches.narrowed(capacity)
        embedded = torch.zeros((rows, text.spec.hidden_size), dtype=text.embedding.dtype, device=self._device)
        positions = torch.zeros((3, rows), dtype=torch.int64, device=self._device)

        def work() -> Results:
            hidden = text.forward(embedded, positions, state, _never, retraceable)
            return Results(hidden, text.logits(hidden), tuple(cache.inputs for cache in caches.linear))

        if self._recorder is None:
            return StaticPass(embedded, positions, work)
        # Recording runs the model. Keys and values go where the next step writes anyway; the states are put back.
        kept = [(part, part.clone()) for cache in caches.linear for part in (cache.tail, cache.recurrent)]
        try:
            return StaticPass(embedded, positions, self._recorder.record(work))
        finally:
            for part, before in kept:
                part.copy_(before)


def _never() -> None:
    """A few tokens are over before anyone could stop them."""
