"""``fingerpost convert``: a published model -> a folder of 4 or 8 bits for MLX. See docs/apple-silicon.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from engine.cli_common import UsageError, run_to_an_end
from engine.cli_output import ERASE_LINE
from engine.progress import LoadReporter
from engine.protocol import LoadProgress


def add_convert(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the model as its makers published it")
    parser.add_argument("out", type=Path, metavar="OUT", help="the new folder; must not exist yet")
    parser.add_argument("--bits", type=int, choices=(4, 8), default=4, help="of the weights (4)")


def convert(options: argparse.Namespace) -> int:
    """Convert, and say where it is; how far it is goes to standard error. Raises `UsageError`."""
    if find_spec("mlx") is None:
        raise UsageError(
            "Converting needs MLX, which is not installed. On a Mac with Apple silicon, install it with: "
            "python -m pip install mlx-lm"
        )
    return run_to_an_end(partial(_write, options), _say)


def _write(options: argparse.Namespace, checkpoint: Callable[[], None]) -> int:
    from engine.backends.mlx.convert import convert as write  # noqa: PLC0415 - MLX and NumPy
    from engine.backends.mlx.shard_writer import ConversionError  # noqa: PLC0415

    try:
        write(options.folder, options.out, options.bits, LoadReporter(_show).report, checkpoint)
    except ConversionError as error:
        _say(str(error))
        return 2
    finally:
        _clear()
    print(f"The converted model is in {options.out}")
    return 0


def _show(progress: LoadProgress) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{ERASE_LINE}Converting: {100 * progress.done // max(progress.total, 1)} %")
        sys.stderr.flush()


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write(ERASE_LINE)
        sys.stderr.flush()


def _say(sentence: str) -> None:
    _clear()
    print(sentence, file=sys.stderr, flush=True)
