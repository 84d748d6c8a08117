"""From a request to its events, whatever back end is behind it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

from engine.backends.base import Backend, Cancelled, Checkpoint, ImageFeatures, OutOfMemory
from engine.backends.factory import load_backend
from engine.decode import Decoder, Model
from engine.failures import failure_of
from engine.fit_offers import ContextFit, Refusal
from engine.prefill import Prefill, Reading, common_prefix
from engine.prompt import Prompt, build_prompt, pictures_in
from engine.protocol import (
    Event,
    Failed,
    Finished,
    FinishReason,
    Generate,
    ImageProgress,
    ModelInfo,
    PrefillProgress,
)
from engine.sampling import resolve
from engine.sight import Sight
from engine.tally import Tally
from engine.tokenizer import Tokenizer


def open_session(
    folder: Path, device: str, dtype: str, progress: Callable[[int, int], None], checkpoint: Checkpoint
) -> Session:
    """Load the model in `folder`; see `engine.backends.torch.backend.load` for the arguments and errors."""
    backend = load_backend(folder, device, dtype, progress, checkpoint)
    try:
        return Session(backend, Tokenizer.load(folder, backend.spec), folder)
    except BaseException:
        backend.close()
        raise


class Session:
    """A loaded model that answers one request after the other, on the thread that loaded it."""

    def __init__(self, backend: Backend, tokenizer: Tokenizer, folder: Path) -> None:
        self._model = Model(backend, tokenizer)
        self._sight = Sight(backend, folder)

    @property
    def info(self) -> ModelInfo:
        """What was loaded."""
        return self._model.backend.info

    def close(self) -> None:
        """Give the memory back; the session is then of no more use."""
        self._sight.forget()
        self._model.backend.close()

    def generate(self, request: Generate, cancelled: Callable[[], bool]) -> Iterator[Event]:
        """The events of one request in order; the last one, and only that, is `Finished` or `Failed`.

        `cancelled` is asked before the template, between and inside pictures, at every chunk and layer of the prompt
        and at every token.
        """

        def checkpoint() -> None:
            if cancelled():
                raise Cancelled

        tally = Tally()
        last: Finished | Failed
        try:
            reason = yield from self._answer(request, tally, checkpoint)
            last = tally.finished(request.request_id, reason)
        except Cancelled:
            last = tally.finished(request.request_id, "cancelled")
        except Exception as error:  # noqa: BLE001 - the outermost boundary: a request ends in an event, come what may
            if isinstance(error, OutOfMemory | MemoryError):
                self._sight.forget()
            last = failure_of(request.request_id, error)
        yield last

    def _answer(self, request: Generate, tally: Tally, checkpoint: Checkpoint) -> Generator[Event, None, FinishReason]:
        checkpoint()
        thinking = request.thinking.enabled and not request.raw
        self._check(request, thinking)
        request, prompt, plain = self._prompts(request, thinking, tally, checkpoint)
        features = yield from self._look(request, prompt, tally, checkpoint)
        prefill = Prefill(self._model.backend, features, tally, checkpoint)
        decoder = Decoder(
            self._model,
            request,
            # Held by nothing but the decoder, which drops the state of an attempt that is void.
            *(yield from self._read(request, prompt, plain, prefill)),
            thinking=thinking,
            pictures=bool(features),
            tally=tally,
            checkpoint=checkpoint,
        )
        return (yield from decoder.events())

    def _check(self, request: Generate, thinking: bool) -> None:
        """Refuse numbers that can not be meant before any work is done."""
        if request.max_tokens < 1:
            raise Refusal("bad_request", "An answer needs at least 1 token. Raise the limit of the answer's length.")
        if request.thinking.budget < 0:
            raise Refusal("bad_request", "The budget for thinking is below 0. Set it to 0 or more.")
        resolve(request.sampling, self._model.backend.spec.tier, thinking, pictures=False)

    def _prompts(
        self, request: Generate, thinking: bool, tally: Tally, checkpoint: Checkpoint
    ) -> tuple[Generate, Prompt, Prompt]:
        """The request with budgets that fit, what the model reads, and what it would read without thinking.

        Raises:
            Refusal: that is too long for the memory.
        """
        spec, tokenizer = self._model.backend.spec, self._model.tokenizer
        grids = []
        for picture in pictures_in(request):
            checkpoint()
            with tally.spending("image"):
                grids.append(self._sight.grid(picture, request.image_budget))
        prompt = build_prompt(request, tokenizer, spec, grids, thinking)
        fit = ContextFit(request, self.info.context_limit, thinking, tokenizer, spec, self._sight)
        fitted = fit.fitted(prompt)
        tally.prompt, tally.image = len(prompt.tokens), sum(span.count for span in prompt.images)
        plain = build_prompt(request, tokenizer, spec, grids, False) if thinking else prompt
        return fitted, prompt, plain

    def _look(
        self, request: Generate, prompt: Prompt, tally: Tally, checkpoint: Checkpoint
    ) -> Generator[Event, None, Sequence[ImageFeatures]]:
        features = []
        pictures = pictures_in(request)
        for picture, span in zip(pictures, prompt.images, strict=True):
            checkpoint()
            yield ImageProgress(request.request_id, span.index + 1, len(pictures), span.count)
            with tally.spending("image"):
                features.append(self._sight.features(picture, request.image_budget, checkpoint))
        return features

    def _read(
        self, request: Generate, prompt: Prompt, plain: Prompt, prefill: Prefill
    ) -> Generator[Event, None, tuple[Reading, Callable[[], Reading] | None]]:
        """Read `prompt`, and keep a state at the place from where `plain` goes another way, to restart from."""
        total = len(prompt.tokens)
        yield PrefillProgress(request.request_id, 0, 0, total)
        room = total + request.max_tokens + (request.thinking.budget if request.thinking.enabled else 0)
        state = self._model.backend.new_state(min(room, self.info.context_limit))
        if request.sampling.greedy:
            return (yield from _report(request, total, prefill.read(state, prompt, 0, total))), None
        parting = common_prefix(prompt.tokens, plain.tokens)
        reading = yield from _report(request, total, prefill.read(state, prompt, 0, parting))
        kept = Reading(self._model.backend.copy_state(state), reading.logits, plain.next_position)
        if parting < total:
            reading = yield from _report(request, total, prefill.read(state, prompt, parting, total))
        return reading, lambda: [kept, *prefill.read(kept.state, plain, parting, len(plain.tokens))][-1]


def _report(request: Generate, total: int, readings: Iterator[Reading]) -> Generator[Event, None, Reading]:
    """Tell how far each chunk has got; the last of `readings`, of which there is at least one."""
    for reading in readings:
        yield PrefillProgress(request.request_id, 0, reading.state.length, total)
    return reading
