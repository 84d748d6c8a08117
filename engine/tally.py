"""What one request has used so far, in tokens and seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from engine.protocol import Finished, FinishReason, Timings, Usage


@dataclass(slots=True)
class Tally:
    """Counts for `Usage` and seconds for `Timings`; begins when it is made."""

    started: float = field(default_factory=time.perf_counter)
    prompt: int = 0
    images: tuple[int, ...] = ()
    cached: int = 0
    tokens: list[int] = field(default_factory=list)
    """All generated ids in order: picked and forced ones, those of a void answer too."""
    reasoning: int = 0
    steps: int = 0
    drafted: int = 0
    accepted: int = 0
    first_token: float = 0.0
    seconds: dict[Literal["image", "prefill", "decode"], float] = field(
        default_factory=lambda: {"image": 0.0, "prefill": 0.0, "decode": 0.0}
    )

    @property
    def elapsed(self) -> float:
        """Seconds since it was made."""
        return time.perf_counter() - self.started

    @contextmanager
    def spending(self, what: Literal["image", "prefill", "decode"]) -> Iterator[None]:
        """Adds the time until the block ends."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[what] += time.perf_counter() - start

    def add(self, token: int, reasoning: bool) -> None:
        """Count a generated token."""
        if not self.tokens:
            self.first_token = self.elapsed
        self.tokens.append(token)
        self.reasoning += reasoning

    def finished(self, request_id: str, reason: FinishReason) -> Finished:
        """The event that ends the request."""
        usage = Usage(
            self.prompt,
            sum(self.images),
            self.cached,
            len(self.tokens),
            self.reasoning,
            images=self.images,
            drafted=self.drafted,
            accepted=self.accepted,
        )
        decode = self.seconds["decode"]
        timings = Timings(
            image=self.seconds["image"],
            prefill=self.seconds["prefill"],
            first_token=self.first_token,
            total=self.elapsed,
            tokens_per_second=self.steps / decode if decode else 0.0,
        )
        return Finished(request_id, reason, usage, timings, tuple(self.tokens))
