"""What a reader is given besides the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.documents.document import Page
from engine.documents.limits import Limits


class Stopped(Exception):
    """Nobody waits for this document any more: raised by `Job.checkpoint`, for whoever started the job."""


def _nobody(*_: object) -> None:
    """Where there is nobody to tell."""


@dataclass(frozen=True, slots=True)
class Job:
    """One reading of one file. `progress` is told how many pages of how many are done. `checkpoint` is called often,
    at least once a page or every few thousand rows, and raises `Stopped` when the reading is of no more use.

    Readers whose pages do not depend on each other (PDF, pictures, sheets) also go by the last three: they say how many
    pages there are with `opened` before they read one, begin with page `first` (from 1), and hand each page to `emit`
    as soon as it is read. A page that was handed on is not in the document that the reader gives back. That is how the
    rest is read after one page that brings the reader down."""

    password: str = ""
    limits: Limits = field(default_factory=Limits)
    progress: Callable[[int, int], None] = _nobody
    checkpoint: Callable[[], None] = _nobody
    first: int = 1
    opened: Callable[[int], None] = _nobody
    emit: Callable[[Page], None] | None = None
