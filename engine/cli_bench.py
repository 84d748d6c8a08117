"""``fingerpost bench``: how fast this machine runs a model. See docs/performance.md."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from engine.cli_common import MODEL_HELP, model_folder, run_to_an_end


def add_bench(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("--model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="what to measure (cpu)")
    parser.add_argument("--precision", choices=("bf16", "int8", "int4"), default="bf16", help="of the weights (bf16)")
    parser.add_argument("--against", choices=("transformers",), help="measure this too, in a process of its own")
    parser.add_argument("--quick", action="store_true", help="one length of each kind: a few minutes, not half an hour")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")


def bench(options: argparse.Namespace) -> int:
    """Measure, and print the figures; how far it is goes to standard error. Raises `UsageError`."""
    folder = model_folder(options.model)
    if find_spec("torch") is None:
        _say(
            "Only PyTorch is measured, and it is not installed here. To see how fast MLX is, use fingerpost ask --json."
        )
        return 2
    return run_to_an_end(partial(_measure, options, folder), _say)


def _measure(options: argparse.Namespace, folder: Path, checkpoint: Callable[[], None]) -> int:
    from engine.bench.own import BenchError  # noqa: PLC0415 - PyTorch and transformers: seconds
    from engine.bench.run import run  # noqa: PLC0415

    against = options.against is not None
    try:
        report = run(
            folder,
            options.device,
            options.precision,
            quick=options.quick,
            against=against,
            say=_say,
            checkpoint=checkpoint,
        )
    except BenchError as error:
        _say(str(error))
        return 2
    print(json.dumps(report.to_json(), indent=1) if options.json else "\n".join(report.lines()))
    return 2 if against and report.against is None else 0


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
