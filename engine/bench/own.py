"""Fingerpost itself under the clock: what is timed is what answers people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.backends.base import Backend, Cancelled, Checkpoint
from engine.backends.factory import load_backend
from engine.bench.questions import first_question, follow_up, read_ahead
from engine.prefill import Prefill, Reading
from engine.prompt import Prompt
from engine.protocol import Event, Failed, Finished, Generate, ImageBudget
from engine.session import Session
from engine.tally import Tally
from engine.tokenizer import Tokenizer

ROOM = 64
"""Tokens there is memory for beyond what is read."""


class BenchError(Exception):
    """Something could not be measured. `str()` is one sentence for a person."""


class Fingerpost:
    """The back end as the session uses it. Use `load`; `close` gives the memory back."""

    def __init__(self, backend: Backend, tokenizer: Tokenizer, folder: Path, checkpoint: Checkpoint) -> None:
        self.backend, self.vocabulary = backend, backend.spec.text.vocab_size
        self.device = backend.info.device
        self.context_limit, self.sees = backend.info.context_limit, backend.info.sees
        self._tokenizer, self._folder, self._checkpoint = tokenizer, folder, checkpoint
        self._reading: Reading | None = None

    @classmethod
    def load(cls, folder: Path, device: str, dtype: str, checkpoint: Checkpoint) -> Fingerpost:
        """Load the model in `folder` on `device`. Raises `ModelError` or `Cancelled`."""
        backend = load_backend(folder, device, dtype, lambda done, total: None, checkpoint)
        try:
            return cls(backend, Tokenizer.load(folder, backend.spec), folder, checkpoint)
        except BaseException:
            backend.close()
            raise

    def close(self) -> None:
        """Give the memory back."""
        self._reading = None
        self.backend.close()

    def read(self, tokens: NDArray[np.int64]) -> None:
        """Read `tokens` from an empty state, in the chunks of the session."""
        self._reading = None
        length = len(tokens)
        prompt = Prompt(tokens, np.tile(np.arange(length), (3, 1)), length, ())
        prefill = Prefill(self.backend, {}, Tally(), self._checkpoint)
        for reading in prefill.read(self.backend.new_state(length + ROOM), prompt, 0, length):
            self._reading = reading

    def write(self) -> None:
        """Take the likeliest token and make the step after it."""
        self._checkpoint()
        reading = self._reading
        if reading is None:
            raise RuntimeError("nothing was read")
        reading.logits = self.backend.step(reading.state, int(np.argmax(reading.logits)), reading.position)
        reading.position += 1

    def questions(self, picture: Path, budget: ImageBudget) -> dict[str, float]:
        """Each in a session of its own, which remembers nothing of the others."""
        first = first_question(picture, budget)
        session, prepared = self._session(), self._session()
        cold, again = self._first_token(session, first), self._first_token(session, follow_up(first))
        self._finish(prepared.prepare(read_ahead(first), self._cancelled))
        return {"cold": cold, "prepared": self._first_token(prepared, first), "turn_two": again}

    def _session(self) -> Session:
        return Session(self.backend, self._tokenizer, self._folder)

    def _first_token(self, session: Session, request: Generate) -> float:
        return self._finish(session.generate(request, self._cancelled)).timings.first_token

    def _finish(self, events: Iterator[Event]) -> Finished:
        *_, last = events
        if isinstance(last, Failed):
            raise BenchError(last.message)
        if not isinstance(last, Finished) or last.reason == "cancelled":
            raise Cancelled
        return last

    def _cancelled(self) -> bool:
        try:
            self._checkpoint()
        except Cancelled:
            return True
        return False
