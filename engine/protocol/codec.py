"""Messages to lines of JSON and back."""

from __future__ import annotations

import json
import typing
from typing import Any

from engine.protocol.answering import (
    Finished,
    Generate,
    ImageProgress,
    LoadModel,
    LoadProgress,
    Notice,
    PrefillProgress,
    Prepare,
    Ready,
    TextDelta,
    ToolCall,
)
from engine.protocol.documents import (
    Cited,
    DocumentRead,
    FindPassages,
    FindText,
    LocateQuote,
    OcrProgress,
    PageRendered,
    PageShown,
    PassagesFound,
    QuoteChecked,
    QuoteLocated,
    ReadDocument,
    ReadProgress,
    RenderPage,
    SaveTable,
    Searched,
    ShowPage,
    SourcesRead,
    TaskProgress,
    TextFound,
)
from engine.protocol.models import (
    CheckModel,
    ConvertModel,
    DiscardDownload,
    Done,
    DownloadProgress,
    ImportModel,
    KeepToken,
    MoveModel,
    Paused,
    Pull,
    Pulled,
    RemoveModel,
    Survey,
    Surveyed,
    WorkProgress,
)
from engine.protocol.pointing import (
    ActionProposed,
    CheckMarks,
    FindOnScreen,
    FoundOnScreen,
    Grounded,
    LookAgain,
    MarksChecked,
    StepPlanned,
)
from engine.protocol.process import Cancel, Failed, Hello, ProtocolError
from engine.wire import from_json, to_json

VERSION = 1
MAX_LINE_BYTES = 16 * 1024 * 1024
"""A longer line is refused: a whole conversation of the family's 262,144 tokens is about 1 MB of text."""

Command = (
    LoadModel
    | Generate
    | Prepare
    | Cancel
    | Survey
    | CheckModel
    | ConvertModel
    | RemoveModel
    | MoveModel
    | ImportModel
    | Pull
    | DiscardDownload
    | KeepToken
    | ReadDocument
    | FindPassages
    | FindText
    | RenderPage
    | ShowPage
    | LocateQuote
    | SaveTable
    | LookAgain
    | FindOnScreen
    | CheckMarks
)
Event = (
    Hello
    | LoadProgress
    | Ready
    | ImageProgress
    | PrefillProgress
    | TextDelta
    | ToolCall
    | Notice
    | Finished
    | Failed
    | Surveyed
    | WorkProgress
    | DownloadProgress
    | Paused
    | Pulled
    | Done
    | ReadProgress
    | DocumentRead
    | OcrProgress
    | PassagesFound
    | TextFound
    | PageRendered
    | PageShown
    | QuoteLocated
    | SourcesRead
    | Searched
    | Cited
    | QuoteChecked
    | TaskProgress
    | Grounded
    | StepPlanned
    | ActionProposed
    | FoundOnScreen
    | MarksChecked
)


def encode(message: Command | Event) -> bytes:
    """One line of UTF-8 JSON, newline included. Half of a surrogate pair becomes a question mark.

    Raises:
        ProtocolError: a number that JSON does not have, or a value nested too deeply.
    """
    try:
        document = {"v": VERSION, **to_json(message)}
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"{message.kind} can not be written as JSON: {error}") from error
    return text.encode("utf-8", "replace") + b"\n"


def decode_command(line: bytes) -> Command:
    """Read one line from the window.

    Raises:
        ProtocolError: not JSON, too long, another version, unknown kind, a field missing or of the wrong type.
    """
    return typing.cast(Command, _decode(line, _kinds(Command)))


def decode_event(line: bytes) -> Event:
    """Read one line from a child. Raises `ProtocolError` as `decode_command` does."""
    return typing.cast(Event, _decode(line, _kinds(Event)))


def request_id_of(event: Event) -> str | None:
    """The request an event belongs to, None for events of the child as a whole."""
    return getattr(event, "request_id", None)


def _kinds(union: Any) -> dict[str, type]:
    return {member.kind: member for member in typing.get_args(union)}


def _decode(line: bytes, kinds: dict[str, type]) -> Any:
    if len(line) > MAX_LINE_BYTES:
        raise ProtocolError(f"a line of {len(line):,} bytes is longer than {MAX_LINE_BYTES:,}")
    try:
        document = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"not a line of JSON: {error}") from error
    if not isinstance(document, dict):
        raise ProtocolError("not a JSON object")
    if document.get("v") != VERSION:
        raise ProtocolError(f"protocol version {document.get('v')!r}, this side speaks {VERSION}")
    kind = document.get("kind")
    cls = kinds.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise ProtocolError(f"unknown kind {kind!r}")
    try:
        return from_json(cls, document, cls.__name__)
    except ValueError as error:
        raise ProtocolError(str(error)) from error


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")
