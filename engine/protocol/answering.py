"""The process ``model``: load a model, answer a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.protocol.conversation import JsonValue, Message, Sampling, Thinking, Tool, Variant

Channel = Literal["answer", "reasoning"]
ImageBudget = Literal["fast", "balanced", "full"]
FinishReason = Literal["stop", "length", "tool_calls", "cancelled", "prepared"]
NoticeCode = Literal["repetition", "thinking_budget", "cut_short"]
Task = Literal["answer", "summarise", "guide", "act"]


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
    With `zoom` the model may look closer at a part of a picture; the engine answers those calls itself and goes on. So
    it does where the model searches in documents that are too long to be read whole. To ``summarise`` such documents
    they are read part by part, which `TaskProgress` tells; short ones are read whole, and it is an answer as any other.
    With `point` the model is asked to say where on the pictures the things are that it names: each place is told as
    `Grounded`, and the text holds its sign instead. To ``guide`` is to plan the steps a person takes in the program of
    the last picture: they are told as `StepPlanned`, and there is no text but what the model says beside them. To
    ``act`` is to propose the next action there, as a call of `computer_use` with its `ActionProposed`; the result comes
    back as a message of role ``tool`` with a new picture.
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
    task: Task = "answer"
    point: bool = False


@dataclass(frozen=True, slots=True)
class Prepare:
    """Read ahead for a `Generate` that will follow: `messages` end with the pictures and documents of a question, and
    without its text, the other fields are as they will be. It ends in ``Finished(reason="prepared")``, and gives
    progress but no text. Of documents that are too long to be given whole nothing is read ahead.

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
    point: bool = False


# --- Events: child -> window ----------------------------------------------------------------------------------------


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
    variant: Variant = "instruct"


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
