"""What is measured, and how: the same for every engine that is compared."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.bench.machine import peak_bytes
from engine.bench.questions import write_screenshot
from engine.protocol import ImageBudget

LONG = 10.0
"""Seconds from which on work is done only once after the run that does not count."""
STEPS_BEFORE = 2
"""Tokens that are written before the clock runs."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """`prefill` and `decode` are lengths in tokens, `steps` how many tokens are written at each of the latter. Of
    `runs`, after one that does not count, the median is taken."""

    prefill: tuple[int, ...]
    decode: tuple[int, ...]
    budgets: tuple[ImageBudget, ...]
    steps: int
    runs: int


WHOLE = Plan((256, 1024, 4096), (128, 8192), ("fast", "balanced", "full"), 16, 3)
QUICK = Plan((256,), (128,), ("fast",), 8, 1)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one engine did. The keys are lengths in tokens, written out; those of `first_token_seconds` picture budgets,
    and below them the moments ``cold``, ``prepared`` and ``turn_two``."""

    load_seconds: float
    peak_bytes: int
    prefill_tokens_per_second: dict[str, float]
    decode_tokens_per_second: dict[str, float]
    first_token_seconds: dict[str, dict[str, float]]


class Engine(Protocol):
    """A loaded model that can be timed. `device` is PyTorch's name of what it runs on; `vocabulary` and `context_limit`
    are in tokens. What a method began on a graphics card is over when it returns."""

    device: str
    vocabulary: int
    context_limit: int
    sees: bool

    def read(self, tokens: NDArray[np.int64]) -> None:
        """Forget what was read before, and read `tokens` [T]."""

    def write(self) -> None:
        """Write the likeliest next token."""

    def questions(self, picture: Path, budget: ImageBudget) -> dict[str, float]:
        """Ask about `picture` as if it was never seen, and once more after that; the seconds to the first token of
        each moment that this engine has."""


def measure(load: Callable[[], Engine], plan: Plan, say: Say) -> Figures:
    """Load the engine and time all of `plan`. What does not fit the memory is left out, and that is said."""
    start = time.perf_counter()
    engine = load()
    loaded = time.perf_counter() - start
    prefill = dict(_prefill(engine, plan, say))
    decode = dict(_decode(engine, plan, say))
    asked = dict(_questions(engine, plan, say))
    return Figures(loaded, peak_bytes(engine.device), prefill, decode, asked)


def _prefill(engine: Engine, plan: Plan, say: Say) -> Iterator[tuple[str, float]]:
    for length in _fitting(engine, plan.prefill, 0, say):
        say(f"Reading {length:,} tokens")
        tokens = _tokens(engine, length)
        yield str(length), length / typical_seconds(partial(engine.read, tokens), plan.runs)


def _decode(engine: Engine, plan: Plan, say: Say) -> Iterator[tuple[str, float]]:
    for length in _fitting(engine, plan.decode, STEPS_BEFORE + plan.steps, say):
        patience = ", which must be read first and may take minutes" if length > 4096 else ""
        say(f"Writing {plan.steps} tokens after {length:,}{patience}")
        engine.read(_tokens(engine, length))
        for _ in range(STEPS_BEFORE):
            engine.write()
        yield str(length), 1 / statistics.median(seconds(engine.write) for _ in range(plan.steps))


def _questions(engine: Engine, plan: Plan, say: Say) -> Iterator[tuple[str, dict[str, float]]]:
    if not engine.sees:
        return
    with _screenshot() as picture:
        for budget in plan.budgets:
            say(f"Asking about a screenshot of 1,920 x 1,080 pixels in the detail {budget}")
            first = engine.questions(picture, budget)
            runs = 1 if max(first.values()) > LONG else plan.runs
            rounds = [engine.questions(picture, budget) for _ in range(runs)]
            yield budget, {moment: statistics.median(one[moment] for one in rounds) for moment in first}


def typical_seconds(work: Callable[[], None], runs: int) -> float:
    """The median of `runs`, or one run of long work, after a run that does not count."""
    runs = 1 if seconds(work) > LONG else runs
    return statistics.median(seconds(work) for _ in range(runs))


def seconds(work: Callable[[], None]) -> float:
    """Seconds of one run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _fitting(engine: Engine, lengths: tuple[int, ...], more: int, say: Say) -> Iterator[int]:
    for length in lengths:
        if length + more <= engine.context_limit:
            yield length
        else:
            say(f"{length:,} tokens do not fit the free memory: left out. Close other programs to measure them too")


def _tokens(engine: Engine, count: int) -> NDArray[np.int64]:
    """Random ids; the last quarter of a vocabulary, where the special ones are, is left out."""
    return np.random.default_rng(count).integers(0, engine.vocabulary * 3 // 4, count)


@contextmanager
def _screenshot() -> Iterator[Path]:
    with TemporaryDirectory(prefix="fingerpost-bench-") as folder:
        path = Path(folder) / "screen.png"
        write_screenshot(path)
        yield path
