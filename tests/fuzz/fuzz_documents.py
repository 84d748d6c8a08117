"""``python tests/fuzz/fuzz_documents.py MINUTES``: real files, damaged at random, through the readers.

A file that brings a reading process down, hangs it or eats its memory is kept in ``--keep`` and listed; it must still
end in a document or in one sentence for a person. Exit code 1 if any did not.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine.documents.document import DocumentError
from engine.documents.job import Job
from engine.documents.limits import Limits
from engine.documents.sandbox.isolate import READER, read_isolated
from engine.documents.sandbox.packing import PackingError
from engine.documents.sandbox.reading_process import Ended, ReadingProcess
from tests.fuzz.seeds import make_seeds

LIMITS = Limits(page_seconds=10.0, seconds=30.0, memory_bytes=512 << 20)
MUST_END = 15.0
"""Seconds over the limit of the whole."""
EXTREMES = (
    b"0",
    b"-1",
    b"1",
    b"255",
    b"65536",
    b"2147483647",
    b"-2147483648",
    b"4294967296",
    b"99999999999999999999",
    b"1e308",
)

Change = Callable[[bytearray, random.Random], None]


def flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 4, 32))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def overwrite(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    size = chance.choice((1, 4, 64))
    data[at : at + size] = chance.choice((bytes(size), b"\xff" * size, chance.randbytes(size)))


def cut(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.choice((1, 16, 1000, len(data)))]


def repeat(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = data[at : at + chance.choice((2, 64, 2000))] * chance.choice((1, 3, 200))


def renumber(data: bytearray, chance: random.Random) -> None:
    numbers = list(re.finditer(rb"\d+", data))
    if numbers:
        start, end = chance.choice(numbers).span()
        data[start:end] = chance.choice(EXTREMES)


CHANGES: tuple[Change, ...] = (flip, overwrite, cut, repeat, renumber, renumber)


def damage(data: bytes, chance: random.Random) -> bytes:
    """A few changes; inside a zip file, often to one of its members."""
    if data.startswith(b"PK") and chance.random() < 0.8:
        return _damage_member(data, chance)
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5))):
        if changed:
            chance.choice(CHANGES)(changed, chance)
    return bytes(changed)


def _damage_member(data: bytes, chance: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        members = source.infolist()
        chosen = chance.choice([member for member in members if member.file_size])
        for member in members:
            content = source.read(member)
            target.writestr(member.filename, damage(content, chance) if member is chosen else content)
    return out.getvalue()


class Fuzz:
    """Reads damaged files with one process after the other, and keeps count."""

    def __init__(self, reader: str, keep: Path) -> None:
        self._reader, self._keep = reader, keep
        self._process: ReadingProcess | None = None
        self.outcomes: Counter[str] = Counter()
        self.broken: list[Path] = []

    def read(self, path: Path) -> None:
        """One file; what it did is counted."""
        outcome = self._outcome(path)
        self.outcomes[outcome] += 1
        if outcome in ("crashed", "hung", "memory"):
            kept = self._keep / f"{outcome}-{len(list(self._keep.iterdir()))}{path.suffix}"
            kept.write_bytes(path.read_bytes())
            print(f"{outcome}: {kept}", flush=True)
            if not self._ends_well(kept):
                self.broken.append(kept)

    def close(self) -> None:
        if self._process is not None:
            self._process.close()

    def _outcome(self, path: Path) -> str:
        if self._process is None or not self._process.alive:
            self._process = ReadingProcess()
        process = self._process
        try:
            process.send(
                "read", LIMITS.memory_bytes, LIMITS.seconds,
                self._reader, str(path), path.name, "", asdict(LIMITS), 1,
            )  # fmt: skip
            until = time.monotonic() + LIMITS.seconds
            while True:
                reply = process.receive(until, LIMITS.memory_bytes)
                if reply and reply[0] == "document":
                    return "read"
                if reply and reply[0] in ("error", "password"):
                    return "not understood" if "not understood" in reply[2] else "refused"
        except (Ended, PackingError) as error:
            process.close()
            self._process = None
            return error.reason if isinstance(error, Ended) else "crashed"

    def _ends_well(self, path: Path) -> bool:
        began = time.monotonic()
        try:
            read_isolated(path, path.name, Job(limits=LIMITS), self._reader)
        except DocumentError as error:
            print(f"  {error}")
        return time.monotonic() - began < LIMITS.seconds + MUST_END


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--only", default="", help="endings of the files to use, separated by commas")
    parser.add_argument("--reader", default=READER)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=None)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        keep = asked.keep or Path(tempfile.mkdtemp(prefix="fuzz-documents-"))
        keep.mkdir(parents=True, exist_ok=True)
        seeds = make_seeds(Path(folder) / "seeds")
        wanted = tuple(f".{ending}" for ending in asked.only.split(",") if ending)
        files = [path for path in seeds if not wanted or path.suffix in wanted]
        fuzz = Fuzz(asked.reader, keep)
        until = time.monotonic() + 60 * asked.minutes
        while time.monotonic() < until:
            source = chance.choice(files)
            path = Path(folder) / f"damaged{source.suffix}"
            path.write_bytes(damage(source.read_bytes(), chance))
            if path.stat().st_size:
                fuzz.read(path)
        fuzz.close()
    print(dict(fuzz.outcomes), f"kept in {keep}")
    for path in fuzz.broken:
        print(f"did not end: {path}")
    return 1 if fuzz.broken else 0


if __name__ == "__main__":
    sys.exit(main())
