"""A back end without weights that says what a script in its config.json tells it to: for tests of everything above.

Its folder holds the files of a tokenizer and a configuration of the kind ``fingerpost_scripted``. Logits point at one
token so clearly that every sampler takes it. What comes next depends on the tokens the state has read and on nothing
else: inside an open think block the script's thinking, after it the answer; a think block that the session closes
leads on to the answer at once.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, cycle
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from engine.backends.base import Checkpoint, Chunk, DeviceLost, ImageFeatures, OutOfMemory, Patches, State
from engine.backends.parts import prefill_in_parts
from engine.backends.script import Answer, Script, Step, read_script
from engine.protocol import ModelInfo
from engine.spec import ModelError, ModelSpec, RopeSpec, TextSpec, VisionSpec, read_config, variant_of

CERTAIN = 60.0
"""The logit of the next token; the runner-up has half of it, all others 0."""
STALL_SLICE = 0.01
"""Seconds between two looks at the checkpoint."""
WEIGHT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class ScriptedFeatures:
    """A picture that nobody looked at: only its length is known."""

    tokens: int
    nbytes: int


@dataclass(frozen=True, slots=True)
class Move:
    """The next token of a line, and what happens before it comes."""

    token: int
    before: tuple[Step, ...] = ()


class Line:
    """Moves of one part of an answer, made when they are asked for: a loop has no end."""

    def __init__(self, moves: Iterator[Move], after: Move) -> None:
        self._moves, self._made, self._after = moves, list[Move](), after

    def at(self, index: int) -> Move:
        """Move `index`; behind the last one always the same."""
        while len(self._made) <= index:
            move = next(self._moves, None)
            if move is None:
                return self._after
            self._made.append(move)
        return self._made[index]


@dataclass(slots=True)
class Request:
    """What all states of one request share: its place in the order, and how many answers were begun."""

    order: int
    begun: int = 0


@dataclass(slots=True)
class ScriptedState:
    """The tokens read, and how far the script got: `cursor` moves into `phase`."""

    request: Request
    tokens: list[int] = field(default_factory=list)
    phase: Literal["thinking", "gap", "answer"] = "answer"
    cursor: int = 0
    attempt: int = 0
    answer: Answer | None = None
    """None while the prompt is read: the answer has not begun."""

    @property
    def length(self) -> int:
        """Tokens read so far."""
        return len(self.tokens)

    def blocks(self) -> dict[int, int]:
        """As if a token took one KV entry of the small shape."""
        return {id(self.tokens): 8 * len(self.tokens)}


class ScriptedBackend:
    """A model that follows `script`."""

    def __init__(self, folder: Path, script: Script, tokenizer: Tokenizer) -> None:
        self._script, self._tokenizer = script, tokenizer
        self._requests = 0
        self._lines: dict[tuple[tuple[Step, ...], int], Line] = {}
        self._open, self._close = _id(tokenizer, "<think>"), _id(tokenizer, "</think>")
        self._turn, self._end = _id(tokenizer, "<|im_start|>"), _id(tokenizer, "<|im_end|>")
        self._gap = self._encode("\n\n")[0]
        self.spec = _spec(folder.resolve().name, tokenizer, script.sees)
        self.info = ModelInfo(
            name=self.spec.name,
            tier=self.spec.tier,
            backend="script",
            device="cpu",
            dtype="float32",
            parameters=WEIGHT_BYTES // 4,
            weight_bytes=WEIGHT_BYTES,
            context_limit=script.context_limit,
            sees=script.sees,
            variant=variant_of(folder),
        )

    @property
    def snapshot_bytes(self) -> int:
        """None: what it says depends on how often it was asked, not on what it has read."""
        return 0

    @property
    def drafting(self) -> None:
        """None: a script is at no loss for its next token."""

    @property
    def chunk_size(self) -> int:
        """As the script has it."""
        return self._script.chunk_size

    def new_state(self, room: int = 0) -> ScriptedState:
        """The next request."""
        self._requests += 1
        return ScriptedState(Request(self._requests - 1))

    def copy_state(self, state: State, room: int = 0) -> ScriptedState:
        """A state that can go another way."""
        scripted = _narrow(state)
        return replace(scripted, tokens=list(scripted.tokens))

    def encode_image(self, patches: Patches, checkpoint: Checkpoint) -> ImageFeatures:
        """Features of the right length. Raises what the script says, or `ModelError` for a model that can not see."""
        if not self._script.sees:
            raise ModelError("model_unsupported", f"{self.spec.name} can not see pictures. Choose another model.")
        checkpoint()
        _perform(self._script.looking, checkpoint)
        return ScriptedFeatures(patches.tokens, patches.tokens * self.spec.text.hidden_size * 4)

    def prefill(self, state: State, chunk: Chunk, checkpoint: Checkpoint) -> NDArray[np.float32]:
        """Read a part of the prompt, or what the session forces into an answer."""
        scripted = _narrow(state)
        checkpoint()
        for token in chunk.tokens.tolist():
            scripted.tokens.append(token)
            if token in (self._open, self._close):
                scripted.phase = "thinking" if token == self._open else "answer"
        scripted.cursor = 0
        if scripted.answer is None:
            scripted.attempt = scripted.request.begun
        _perform(self._answer(scripted).reading, checkpoint)
        move = self._move(scripted)
        if self._is_whole(scripted.tokens):
            _perform(move.before, checkpoint)
        return self._logits(scripted, move)

    def prefill_keeping(
        self, state: State, chunk: Chunk, marks: Sequence[int], checkpoint: Checkpoint
    ) -> tuple[NDArray[np.float32], tuple[State, ...]]:
        """Part by part."""
        return prefill_in_parts(self, state, chunk, marks, checkpoint)

    def step(self, state: State, token: int, position: int) -> NDArray[np.float32]:
        """Read one token of the answer."""
        scripted = _narrow(state)
        if scripted.answer is None:
            scripted.answer = self._answer(scripted)
            scripted.attempt = scripted.request.begun
            scripted.request.begun += 1
        expected = self._move(scripted).token
        scripted.tokens.append(token)
        if scripted.phase == "thinking" and token == self._close:
            scripted.phase, scripted.cursor = "gap", 0
        elif scripted.phase == "gap":
            scripted.phase, scripted.cursor = "answer", 0 if token == self._gap else 1
        elif expected == self._end != token and scripted.phase == "answer":
            scripted.attempt, scripted.cursor = scripted.attempt + 1, 1
        elif token == expected:
            scripted.cursor += 1
        move = self._move(scripted)
        _perform(move.before, _never)
        return self._logits(scripted, move)

    def close(self) -> None:
        """There is nothing to give back."""

    def _logits(self, state: ScriptedState, move: Move) -> NDArray[np.float32]:
        logits = np.zeros(self.spec.text.vocab_size, np.float32)
        if move.token == self._end and state.phase == "answer":
            logits[self._line(self._again(state), self._end).at(0).token] = CERTAIN / 2
        logits[move.token] = CERTAIN
        return logits

    def _move(self, state: ScriptedState) -> Move:
        if state.phase == "gap":
            return Move(self._gap)
        answer = self._answer(state)
        if state.phase == "thinking":
            return self._line((*answer.thinking, Step("say", "\n")), self._close).at(state.cursor)
        return self._line(answer.steps if state.attempt == 0 else self._again(state), self._end).at(state.cursor)

    def _is_whole(self, tokens: list[int]) -> bool:
        """Whether a prompt that ends here asks for an answer: it has a think tag behind the last turn's header, or no
        template at all."""
        last_turn = len(tokens) - tokens[::-1].index(self._turn) if self._turn in tokens else 0
        tags = (self._open, self._close)
        return last_turn == 0 or (tokens[-1] not in tags and any(token in tags for token in tokens[last_turn:]))

    def _again(self, state: ScriptedState) -> tuple[Step, ...]:
        answer = self._answer(state)
        return answer.steps if answer.again is None else answer.again

    def _answer(self, state: ScriptedState) -> Answer:
        if state.answer is not None:
            return state.answer
        question = self._question(state).casefold()
        for answer in self._script.answers:
            if answer.when and answer.when.casefold() in question:
                return answer
        in_order = [answer for answer in self._script.answers if not answer.when]
        return in_order[min(state.request.order, len(in_order) - 1)]

    def _question(self, state: ScriptedState) -> str:
        """The last user turn of the prompt; without a template all of it."""
        text = self._tokenizer.decode(state.tokens, skip_special_tokens=False)
        return text.rpartition("<|im_start|>user\n")[2].partition("<|im_end|>")[0]

    def _line(self, steps: tuple[Step, ...], last: int) -> Line:
        if (steps, last) not in self._lines:
            self._lines[steps, last] = Line(self._moves(steps), Move(last))
        return self._lines[steps, last]

    def _moves(self, steps: tuple[Step, ...]) -> Iterator[Move]:
        before: list[Step] = []
        for step in steps:
            for token in self._tokens(step):
                pause = (Step("stall", seconds=step.seconds),) if step.seconds else ()
                yield Move(token, (*before, *pause))
                before.clear()
            if step.do not in ("say", "loop", "count", "end"):
                before.append(step)
        if before:
            yield Move(self._end, tuple(before))

    def _tokens(self, step: Step) -> Iterable[int]:
        if step.do == "say":
            return self._encode(step.text)
        if step.do == "loop":
            return cycle(self._encode(step.text))
        if step.do == "count":
            return (token for number in count(1) for token in self._encode(f"{number} "))
        return [self._end] if step.do == "end" else []

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids


def load(folder: Path, progress: Callable[[int, int], None], checkpoint: Checkpoint) -> ScriptedBackend:
    """Read the script and the tokenizer. Raises `ModelError`, `Cancelled`, or what the script says."""
    script = read_script(read_config(folder))
    checkpoint()
    progress(0, WEIGHT_BYTES)
    progress(WEIGHT_BYTES // 2, WEIGHT_BYTES)
    _perform(script.loading, checkpoint)
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise ModelError("model_missing", f"{folder.name} has no tokenizer.json. Fetch the file.")
    progress(WEIGHT_BYTES, WEIGHT_BYTES)
    return ScriptedBackend(folder, script, Tokenizer.from_file(str(path)))


def _perform(steps: Iterable[Step], checkpoint: Checkpoint) -> None:
    for step in steps:
        if step.do == "stall":
            _stall(step, checkpoint)
        elif step.do == "noise":
            os.write(1, step.text.encode())
        elif step.do == "error":
            raise RuntimeError(step.text)
        elif step.do == "out_of_memory":
            raise OutOfMemory(step.text or "There is not enough memory for this. Ask with less detail.")
        elif step.do == "device_lost":
            raise DeviceLost(step.text or "The graphics card stopped working. Ask again.")
        elif step.do == "abort":
            os.abort()
        elif step.do == "connect":
            with socket.socket() as connection:
                connection.connect(("127.0.0.1", 9))


def _stall(step: Step, checkpoint: Checkpoint) -> None:
    end = time.monotonic() + step.seconds
    while (left := end - time.monotonic()) > 0:
        if step.heeds_cancel:
            checkpoint()
        time.sleep(min(left, STALL_SLICE) if step.heeds_cancel else left)


def _never() -> None:
    """A single token is over before anyone could stop it."""


def _narrow(state: State) -> ScriptedState:
    assert isinstance(state, ScriptedState)
    return state


def _id(tokenizer: Tokenizer, text: str) -> int:
    token: int | None = tokenizer.token_to_id(text)
    if token is None:
        raise ModelError("model_damaged", f"tokenizer.json does not know {text}. Fetch the file again.")
    return token


def _spec(name: str, tokenizer: Tokenizer, sees: bool) -> ModelSpec:
    """A shape in the proportions of the 4B."""
    text = TextSpec(
        hidden_size=96,
        intermediate_size=224,
        layer_types=("linear_attention", "linear_attention", "linear_attention", "full_attention"),
        heads=4,
        kv_heads=1,
        head_dim=64,
        linear_key_heads=2,
        linear_value_heads=4,
        linear_key_dim=32,
        linear_value_dim=32,
        conv_kernel=4,
        norm_eps=1e-6,
        vocab_size=tokenizer.get_vocab_size(),
        max_positions=262_144,
        tied_head=True,
        rope=RopeSpec(10_000_000.0, 16, (3, 3, 2)),
        mtp_layers=0,
    )
    vision = VisionSpec(
        depth=3,
        hidden_size=64,
        intermediate_size=128,
        heads=4,
        patch_size=16,
        temporal_patch_size=2,
        merge_size=2,
        position_grid=8,
        out_hidden_size=text.hidden_size,
    )
    return ModelSpec(
        name=name,
        tier="4B",
        text=text,
        vision=vision if sees else None,
        dtype="float32",
        image_token=_id(tokenizer, "<|image_pad|>"),
        vision_start_token=_id(tokenizer, "<|vision_start|>"),
        vision_end_token=_id(tokenizer, "<|vision_end|>"),
        eos_tokens=frozenset({_id(tokenizer, "<|endoftext|>")}),
    )
