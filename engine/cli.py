"""The verbs of the command line, and ``fingerpost ask``: one question, answered in this process. See
docs/command-line.md.

Nothing here imports the engine before a question is to be answered: ``--help`` and a wrong argument answer at once.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.cli_bench import add_bench, bench
from engine.cli_common import (
    INTERRUPTED,
    MODEL_HELP,
    MODEL_VARIABLE,
    Parser,
    UsageError,
    at_least,
    model_folder,
    stop_on_interrupt,
)
from engine.cli_documents import add_documents, add_find, add_read, find, read, take_question
from engine.cli_marks import MarksOutput
from engine.cli_models import add_models, models
from engine.cli_output import JsonOutput, Output, TextOutput
from engine.cli_point import add_point, point
from engine.progress import LoadReporter
from engine.protocol import DocumentRef, Failed, Finished, Generate, Image, Message, Ready, Sampling, Text, Thinking
from engine.tally import Tally
from engine.worker.guard import no_network

__all__ = ["MODEL_VARIABLE", "main"]

REQUEST_ID = "ask"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb, ``ask …`` for example, by default as the process was started; returns the exit code."""
    _use_utf8(sys.stdout, sys.stderr)
    try:
        options = _parser().parse_args(arguments)
        verbs = {"ask": ask, "find": find, "read": read, "point": point, "bench": bench, "models": models}
        return verbs[options.verb](options)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever reads has seen enough (| head). Python's own flush at exit must not complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def ask(options: argparse.Namespace) -> int:
    """Answer one question. Raises `UsageError`."""
    request = _request(options)
    folder = model_folder(options.model)
    output: Output = JsonOutput(sys.stdout, sys.stderr) if options.json else _text_output(request)
    with no_network("command-line"), stop_on_interrupt() as stopped, ExitStack() as stack:
        if options.document:
            refs = _documents(options, output, stopped, stack)
            if len(refs) < len(options.document):
                return INTERRUPTED if stopped.is_set() else 2
            (message,) = request.messages
            request = replace(request, messages=(replace(message, parts=(*refs, *message.parts)),))
        return _ask(request, folder, options, output, stopped.is_set)


def _text_output(request: Generate) -> Output:
    output = TextOutput(sys.stdout, sys.stderr)
    pictures = tuple(part for message in request.messages for part in message.parts if isinstance(part, Image))
    return MarksOutput(output, sys.stdout, pictures) if pictures else output


def _documents(
    options: argparse.Namespace, output: Output, stopped: threading.Event, stack: ExitStack
) -> list[DocumentRef]:
    """The documents of the question, up to the first that can not be read. Pictures of pages are kept as long as
    `stack`."""
    from engine.cli_shelf import open_shelf  # noqa: PLC0415 - NumPy, and what reads pictures

    folder = Path(stack.enter_context(TemporaryDirectory(prefix="fingerpost-", ignore_cleanup_errors=True)))
    refs: list[DocumentRef] = []
    with open_shelf(output, options.password, stopped) as shelf:
        for path in options.document:
            ref = shelf.ref(path, folder)
            if ref is None:
                break
            refs.append(ref)
    return refs


def _ask(
    request: Generate, folder: Path, options: argparse.Namespace, output: Output, stopped: Callable[[], bool]
) -> int:
    from engine.backends.base import Cancelled  # noqa: PLC0415 - NumPy, PyTorch and transformers: seconds
    from engine.failures import failure_of  # noqa: PLC0415
    from engine.images import open_picture  # noqa: PLC0415
    from engine.session import open_session  # noqa: PLC0415

    def checkpoint() -> None:
        if stopped():
            raise Cancelled

    tally = Tally()
    try:
        for path in options.image:
            open_picture(path)  # A picture that can not be read shall not be told after a minute of loading.
        report = LoadReporter(output.show).report
        session = open_session(folder, options.device, options.dtype, report, checkpoint, options.backend)
    except Cancelled:
        output.show(tally.finished(request.request_id, "cancelled"))
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the outermost boundary of a load: it ends in a sentence, come what may
        output.show(failure_of(None, error))
        return 2
    output.show(Ready(session.info, tally.elapsed))
    try:
        for event in session.generate(request, stopped):
            output.show(event)
    finally:
        session.close()
    return _exit_code(event)


def _exit_code(last: object) -> int:
    if isinstance(last, Failed):
        return 2
    return INTERRUPTED if isinstance(last, Finished) and last.reason == "cancelled" else 0


def _request(options: argparse.Namespace) -> Generate:
    prompt = take_question(options, "prompt")
    text = sys.stdin.read() if prompt == "-" else prompt
    if not text.strip() and not options.image:
        raise UsageError("The question is empty. Write it as the last argument, or pipe it in and give - instead.")
    pictures = tuple(Image(_digest(path), str(path)) for path in options.image)
    return Generate(
        REQUEST_ID,
        (Message("user", (*pictures, Text(text))),),
        system=options.system,
        sampling=Sampling(greedy=options.greedy, seed=options.seed),
        thinking=Thinking(enabled=options.think),
        max_tokens=options.max_tokens,
        image_budget=options.detail,
        raw=options.raw,
        zoom=options.zoom,
        point=options.point,
        task="summarise" if options.summarise else "answer",
    )


def _digest(path: Path) -> str:
    """The sha256 of the file in hex. A file that can not be read is the engine's to refuse, by its name."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return str(path)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="fingerpost", description="Ask a Qwen3.5 model on this machine, measure it, or fetch one.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_ask(verbs.add_parser("ask", help="answer one question", description="Prints the answer as it is written."))
    add_find(
        verbs.add_parser(
            "find", help="find passages in documents", description="Prints the passages that say most about a question."
        )
    )
    add_read(verbs.add_parser("read", help="print a document", description="Prints what was read of a document."))
    add_point(
        verbs.add_parser(
            "point", help="say where things are on a picture", description="Prints where things are on a picture."
        )
    )
    add_bench(verbs.add_parser("bench", help="measure a model", description="Measures a model on the processor."))
    add_models(
        verbs.add_parser(
            "models", help="find, fetch, check and convert models", description="The models on this machine."
        )
    )
    return parser


def _add_ask(ask: argparse.ArgumentParser) -> None:
    ask.add_argument("prompt", metavar="PROMPT", nargs="?", help="the question; - reads it from standard input")
    ask.add_argument("--model", metavar="MODEL", help=MODEL_HELP)
    ask.add_argument(
        "--image", type=Path, action="append", default=[], metavar="FILE", help="a picture; may be repeated"
    )
    add_documents(ask)
    ask.add_argument("--summarise", action="store_true", help="read long documents part by part, to the end")
    ask.add_argument("--system", metavar="TEXT", help='instead of the product\'s own instruction; "" sends none')
    ask.add_argument("--think", action=argparse.BooleanOptionalAction, default=False, help="think first")
    ask.add_argument("--greedy", action="store_true", help="always the likeliest token, without any penalty")
    ask.add_argument("--seed", type=at_least(0), metavar="N", help="the same answer again")
    ask.add_argument(
        "--max-tokens", type=at_least(1), default=2048, metavar="N", help="the longest answer, in tokens (2048)"
    )
    ask.add_argument("--dtype", choices=("auto", "int8", "int4", "float32", "bfloat16", "float16"), default="auto")
    ask.add_argument(
        "--backend", choices=("auto", "torch", "mlx"), default="auto", help="what runs the model (MLX on Apple chips)"
    )
    ask.add_argument("--device", choices=("auto", "cpu", "cuda", "xpu", "mps"), default="auto")
    ask.add_argument(
        "--detail", choices=("fast", "balanced", "full"), default="full", help="how closely to look (full)"
    )
    ask.add_argument("--zoom", action="store_true", help="let the model look closer at parts of a picture")
    ask.add_argument("--point", action="store_true", help="say where the things are that are named")
    ask.add_argument("--raw", action="store_true", help="continue the text without a chat template")
    ask.add_argument("--json", action="store_true", help="one event a line")


def _use_utf8(*streams: object) -> None:
    """The answer has any character there is; a pipe on Windows would take only those of its code page."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    sys.exit(main())
