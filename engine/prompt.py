"""A conversation -> token ids with their positions and the places of the pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import protocol, resources
from engine.positions import mrope_positions
from engine.protocol import MOST_MARKS, Generate, JsonValue, Task, mark_sign
from engine.spec import ModelSpec
from engine.tokenizer import IMAGE_PAD, PromptError, Tokenizer

__all__ = ["ImageSpan", "Prompt", "PromptError", "build_prompt", "pictures_in"]

PICTURE = "<|vision_start|><|image_pad|><|vision_end|>"
SYSTEM_PROMPT = "prompts/system.txt"
POINTING_PROMPT = "prompts/pointing.txt"
TASK_PROMPTS: Mapping[Task, str] = {"guide": "prompts/guide.txt", "act": "prompts/act.txt"}
"""Of the tasks that are no answers: these take the place of the product's own system prompt."""
MERGE = 2
"""Patches along the side of one token."""
THINK_TAGS = ("<think>", "</think>")
_SIGN = re.compile(f" ?[{mark_sign(1)}-{mark_sign(MOST_MARKS)}]")


@dataclass(frozen=True, slots=True)
class ImageSpan:
    """The `count` picture tokens from `at` on belong to picture `index` of the request."""

    at: int
    count: int
    index: int

    @property
    def border(self) -> int:
        """The first token behind the picture and the marker that ends it."""
        return self.at + self.count + 1


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model reads. `tokens` int64 [T]; `positions` int64 [3, T], M-RoPE; `next_position` is that of the first
    token to be generated; `images` in order of their place. `opening` is how many tokens come before the words of the
    last message where it has another text before them, else 0."""

    tokens: NDArray[np.int64]
    positions: NDArray[np.int64]
    next_position: int
    images: tuple[ImageSpan, ...]
    opening: int = 0


def pictures_in(request: Generate) -> tuple[protocol.Image, ...]:
    """The pictures in the order of their places in the prompt."""
    messages = request.messages[-1:] if request.raw else request.messages
    return tuple(part for message in messages for part in message.parts if isinstance(part, protocol.Image))


def build_prompt(
    request: Generate, tokenizer: Tokenizer, spec: ModelSpec, grids: Sequence[tuple[int, int]], thinking: bool
) -> Prompt:
    """The prompt of `request`. `grids` are (h, w) in patches, one for each of `pictures_in`.

    Raises:
        PromptError: no question, pictures for a model that reads text only, or messages the template does not take.
        ModelError: the model has no chat template.
    """
    pictures = pictures_in(request)
    if len(grids) != len(pictures):
        raise ValueError(f"{len(grids)} grids for {len(pictures)} pictures")
    if pictures and spec.vision is None:
        raise PromptError(f"{spec.name} reads text only. Leave out the pictures, or choose a model that sees.")
    text = _raw_text(request, tokenizer) if request.raw else _chat_text(request, tokenizer, thinking)
    tokens = np.array(tokenizer.encode(text), np.int64)
    if not tokens.size:
        raise PromptError("There is no text to continue. Type some, and send it again.")
    places = np.flatnonzero(tokens == spec.image_token) if spec.vision is not None else np.empty(0, np.int64)
    if len(places) != len(grids):
        raise PromptError(
            f"The chat template of {spec.name} left out a picture. Fetch its chat_template.jinja again, "
            "or leave out the pictures."
        )
    return _placed(tokens, places, [(height // MERGE, width // MERGE) for height, width in grids])


def _placed(tokens: NDArray[np.int64], places: NDArray[np.int64], grids: list[tuple[int, int]]) -> Prompt:
    """Repeat the one pad token of each picture as often as the picture has tokens, and say where everything stands."""
    counts = np.ones(len(tokens), np.int64)
    counts[places] = [height * width for height, width in grids]
    starts = (np.cumsum(counts) - counts)[places].tolist()
    tokens = np.repeat(tokens, counts)
    positions, next_position = mrope_positions(len(tokens), list(zip(starts, grids, strict=True)))
    spans = (
        ImageSpan(at, grid[0] * grid[1], index) for index, (at, grid) in enumerate(zip(starts, grids, strict=True))
    )
    return Prompt(tokens, positions, next_position, tuple(spans))


def _raw_text(request: Generate, tokenizer: Tokenizer) -> str:
    """The last message's pictures, then its text. Markers in the text count, since nothing else writes them here; only
    the place of a picture can not be written by hand."""
    if not request.messages:
        raise PromptError("There is no text to continue. Type some, and send it again.")
    allowed = tokenizer.added_tokens - {IMAGE_PAD}
    text = "".join(part.text for part in request.messages[-1].parts if isinstance(part, protocol.Text))
    return PICTURE * len(pictures_in(request)) + tokenizer.protect(text, allowed)


def _chat_text(request: Generate, tokenizer: Tokenizer, thinking: bool) -> str:
    if not request.messages or request.messages[-1].role == "assistant":
        raise PromptError("There is no question to answer. Type one, and send it again.")
    if not any(message.role == "user" for message in request.messages):
        raise PromptError("The question to this answer is not part of the conversation any more. Ask it again.")
    system = _system(request)
    turns: list[dict[str, Any]] = []
    if system.strip():
        turns.append({"role": "system", "content": tokenizer.protect(system)})
    messages = map(_without_signs, request.messages) if pictures_in(request) else request.messages
    turns += [_turn(message, tokenizer) for message in messages]
    return tokenizer.render(turns, [_tool(tool, tokenizer) for tool in request.tools], thinking)


def _system(request: Generate) -> str:
    """What stands before the conversation: the asker's own words or the product's, then what the task asks for."""
    task = TASK_PROMPTS.get(request.task)
    if request.system is None:
        texts = [resources.text(task or SYSTEM_PROMPT)]
    else:
        texts = [request.system, resources.text(task) if task else ""]
    if request.point and not task and pictures_in(request):
        texts.append(resources.text(POINTING_PROMPT))
    return "\n\n".join(text.rstrip("\n") for text in texts if text.strip())


def _without_signs(message: protocol.Message) -> protocol.Message:
    """An earlier answer without the signs of its marks: a model that reads them writes them, in place of places."""
    if message.role != "assistant":
        return message
    parts = (
        replace(part, text=_SIGN.sub("", part.text)) if isinstance(part, protocol.Text) else part
        for part in message.parts
    )
    return replace(message, parts=tuple(parts))


def _turn(message: protocol.Message, tokenizer: Tokenizer) -> dict[str, Any]:
    """A message as the template takes it. `reasoning_content` only where there is any: an empty one would keep the
    template from finding the think block inside an older answer's text."""
    turn: dict[str, Any] = {"role": message.role, "content": _content(message, tokenizer)}
    if message.reasoning:
        turn["reasoning_content"] = tokenizer.protect(message.reasoning)
    if message.tool_calls:
        turn["tool_calls"] = [
            {
                "type": "function",
                "function": {"name": tokenizer.protect(call.name), "arguments": _arguments(call.arguments, tokenizer)},
            }
            for call in message.tool_calls
        ]
    return turn


def _content(message: protocol.Message, tokenizer: Tokenizer) -> str | list[dict[str, str]]:
    """Plain text, or a list where there are pictures. Texts that stand side by side are joined before they are
    protected, so that no marker can be put together from two halves."""
    allowed = THINK_TAGS if message.role == "assistant" else ()
    items: list[dict[str, str]] = []
    for is_text, parts in groupby(message.parts, lambda part: isinstance(part, protocol.Text)):
        if is_text:
            text = "".join(part.text for part in parts if isinstance(part, protocol.Text))
            items.append({"type": "text", "text": tokenizer.protect(text, allowed)})
        else:
            items += [{"type": "image"} for _ in parts]
    if any(item["type"] == "image" for item in items):
        return items
    return items[0]["text"] if items else ""


def _arguments(arguments: Mapping[str, JsonValue], tokenizer: Tokenizer) -> dict[str, JsonValue]:
    """The template writes texts as they are and lists and objects as JSON, but all else as Python would: True."""
    kept = (str, list, dict)
    return {
        tokenizer.protect(name): _protected(value if isinstance(value, kept) else json.dumps(value), tokenizer)
        for name, value in arguments.items()
    }


def _tool(tool: protocol.Tool, tokenizer: Tokenizer) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": _protected(function, tokenizer)}


def _protected(value: Any, tokenizer: Tokenizer) -> Any:
    """A JSON value with every text in it protected."""
    if isinstance(value, str):
        return tokenizer.protect(value)
    if isinstance(value, Mapping):
        return {tokenizer.protect(str(key)): _protected(item, tokenizer) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_protected(item, tokenizer) for item in value]
    return value
