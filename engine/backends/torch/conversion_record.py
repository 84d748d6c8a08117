"""What a conversion that was stopped has done already, kept beside it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.backends.torch.conversion_plan import Plan
from engine.backends.torch.quantize import Precision
from engine.backends.torch.stored import VERSION
from engine.models.manifest import FileFact

RECORD_FILE = ".conversion.json"


@dataclass(slots=True)
class Record:
    """`made` are the facts of the files that are written, checked and on the disk, in their order; `read`, by their
    names, those of the published files that were read to their end. `basis` is what all this holds for."""

    folder: Path
    basis: dict[str, Any]
    made: list[FileFact] = field(default_factory=list)
    read: dict[str, FileFact] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, plan: Plan, precision: Precision) -> Record:
        """What is noted in `folder` of a conversion of the same files in the same way. What else is there is deleted.
        Raises `OSError`."""
        basis = {
            "version": VERSION,
            "form": precision,
            "sources": [[source.path.name, source.size, source.modified] for source in plan.sources],
            "files": [[name, sum(entry.nbytes for entry in plan.entries(at))] for at, name in enumerate(plan.names)],
        }
        record = cls(folder, basis)
        record._recall()
        kept = {RECORD_FILE, *(fact.path for fact in record.made)}
        for path in folder.iterdir():
            if path.name not in kept:
                path.unlink()
        return record

    def _recall(self) -> None:
        try:
            noted = json.loads((self.folder / RECORD_FILE).read_bytes())
            made, read = ([FileFact(**row) for row in noted[key]] for key in ("made", "read"))
            known = noted["basis"] == self.basis
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return
        if known and all(_size(self.folder / fact.path) == fact.size for fact in made):
            self.made, self.read = made, {fact.path: fact for fact in read}

    def write(self) -> None:
        """Note it, whole or not at all. Raises `OSError`."""
        path = self.folder / RECORD_FILE
        draft = path.with_name(f"{RECORD_FILE}.partial")
        document = {
            "basis": self.basis,
            "made": [asdict(fact) for fact in self.made],
            "read": [asdict(fact) for fact in self.read.values()],
        }
        with draft.open("w", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
