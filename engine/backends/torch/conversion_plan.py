"""What a conversion will write, known before any of it is: which tensors, in which form, in which file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.backends.published import HEAD
from engine.backends.safetensors_file import Damaged, Entry, read_entries
from engine.backends.shards import shard_name, weight_files
from engine.backends.torch.quantize import Precision
from engine.backends.torch.stored import parts, precision_of
from engine.backends.torch.weights import STORED
from engine.spec import ModelError, ModelSpec

SHARD_BYTES = 1024**3
"""Of a file: what is done again at most after a stop."""


@dataclass(frozen=True, slots=True)
class Step:
    """A published tensor, and what is stored in its place: itself, or the parts of a rounded one. `shard` is the place
    of its file among those that are written."""

    source: Entry
    precision: Precision | None
    stored: tuple[Entry, ...]
    shard: int

    @property
    def nbytes(self) -> int:
        """What it takes."""
        return sum(entry.nbytes for entry in self.stored)


@dataclass(frozen=True, slots=True)
class Source:
    """A published file with its steps in the order in which their tensors lie."""

    path: Path
    size: int
    modified: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """`names` are those of the files that are written, each holding what comes one after the other in `sources`."""

    sources: tuple[Source, ...]
    names: tuple[str, ...]

    @property
    def steps(self) -> Iterator[Step]:
        """All of them in their order."""
        return (step for source in self.sources for step in source.steps)

    def entries(self, shard: int) -> list[Entry]:
        """What the file `shard` holds."""
        return [entry for step in self.steps if step.shard == shard for entry in step.stored]

    @property
    def total_bytes(self) -> int:
        """Bytes of all tensors that are written."""
        return sum(step.nbytes for step in self.steps)

    @property
    def eight_bits(self) -> list[str]:
        """The published names of what is stored at 8 bits."""
        return [step.source.name for step in self.steps if step.precision == "int8"]


def make_plan(folder: Path, spec: ModelSpec, precision: Precision) -> Plan:
    """The plan for the published model in `folder`.

    Raises:
        ModelError: no weights, or a file that is damaged or missing.
    """
    sources: list[Source] = []
    shard = filled = 0
    for path in weight_files(folder):
        steps = []
        for entry in _entries(path):
            if spec.text.tied_head and entry.name.startswith(f"{HEAD}."):
                continue
            own = precision_of(entry.name, entry.shape, precision) if entry.kind in STORED else None
            stored = parts(entry.name, entry.shape, own) if own else (entry,)
            step = Step(entry, own, stored, shard)
            if filled and filled + step.nbytes > SHARD_BYTES:
                shard, filled = shard + 1, 0
                step = Step(entry, own, stored, shard)
            filled += step.nbytes
            steps.append(step)
        facts = path.stat()
        sources.append(Source(path, facts.st_size, facts.st_mtime_ns, tuple(steps)))
    return Plan(tuple(sources), tuple(shard_name(number + 1, shard + 1) for number in range(shard + 1)))


def _entries(path: Path) -> list[Entry]:
    try:
        return read_entries(path)
    except (Damaged, OSError) as error:
        raise ModelError(
            "model_damaged", f"{path.name} in {path.parent.name} is damaged or cut short. Fetch that file again."
        ) from error
