"""`fingerpost bench` on a random checkpoint of a real shape, beside transformers and, on request, llama.cpp.

    python tests/bench/bench_engine.py [--tier 4B] [--model DIR] [--precision bf16|int8|int4] [--quick]
                                       [--skip-reference] [--json] [--llama GGUF]

Without `--model` a checkpoint is made in the temporary folder (9.3 GB for 4B) and removed afterwards. `--llama` reads
1,024 tokens and writes after 128 with llama.cpp and as many threads, from a GGUF file of the same shape.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

NO_LLAMA = (
    "llama-cpp-python is not installed: build it from its own source package with "
    "python -m pip install --no-binary llama-cpp-python llama-cpp-python, which needs a C++ compiler and CMake."
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tier", choices=("0.8B", "2B", "4B", "9B"), default="4B")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a folder that is there already")
    parser.add_argument("--precision", choices=("bf16", "int8", "int4"), default="bf16")
    parser.add_argument("--quick", action="store_true", help="one length of each kind")
    parser.add_argument("--skip-reference", action="store_true", help="leave transformers out")
    parser.add_argument("--json", action="store_true", help="JSON in place of the tables")
    parser.add_argument("--llama", type=Path, metavar="GGUF", help="measure llama.cpp with this file too")
    parser.add_argument("--only-llama", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.llama and importlib.util.find_spec("llama_cpp") is None:
        print(NO_LLAMA, file=sys.stderr)
        return 2
    if options.only_llama:
        print(json.dumps(measure_llama(options.llama)))
        return 0
    with model_folder(options) as folder:
        code = bench(options, folder)
    if options.llama:
        report_llama(options)
    return code


@contextmanager
def model_folder(options: argparse.Namespace) -> Iterator[Path]:
    if options.model:
        yield options.model
        return
    from tests.checkpoints import REAL, make_checkpoint

    with tempfile.TemporaryDirectory(prefix="fingerpost-bench-") as made:
        start = time.perf_counter()
        folder = Path(made) / f"random-{options.tier}"
        make_checkpoint(folder, REAL[options.tier], dtype="bfloat16", real_vocabulary=True, mtp=False)
        print(f"Made a {options.tier} checkpoint in {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
        yield folder


def bench(options: argparse.Namespace, folder: Path) -> int:
    from engine.cli import main as run_verb

    arguments = ["bench", "--model", str(folder), "--precision", options.precision]
    arguments += ["--against", "transformers"] if not options.skip_reference else []
    return run_verb(arguments + [f"--{name}" for name in ("quick", "json") if getattr(options, name)])


def report_llama(options: argparse.Namespace) -> None:
    """In a process of its own, so that its peak memory is its own."""
    command = [sys.executable, __file__, "--only-llama", "--llama", str(options.llama)]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures = json.loads(output.splitlines()[-1])
    if options.json:
        print(json.dumps({"llama": figures}, indent=1))
        return
    print(f"\nllama.cpp with {options.llama.name}")
    print(f"Load, s: {figures['load_seconds']:.2f}; peak memory, GB: {figures['peak_bytes'] / 1e9:.2f}")
    for name, word in (("prefill", "Read"), ("decode", "Write after")):
        for length, rate in figures[f"{name}_tokens_per_second"].items():
            print(f"{word} {int(length):,} tokens, tokens per s: {rate:.2f}")


def measure_llama(file: Path) -> dict[str, Any]:
    from engine.bench.measure import Plan, measure

    plan = Plan(prefill=(1024,), decode=(128,), budgets=(), steps=16, runs=3)
    return dataclasses.asdict(
        measure(lambda: LlamaCpp(file), plan, lambda said: print(f"llama.cpp: {said}", file=sys.stderr, flush=True))
    )


class LlamaCpp:
    """llama.cpp as an `engine.bench.measure.Engine` that reads text."""

    sees = False

    def __init__(self, file: Path) -> None:
        from llama_cpp import Llama

        from engine.devices import physical_cores

        threads = physical_cores()
        self.context_limit = 2048
        self._llama = Llama(
            str(file), n_ctx=self.context_limit, n_threads=threads, n_threads_batch=threads, verbose=False
        )
        self.vocabulary = self._llama.n_vocab()

    def read(self, tokens: NDArray[np.int64]) -> None:
        self._llama.reset()
        self._llama.eval(tokens.tolist())

    def write(self) -> None:
        self._llama.eval([self._llama.sample(temp=0.0)])

    def questions(self, picture: Path, budget: str) -> dict[str, float]:
        return {}


if __name__ == "__main__":
    sys.exit(main())
