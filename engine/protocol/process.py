"""What every child process says and hears, whatever it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

OfferAction = Literal["image_budget", "drop_turns"]
FailureCode = Literal[
    "bad_message",
    "bad_request",
    "busy",
    "no_model",
    "model_missing",
    "model_damaged",
    "model_unsupported",
    "device_unavailable",
    "out_of_memory",
    "context_too_long",
    "image_unreadable",
    "image_too_large",
    "image_bad_shape",
    "unreachable",
    "repo_missing",
    "gated",
    "wrong_hash",
    "disk_full",
    "folder_refused",
    "in_use",
    "document_unreadable",
    "password_needed",
    "internal",
]


class ProtocolError(ValueError):
    """A line or an object that is not a message of this protocol. `str()` says what is wrong, for a log."""


@dataclass(frozen=True, slots=True)
class Hello:
    """First line of a child: it is up, and speaks this protocol."""

    kind: ClassVar[str] = "hello"
    role: str
    pid: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop `request_id`, whatever state it is in, and what it waits for. Unknown or finished ids are ignored."""

    kind: ClassVar[str] = "cancel"
    request_id: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A way out of a failure that would fit: use image budget `value`, or leave out the first `value` messages.

    `tokens` is the prompt's length after that.
    """

    action: OfferAction
    value: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The request (or, without `request_id`, a load or a line) failed. `message` is a sentence for a person that says
    what to do next. `fatal` means the child is of no more use and ends itself."""

    kind: ClassVar[str] = "failed"
    request_id: str | None
    code: FailureCode
    message: str
    fatal: bool = False
    offers: tuple[Offer, ...] = ()
