"""All that was measured, as JSON and as a table."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from engine.bench.limits import Limits, Precision
from engine.bench.machine import Machine
from engine.bench.measure import Figures
from engine.protocol import ModelInfo

Kind = Literal["load", "memory", "prefill", "decode", "picture"]
MOMENTS = {"cold": "first question", "prepared": "first question, prepared", "turn_two": "second question"}


@dataclass(frozen=True, slots=True)
class Report:
    """One run of the benchmark. `against` is what transformers did, None when it was not asked for or failed."""

    model: ModelInfo
    precision: Precision
    machine: Machine
    figures: Figures
    against: Figures | None
    limits: Limits

    def to_json(self) -> dict[str, Any]:
        """The figures of Fingerpost itself are at the top."""
        return {
            "model": dataclasses.asdict(self.model),
            "precision": self.precision,
            "machine": dataclasses.asdict(self.machine),
            **dataclasses.asdict(self.figures),
            "against": dataclasses.asdict(self.against) if self.against else None,
            "limits": dataclasses.asdict(self.limits),
        }

    def lines(self) -> Iterator[str]:
        """The table for a person, a line at a time."""
        machine, limits = self.machine, self.limits
        yield f"{self.model.name} in {self.precision}, PyTorch {machine.torch}"
        yield f"{machine.processor}, {machine.cores} cores, {machine.memory_bytes / 1e9:.0f} GB of memory"
        if machine.device != machine.processor:
            yield machine.device
        rates = ", ".join(
            f"{rate / 1e12:.2f} TFLOP/s in {name}" for name, rate in limits.matmul_flops_per_second.items()
        )
        yield f"Memory is read at {limits.read_bytes_per_second / 1e9:.1f} GB/s, matrices multiplied at {rates}"
        yield ""
        against = ("transformers", "times better") if self.against else ("", "")
        yield _line("", "Fingerpost", "of the limit", *against)
        theirs = {row.label: row.value for row in _rows(self.against)} if self.against else {}
        for row in _rows(self.figures):
            yield row.line(self._limit(row.kind), theirs.get(row.label))

    def _limit(self, kind: Kind) -> float | None:
        return {
            "prefill": self.limits.prefill_tokens_per_second,
            "decode": self.limits.decode_tokens_per_second,
        }.get(kind)


@dataclass(frozen=True, slots=True)
class _Row:
    kind: Kind
    label: str
    value: float

    def line(self, limit: float | None, other: float | None) -> str:
        share = "" if limit is None else f"{self.value / limit:.0%}"
        if other is None:
            return _line(self.label, f"{self.value:.2f}", share)
        better = self.value / other if self.kind in ("prefill", "decode") else other / self.value
        return _line(self.label, f"{self.value:.2f}", share, f"{other:.2f}", f"{better:.2f}")


def _rows(figures: Figures) -> Iterator[_Row]:
    yield _Row("load", "Load, s", figures.load_seconds)
    yield _Row("memory", "Peak memory, GB", figures.peak_bytes / 1e9)
    for length, rate in figures.prefill_tokens_per_second.items():
        yield _Row("prefill", f"Read {int(length):,} tokens, tokens per s", rate)
    for length, rate in figures.decode_tokens_per_second.items():
        yield _Row("decode", f"Write after {int(length):,} tokens, tokens per s", rate)
    for budget, moments in figures.first_token_seconds.items():
        for moment, seconds in moments.items():
            yield _Row("picture", f"Picture ({budget}), {MOMENTS[moment]}, s", seconds)


def _line(label: str, *cells: str) -> str:
    return f"{label:<48}{''.join(f'{cell:>14}' for cell in cells)}".rstrip()
