"""``fingerpost find`` and ``fingerpost read``. No model is needed for either. See docs/command-line.md."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from engine.cli_common import INTERRUPTED, UsageError, stop_on_interrupt
from engine.cli_output import TextOutput
from engine.protocol import Box, PassageFound
from engine.worker.guard import no_network


def add_find(find: argparse.ArgumentParser) -> None:
    """The arguments of ``find``."""
    find.add_argument("question", metavar="QUESTION", nargs="?", help="what to look for")
    add_documents(find, required=True)
    find.add_argument("--top", type=int, default=10, metavar="N", help="how many passages (10)")
    find.add_argument("--json", action="store_true", help="one passage a line")


def add_read(read: argparse.ArgumentParser) -> None:
    """The arguments of ``read``."""
    read.add_argument("file", type=Path, metavar="FILE", help="the document")
    read.add_argument("--password", default="", help="of an encrypted document")
    form = read.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object, with places")
    form.add_argument("--markdown", action="store_true", help="with headings and tables")


def add_documents(verb: argparse.ArgumentParser, *, required: bool = False) -> None:
    """``--document`` and ``--password``."""
    verb.add_argument(
        "--document",
        type=Path,
        action="extend",
        nargs="+",
        default=[],
        required=required,
        metavar="FILE",
        help="documents; may be repeated",
    )
    verb.add_argument("--password", default="", help="of an encrypted document")


def take_question(options: argparse.Namespace, name: str) -> str:
    """The question: the positional `name`, or where ``--document`` took it as one more file, the last of them. Raises
    `UsageError` where there is none."""
    question: str | None = getattr(options, name)
    if question is None and len(options.document) > 1:
        question = str(options.document.pop())
    if question is None:
        raise UsageError(f"The following arguments are required: {name.upper()}. See fingerpost {options.verb} --help.")
    return question


def find(options: argparse.Namespace) -> int:
    """Print the passages that say most about the question, best first. 2 where a document could not be read. Raises
    `UsageError`."""
    question = take_question(options, "question")
    if not question.strip():
        raise UsageError("The question is empty. Write what to look for as the last argument.")
    if options.top < 1:
        raise UsageError("At least 1 passage has to be asked for. Give --top a number of 1 or more.")
    with no_network("command-line"), stop_on_interrupt() as stopped, ExitStack() as stack:
        from engine.cli_shelf import open_shelf  # noqa: PLC0415 - NumPy, and what reads pictures
        from engine.documents.search.retrieval import search  # noqa: PLC0415

        shelf = stack.enter_context(open_shelf(TextOutput(sys.stdout, sys.stderr), options.password, stopped))
        paths = list(dict.fromkeys(options.document))
        opened = []
        for path in paths:
            document = shelf.read(path)
            if stopped.is_set():
                return INTERRUPTED
            if document:
                opened.append((str(path), stack.enter_context(shelf.open(document))))
        found = search(opened, question, options.top)
        words = {name: index.info().page_word for name, index in opened}
    for passage in found:
        print(_line(passage) if options.json else _paragraph(passage, words[passage.name]))
    if opened and not found:
        print("No passage says anything about this. Try other words.", file=sys.stderr)
    return 0 if len(opened) == len(paths) else 2


def read(options: argparse.Namespace) -> int:
    """Print what was read of a document. What was left out goes to standard error."""
    with no_network("command-line"), stop_on_interrupt() as stopped:
        from engine.cli_shelf import open_shelf  # noqa: PLC0415 - NumPy, and what reads pictures
        from engine.documents.export import as_json, as_markdown, as_text  # noqa: PLC0415

        with open_shelf(TextOutput(sys.stdout, sys.stderr), options.password, stopped) as shelf:
            document = shelf.read(options.file)
            if not document:
                return INTERRUPTED if stopped.is_set() else 2
            with shelf.open(document) as index:
                if options.json:
                    print(json.dumps(as_json(index, str(options.file)), ensure_ascii=False))
                    return 0
                for piece in (as_markdown if options.markdown else as_text)(index):
                    print(piece, end="\n\n")
                for note in index.info().notes:
                    print(note, file=sys.stderr)
    return 0


def _line(passage: PassageFound) -> str:
    """A passage as JSON."""
    return json.dumps(
        {
            "file": passage.name,
            "page": passage.page,
            "box": _around(passage.boxes),
            "text": passage.text,
            "score": passage.score,
        },
        ensure_ascii=False,
    )


def _paragraph(passage: PassageFound, page_word: str) -> str:
    """A passage for a person, with its place above."""
    place = f"{passage.name}, {page_word} {passage.page}"
    if passage.label and passage.label != str(passage.page):
        place += f" “{passage.label}”"
    return f"{place}{f', {passage.heading}' if passage.heading else ''}\n{passage.text}\n"


def _around(boxes: Sequence[Box]) -> list[float] | None:
    """The one box around all of them."""
    if not boxes:
        return None
    return [
        round(edge, 5)
        for edge in (
            min(box.x0 for box in boxes),
            min(box.y0 for box in boxes),
            max(box.x1 for box in boxes),
            max(box.y1 for box in boxes),
        )
    ]
