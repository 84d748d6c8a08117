"""``python -P -X utf8 -m engine.worker model``: a child process of the window.

Lines of JSON come in on stdin and go out on stdout (`engine.protocol`), the log goes to stderr.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import signal
import sys

from engine.protocol import Hello
from engine.worker.channel import Channel, read_lines, take_stdio
from engine.worker.guard import no_network
from engine.worker.loop import Worker


def main() -> int:
    """Serve until stdin ends; returns the exit code."""
    parser = argparse.ArgumentParser(prog="engine.worker", description=__doc__)
    parser.add_argument("role", choices=("model",))
    role = parser.parse_args().role
    # Ctrl+C in a terminal, and its end, reach the whole group of processes; the window decides what they mean.
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    commands, events = take_stdio()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    faulthandler.enable()
    channel = Channel(events)
    with no_network(role):
        channel.send(Hello(role, os.getpid()))
        return Worker(channel).run(read_lines(commands))


if __name__ == "__main__":
    sys.exit(main())
