"""The answer, token by token: think budget, loops, the end."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.backends.base import Backend, Cancelled, Checkpoint, Chunk
from engine.draft_policy import DraftPolicy
from engine.prefill import Reading
from engine.protocol import Event, FinishReason, Generate, Notice, NoticeCode, TextDelta, ToolCall
from engine.sampling import Sampler, Settings, resolve
from engine.speculation import Speculator
from engine.stream import Called, OutputStream, Said
from engine.tally import Tally
from engine.tokenizer import Tokenizer
from engine.watchdog import Watchdog

CLOSE_THINKING = "\n</think>\n\n"
"""How the family's template closes a think block."""
RESTART_PENALTY = 1.5
"""The least presence penalty after a loop: what the model cards advise against repetition."""
NOTICES: dict[NoticeCode, str] = {
    "repetition": "The model went in circles and was stopped. This is its second try, without thinking.",
    "thinking_budget": "The model used up its budget for thinking and answers now.",
    "cut_short": "The model went in circles once more, so the answer ends here.",
}


@dataclass(frozen=True, slots=True)
class Model:
    """What a request needs of the loaded model, and what all of them have learned of guessing ahead with it."""

    backend: Backend
    tokenizer: Tokenizer
    policy: DraftPolicy


class Decoder:
    """Writes one answer from where the prompt was read to.

    `restart` reads the prompt without thinking, from a state kept before the two ways part; None without a watchdog.
    """

    def __init__(
        self,
        model: Model,
        request: Generate,
        reading: Reading,
        restart: Callable[[], Reading] | None,
        *,
        thinking: bool,
        pictures: bool,
        tally: Tally,
        checkpoint: Checkpoint,
    ) -> None:
        self._model, self._request, self._reading, self._restart = model, request, reading, restart
        self._pictures, self._tally, self._checkpoint = pictures, tally, checkpoint
        self._watchdog = None if request.sampling.greedy else Watchdog()
        self._stream = self._new_stream(thinking)
        self._sampler = self._new_sampler(self._settings(thinking), request.sampling.seed)
        self._speculator = self._new_speculator()
        self._thought = self._written = self._calls = 0
        self._spoke = self._insisted = False

    def events(self) -> Generator[Event, None, FinishReason]:
        """All of the answer; returns how it ended. What the stream held back comes out at the end, also of a cancelled
        answer."""
        try:
            reason = yield from self._write()
        except Cancelled:
            reason = "cancelled"
        yield from self._told(self._stream.finish())
        return "tool_calls" if reason == "stop" and self._calls else reason

    def _write(self) -> Generator[Event, None, FinishReason]:
        while True:
            self._checkpoint()
            if self._thinks and self._thought >= self._request.thinking.budget:
                yield self._notice("thinking_budget")
                yield from self._close_thinking()
            with self._tally.spending("decode"):
                token = self._sampler.pick(self._reading.logits)
            if token in self._model.tokenizer.end_tokens:
                if self._should_insist():
                    yield from self._insist()
                    continue
                self._tally.add(token, self._thinks)
                return "stop"
            yield from self._say(token)
            if self._stream.stopped:
                return "stop"
            if self._written >= self._request.max_tokens:
                return "length"
            if self._watchdog is not None and self._watchdog.push(token):
                if self._calls or self._restart is None:
                    yield self._notice("cut_short")
                    return "stop" if self._calls else "length"
                yield self._notice("repetition")
                self._begin_again(self._restart)
                continue
            self._step(token)

    @property
    def _thinks(self) -> bool:
        return self._stream.channel == "reasoning"

    def _say(self, token: int) -> Generator[Event, None, None]:
        thinking = self._thinks
        self._tally.add(token, thinking)
        self._thought += thinking
        self._written += not thinking
        self._spoke = self._spoke or (not thinking and bool(self._model.tokenizer.bytes_of(token).strip()))
        yield from self._told(self._stream.push(token))
        if thinking and not self._thinks and self._watchdog is not None:
            # The answer may well repeat what was thought.
            self._watchdog.reset()

    def _step(self, token: int) -> None:
        with self._tally.spending("decode"):
            logits = self._speculator.step(self._reading.state, token, self._reading.position)
        self._tally.steps += 1
        self._reading = Reading(self._reading.state, logits, self._reading.position + 1)

    def _close_thinking(self) -> Generator[Event, None, None]:
        """Put the closing tag into the model's mouth, in one pass."""
        tokens = self._model.tokenizer.encode(CLOSE_THINKING)
        for token in tokens:
            self._tally.add(token, reasoning=True)
            self._sampler.observe(token)
            yield from self._told(self._stream.push(token))
        if self._watchdog is not None:
            self._watchdog.reset()
        state, position = self._reading.state, self._reading.position
        where = np.tile(np.arange(position, position + len(tokens)), (3, 1))
        with self._tally.spending("prefill"):
            self._speculator.settle(state)
            logits = self._model.backend.prefill(state, Chunk(np.array(tokens), where), self._checkpoint)
        self._reading = Reading(state, logits, position + len(tokens))

    def _should_insist(self) -> bool:
        """Whether the model is about to end without a word. Greedy and raw text are left as they are."""
        return not self._spoke and not self._insisted and not self._request.sampling.greedy and not self._request.raw

    def _insist(self) -> Generator[Event, None, None]:
        """Once: close the think block, or refuse the end token."""
        if self._thinks:
            yield from self._close_thinking()
            return
        self._insisted = True
        logits = self._reading.logits.copy()
        logits[[token for token in self._model.tokenizer.end_tokens if token < len(logits)]] = -np.inf
        self._reading = replace(self._reading, logits=logits)

    def _begin_again(self, restart: Callable[[], Reading]) -> None:
        """Void what was said and answer without thinking, from the kept state."""
        self._restart = None
        settings = self._settings(thinking=False)
        settings = replace(settings, presence_penalty=max(settings.presence_penalty, RESTART_PENALTY))
        # With the same seed the same loop would come again.
        seed = self._request.sampling.seed
        self._sampler = self._new_sampler(settings, None if seed is None else seed + 1)
        self._stream = self._new_stream(thinking=False)
        self._written, self._spoke = 0, False
        if self._watchdog is not None:
            self._watchdog.reset()
        # What was read ahead of the lost attempt goes with it.
        self._speculator = self._new_speculator()
        # The lost attempt's state goes first: with both at once, a long conversation would not fit the memory.
        del self._reading
        self._reading = restart()

    def _told(self, parts: Sequence[Said | Called]) -> Generator[Event, None, None]:
        for part in parts:
            if isinstance(part, Said):
                yield TextDelta(self._request.request_id, part.channel, part.text)
            else:
                self._calls += 1
                yield ToolCall(self._request.request_id, f"call_{self._calls}", part.name, part.arguments)

    def _notice(self, code: NoticeCode) -> Notice:
        return Notice(self._request.request_id, code, NOTICES[code])

    def _settings(self, thinking: bool) -> Settings:
        return resolve(self._request.sampling, self._model.backend.spec.tier, thinking, self._pictures)

    def _new_sampler(self, settings: Settings, seed: int | None) -> Sampler:
        return Sampler(settings, seed, self._request.sampling.greedy)

    def _new_speculator(self) -> Speculator:
        return Speculator(self._model.backend, self._model.policy, self._tally)

    def _new_stream(self, thinking: bool) -> OutputStream:
        return OutputStream(
            self._model.tokenizer.bytes_of,
            reasoning=thinking,
            stop=self._request.stop,
            tools=self._request.tools,
        )
