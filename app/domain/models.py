"""What goes on with the models of this machine: values for the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.protocol import DownloadProgress, FailureCode, SourceName

DownloadStage = Literal["running", "paused", "failed"]
WorkKind = Literal["checking", "converting", "moving", "importing", "removing"]


@dataclass(frozen=True, slots=True)
class Download:
    """A model that is being fetched, or will be.

    `name` is what `engine.protocol.Pull` takes. `done` of `total` bytes are here; `total` is 0 while nobody knows.
    `source` is where they come from, None while it is not settled. `progress` is the last that the download said of
    itself, None while it is not running. A failed one has a `sentence` for a person and its `code`: ``gated`` needs an
    access token for `source`.
    """

    name: str
    title: str
    state: DownloadStage
    done: int = 0
    total: int = 0
    source: SourceName | None = None
    progress: DownloadProgress | None = None
    sentence: str = ""
    code: FailureCode | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """The one thing that is done to a model here: `done` of `total` bytes of it, `total` 0 while nobody knows.
    `detail` is a word for a person, as the file that is read, or nothing."""

    what: WorkKind
    folder: str
    done: int = 0
    total: int = 0
    detail: str = ""
