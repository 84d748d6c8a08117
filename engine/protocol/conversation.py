"""What a conversation is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.protocol.documents import DocumentRef

MAX_PICTURE_PIXELS = 100_000_000
"""A larger picture is refused by both sides before it is decoded: 100 megapixels take 300 MB as RGB."""

JsonValue = None | bool | int | float | str | list[Any] | dict[str, Any]
Role = Literal["user", "assistant", "tool"]
Variant = Literal["instruct", "base"]
"""Of a model: one that answers, or one that continues a text."""


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


Part = Text | Image | DocumentRef


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
