"""What the verbs of the command line share. Nothing heavy is imported here."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from engine.worker.guard import no_network

MODEL_VARIABLE = "FINGERPOST_MODEL"
MODEL_HELP = f"the model: its folder or its name in the list of models; else {MODEL_VARIABLE}, else the default"
INTERRUPTED = 130
"""What a shell reports for a program that Ctrl+C ended."""


class UsageError(Exception):
    """The command line asks for something that can not be. `str()` is one line."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Raises `UsageError`."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}. See {self.prog} --help.")


def at_least(smallest: int) -> Callable[[str], int]:
    """What reads an argument that is a whole number of `smallest` or more."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = smallest - 1
        if number < smallest:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number of {smallest} or more")
        return number

    return read


def model_folder(named: str | None) -> Path:
    """The folder that was named by itself or by a model's name, that of the variable, or the default. Raises
    `UsageError` when there is none."""
    from engine.models.places import default_model  # noqa: PLC0415 - platformdirs: not for --help

    name = named or os.environ.get(MODEL_VARIABLE)
    if name:
        return _named_model(name)
    folder = default_model()
    if folder is None:
        raise UsageError(
            f"No model was named. Give one with --model MODEL, or set {MODEL_VARIABLE}. To see what would run here: "
            "fingerpost models fit"
        )
    return folder


def _named_model(name: str) -> Path:
    """A folder is one whatever models are called; what is neither is told by whoever opens it."""
    from engine.models.library import Library  # noqa: PLC0415 - only where a model is wanted
    from engine.models.places import models_folder  # noqa: PLC0415

    folder = Path(name).expanduser()
    if folder.is_dir() or len(folder.parts) > 1:
        return folder
    model = Library(models_folder()).find(name)
    return folder if model is None else Path(model.folder)


@contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """Ctrl+C sets the event, so that the work so far is ended in order; a second one ends the program at once."""
    stopped = threading.Event()

    def stop(number: int, frame: object) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def run_to_an_end(work: Callable[[Callable[[], None]], int], say: Callable[[str], None]) -> int:
    """The exit code of `work`, which has no network, and a checkpoint that raises `Cancelled` after Ctrl+C. What it
    raises comes to `say` as a sentence."""
    with no_network("command-line"), stop_on_interrupt() as stopped:
        from engine.backends.base import Cancelled  # noqa: PLC0415 - NumPy
        from engine.failures import failure_of  # noqa: PLC0415

        def checkpoint() -> None:
            if stopped.is_set():
                raise Cancelled

        try:
            return work(checkpoint)
        except Cancelled:
            return INTERRUPTED
        except Exception as error:  # noqa: BLE001 - the outermost boundary: it ends in a sentence, come what may
            say(failure_of(None, error).message)
            return 2
