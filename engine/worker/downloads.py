"""The process ``downloads``: fetches models, one after the other. The only one with a network, and that ends at the
hosts where models are."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable

from engine.worker.channel import Channel
from engine.worker.guard import QUIET, only_hosts


def serve(channel: Channel, lines: Iterable[bytes | None]) -> int:
    """Work on the calling thread until the input ends; returns the exit code."""
    os.environ.update(QUIET)
    from engine.worker.downloads_work import DownloadsWorker  # noqa: PLC0415 - libraries read at once what they are told

    # Its lines would name the addresses by which files are given out for a while.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    worker = DownloadsWorker(channel)
    with only_hosts("downloads", worker.allows):
        return worker.run(lines)
