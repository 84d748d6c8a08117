"""The entry: command-line verbs are handed over before Qt is imported; without a verb the window opens."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

VERBS = """\
verbs:
  ask      answer a question here, in the terminal    (fingerpost ask --help)
  find     find passages in documents                 (fingerpost find --help)
  read     print what is in a document                (fingerpost read --help)
  point    say where things are on a picture          (fingerpost point --help)
  capture  take a picture of the screen               (fingerpost capture --help)
  bench    measure a model on this machine            (fingerpost bench --help)
  doctor   say what was found on this machine         (fingerpost doctor --help)
  models   find, fetch, check and convert models      (fingerpost models --help)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `arguments`, by default those of the process, and return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] in (["ask"], ["find"], ["read"], ["point"], ["bench"], ["models"]):
        from engine.cli import main as run_verb  # noqa: PLC0415 - the window needs none of the engine

        return run_verb(given)
    if given[:1] == ["doctor"]:
        from app.doctor import main as run_doctor  # noqa: PLC0415 - the window needs none of it

        return run_doctor(given[1:])
    if given[:1] == ["capture"]:
        from app.capture_verb import main as run_capture  # noqa: PLC0415 - the other verbs need no Qt

        return run_capture(given[1:])
    options = _window_options(given)
    from app.main import run_window  # noqa: PLC0415 - Qt is only for the window

    return run_window(options.model, tuple(options.files))


def _window_options(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="fingerpost",
        description="Opens the window. Pictures named here are put into the question.",
        epilog=VERBS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"Fingerpost {version('fingerpost')}")
    parser.add_argument("--model", type=Path, metavar="DIR", help="use this model folder from now on")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a picture to ask about")
    return parser.parse_args(given)


if __name__ == "__main__":
    sys.exit(main())
