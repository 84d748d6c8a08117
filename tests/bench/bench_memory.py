"""Memory over 200 turns with pictures: whether anything grows that should not.

    python tests/bench/bench_memory.py [--turns 200] [--precision bfloat16|int8|int4] [--model DIR]

Conversations of four turns, each turn with a picture of its own, on a random checkpoint of the 0.8B shape cut to six
layers. The budget for snapshots is set so low that it is full after a few turns, as it is with a real model; from then
on resident memory must stay flat. Prints it every ten turns, and the growth after turn 20.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
from PIL import Image as Pillow

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

SNAPSHOT_BYTES = 64 * 1024 * 1024
TURNS_OF_A_CONVERSATION = 4
SETTLED = 20
MOST_GROWTH = 0.03


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--precision", default="bfloat16", choices=("bfloat16", "int8", "int4"))
    parser.add_argument("--model", type=Path, help="a folder that is there already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fingerpost-bench-") as scratch:
        folder = options.model or make_model(Path(scratch) / "model")
        resident = measure(folder, options.precision, options.turns, Path(scratch))
    settled, highest = resident[SETTLED - 1], max(resident[SETTLED - 1 :])
    growth = highest / settled - 1
    print(f"after turn {SETTLED}: {settled / 1e6:.0f} MB; highest later: {highest / 1e6:.0f} MB; growth {growth:.1%}")
    return 0 if growth <= MOST_GROWTH else 1


def make_model(folder: Path) -> Path:
    from tests.checkpoints import REAL, make_checkpoint

    return make_checkpoint(folder, replace(REAL["0.8B"], layers=6), dtype="bfloat16", endless=True)


def measure(folder: Path, precision: str, turns: int, scratch: Path) -> list[int]:
    """Bytes of resident memory after each turn."""
    from engine.backends.torch.backend import load
    from engine.protocol import Finished, Generate, Image, Message, Text
    from engine.session import Session
    from engine.tokenizer import Tokenizer

    backend = load(folder, "cpu", precision, lambda done, total: None, lambda: None)
    backend.snapshot_bytes = SNAPSHOT_BYTES
    session = Session(backend, Tokenizer.load(folder, backend.spec), folder)
    messages: tuple[Message, ...] = ()
    resident = []
    for turn in range(turns):
        if turn % TURNS_OF_A_CONVERSATION == 0:
            messages = ()
        path = scratch / f"{turn}.png"
        random = np.random.default_rng(turn)
        Pillow.fromarray(random.integers(0, 255, (180, 320, 3), dtype=np.uint8)).save(path)
        picture = Image(hashlib.sha256(path.read_bytes()).hexdigest(), str(path))
        messages = (*messages, Message("user", (picture, Text(f"What is at {turn}?"))))
        request = Generate(str(turn), messages, max_tokens=8, image_budget="fast")
        for event in session.generate(request, lambda: False):
            last = event
        assert isinstance(last, Finished), last
        path.unlink()
        messages = (*messages, Message("assistant", (Text(f"Answer {turn}."),)))
        gc.collect()
        resident.append(psutil.Process().memory_info().rss)
        if turn % 10 == 9:
            print(f"turn {turn + 1:4}: {resident[-1] / 1e6:8.1f} MB, {last.timings.total:.2f} s a turn", flush=True)
    session.close()
    return resident


if __name__ == "__main__":
    sys.exit(main())
