"""``fingerpost convert``: a published model -> a folder of 4 or 8 bits for MLX. See docs/apple-silicon.md."""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

from engine.cli_common import INTERRUPTED, UsageError, stop_on_interrupt
from engine.cli_output import ERASE_LINE
from engine.progress import LoadReporter
from engine.protocol import LoadProgress
from engine.worker.guard import no_network


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
    with no_network("command-line"), stop_on_interrupt() as stopped:
        from engine.backends.base import Cancelled  # noqa: PLC0415 - NumPy and MLX
        from engine.backends.mlx.convert import convert as write  # noqa: PLC0415
        from engine.backends.mlx.shard_writer import ConversionError  # noqa: PLC0415
        from engine.failures import failure_of  # noqa: PLC0415

        def checkpoint() -> None:
            if stopped.is_set():
                raise Cancelled

        reporter = LoadReporter(_show)
        try:
            write(options.folder, options.out, options.bits, reporter.report, checkpoint)
        except Cancelled:
            return INTERRUPTED
        except ConversionError as error:
            return _failed(str(error))
        except Exception as error:  # noqa: BLE001 - the outermost boundary: it ends in a sentence, come what may
            return _failed(failure_of(None, error).message)
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


def _failed(sentence: str) -> int:
    _clear()
    print(sentence, file=sys.stderr, flush=True)
    return 2
