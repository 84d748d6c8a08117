"""``python -P -X utf8 -m engine.worker ROLE``: a child process of the window. The ``model`` answers, ``models`` looks
after the models on this machine, ``downloads`` fetches them, and the ``reader`` reads documents.

Lines of JSON come in on stdin and go out on stdout (`engine.protocol`), the log goes to stderr.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Iterable

from engine.protocol import Hello
from engine.worker.channel import Channel, read_lines, take_stdio
from engine.worker.guard import no_network


def main() -> int:
    """Serve until stdin ends; returns the exit code."""
    parser = argparse.ArgumentParser(prog="engine.worker", description=__doc__)
    parser.add_argument("role", choices=("model", "models", "downloads", "reader"))
    role = parser.parse_args().role
    # Ctrl+C in a terminal, and its end, reach the whole group of processes; the window decides what they mean.
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    commands, events = take_stdio()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    faulthandler.enable()
    return _serve(role, Channel(events), read_lines(commands))


def _serve(role: str, channel: Channel, lines: Iterable[bytes | None]) -> int:
    """Each role imports its own alone: only one of them knows the network."""
    hello = Hello(role, os.getpid())
    if role == "downloads":
        from engine.worker.downloads import serve as serve_downloads  # noqa: PLC0415

        channel.send(hello)
        return serve_downloads(channel, lines)
    with no_network(role):
        if role == "models":
            from engine.worker.models import serve as serve_models  # noqa: PLC0415

            channel.send(hello)
            return serve_models(channel, lines)
        if role == "reader":
            from engine.worker.reader import serve as serve_reader  # noqa: PLC0415

            channel.send(hello)
            return serve_reader(channel, lines)
        from engine.worker.loop import Worker  # noqa: PLC0415

        channel.send(hello)
        return Worker(channel).run(lines)


if __name__ == "__main__":
    sys.exit(main())
