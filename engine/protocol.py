"""Wire types between the window and its child processes, and their JSON codec.

Standard library only: this is the one engine module the window may import.

Every message is a frozen dataclass with a ``kind`` tag. On the wire it is one JSON object on one line (UTF-8, ends in
``\\n``) that carries ``"v"``, the protocol version. Images travel as file paths, never as pixels. Commands go from the
window to the child, events come back. Each `Generate` and `Prepare` ends in exactly one `Finished` or `Failed` with its
request id; a cancelled one ends in ``Finished(reason="cancelled")``.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.wire import from_json, to_json

VERSION = 1
MAX_LINE_BYTES = 16 * 1024 * 1024
"""A longer line is refused: a whole conversation of the family's 262,144 tokens is about 1 MB of text."""
MAX_PICTURE_PIXELS = 100_000_000
"""A larger picture is refused by both sides before it is decoded: 100 megapixels take 300 MB as RGB."""

JsonValue = None | bool | int | float | str | list[Any] | dict[str, Any]
Role = Literal["user", "assistant", "tool"]
Channel = Literal["answer", "reasoning"]
ImageBudget = Literal["fast", "balanced", "full"]
FinishReason = Literal["stop", "length", "tool_calls", "cancelled", "prepared"]
NoticeCode = Literal["repetition", "thinking_budget", "cut_short"]
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
    "internal",
]


class ProtocolError(ValueError):
    """A line or an object that is not a message of this protocol. `str()` says what is wrong, for a log."""


# --- What a conversation is made of ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """A run of plain text inside a message."""

    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture inside a message: `attachment` is the sha256 of the file's bytes in hex, `path` where it lies."""

    kind: ClassVar[str] = "image"
    attachment: str
    path: str


Part = Text | Image


@dataclass(frozen=True, slots=True)
class CalledTool:
    """A tool call the model made in an earlier turn, as history. `arguments` is always a mapping, never JSON text."""

    name: str
    arguments: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation. A tool's result is a message with role ``tool`` and may hold pictures."""

    role: Role
    parts: tuple[Part, ...]
    reasoning: str = ""
    tool_calls: tuple[CalledTool, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """A function offered to the model. `parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is picked. Each None takes the model card's value for the tier and mode.

    `greedy` takes the largest logit and nothing else: no penalty and no repetition watchdog, so that a run can be
    compared token by token with another engine. `temperature` > 0, `top_p` in (0, 1], `top_k` >= 0 (0: off), `min_p`
    in [0, 1), `presence_penalty` in [-2, 2] over generated tokens. The same `seed` gives the same text again.
    """

    greedy: bool = False
    seed: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    presence_penalty: float | None = None


@dataclass(frozen=True, slots=True)
class Thinking:
    """Whether the model thinks first, and after how many tokens the think block is closed for it."""

    enabled: bool = False
    budget: int = 2048


# --- Commands: window -> child --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoadModel:
    """Load the model folder `path`. `device` and `dtype` may be ``auto``. One child loads one model, once."""

    kind: ClassVar[str] = "load_model"
    path: str
    device: str = "auto"
    dtype: str = "auto"


@dataclass(frozen=True, slots=True)
class Generate:
    """Answer the conversation `messages`, whose last message is the user's or a tool's.

    `system` None takes the product's own system prompt, ``""`` sends no system turn. `max_tokens` is the budget of the
    answer alone; thinking has its own. With `raw` the text of the last message is continued without a chat template.
    With `zoom` the model may look closer at a part of a picture; the engine answers those calls itself and goes on.
    """

    kind: ClassVar[str] = "generate"
    request_id: str
    messages: tuple[Message, ...]
    system: str | None = None
    sampling: Sampling = Sampling()
    thinking: Thinking = Thinking()
    max_tokens: int = 2048
    image_budget: ImageBudget = "balanced"
    tools: tuple[Tool, ...] = ()
    stop: tuple[str, ...] = ()
    raw: bool = False
    zoom: bool = False


@dataclass(frozen=True, slots=True)
class Prepare:
    """Read ahead for a `Generate` that will follow: `messages` end with the pictures of a question without its text,
    the other fields are as they will be. It ends in ``Finished(reason="prepared")``, and gives progress but no text.

    A `Generate` that begins with the same pictures waits for it, and is then told its progress; a `Prepare` with the
    same pictures and more waits too. All others stop it. While a question is being answered it is refused as ``busy``.
    """

    kind: ClassVar[str] = "prepare"
    request_id: str
    messages: tuple[Message, ...]
    system: str | None = None
    thinking: Thinking = Thinking()
    image_budget: ImageBudget = "balanced"
    tools: tuple[Tool, ...] = ()
    zoom: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop `request_id`, whatever state it is in, and what it waits for. Unknown or finished ids are ignored."""

    kind: ClassVar[str] = "cancel"
    request_id: str


Command = LoadModel | Generate | Prepare | Cancel


# --- Events: child -> window ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """First line of a child: it is up, and speaks this protocol."""

    kind: ClassVar[str] = "hello"
    role: str
    pid: int


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """Bytes of weights read so far."""

    kind: ClassVar[str] = "load_progress"
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What was loaded. `context_limit` is the longest context that fits the memory, in tokens."""

    name: str
    tier: str
    backend: str
    device: str
    dtype: str
    parameters: int
    weight_bytes: int
    context_limit: int
    sees: bool


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded and waits for requests."""

    kind: ClassVar[str] = "ready"
    model: ModelInfo
    seconds: float


@dataclass(frozen=True, slots=True)
class ImageProgress:
    """The vision tower is reading picture `index` (from 1) of `total`; it will be `tokens` tokens long."""

    kind: ClassVar[str] = "image_progress"
    request_id: str
    index: int
    total: int
    tokens: int


@dataclass(frozen=True, slots=True)
class PrefillProgress:
    """`done` of `total` prompt tokens are read, `cached` of them from an earlier request."""

    kind: ClassVar[str] = "prefill_progress"
    request_id: str
    cached: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text on one channel. Never ends inside a UTF-8 character."""

    kind: ClassVar[str] = "text_delta"
    request_id: str
    channel: Channel
    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool. `call_id` is unique within the request."""

    kind: ClassVar[str] = "tool_call"
    request_id: str
    call_id: str
    name: str
    arguments: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the person should know about this answer: `message` is one clear sentence.

    ``repetition``: the model went in circles, the text so far on the answer channel is void and the answer starts
    again. ``thinking_budget``: the think block was closed at its budget. ``cut_short``: it went in circles once more,
    and the answer ends here.
    """

    kind: ClassVar[str] = "notice"
    request_id: str
    code: NoticeCode
    message: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts: `image` and `cached` are part of `prompt`, `reasoning` is part of `generated`. `images` are the
    counts of each picture, in the order of the prompt. Of `drafted` guesses `accepted` were what was then picked; these
    are part of `generated`."""

    prompt: int
    image: int
    cached: int
    generated: int
    reasoning: int
    images: tuple[int, ...] = ()
    drafted: int = 0
    accepted: int = 0


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds. `first_token` and `total` count from when the request came in, `image` and `prefill` are its own work
    alone; `tokens_per_second` is decoding alone."""

    image: float
    prefill: float
    first_token: float
    total: float
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class Finished:
    """The request ended as it should. `tokens` are the generated ids in order, an end token included."""

    kind: ClassVar[str] = "finished"
    request_id: str
    reason: FinishReason
    usage: Usage
    timings: Timings
    tokens: tuple[int, ...]


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


Event = (
    Hello | LoadProgress | Ready | ImageProgress | PrefillProgress | TextDelta | ToolCall | Notice | Finished | Failed
)


# --- Codec ----------------------------------------------------------------------------------------------------------


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
