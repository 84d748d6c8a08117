"""From a request to its events, whatever back end is behind it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.backends.base import MOST_DRAFTS, Backend, Cancelled, Checkpoint, ImageFeatures, OutOfMemory
from engine.backends.factory import load_backend
from engine.computer_use import proposing, with_computer_use
from engine.decode import Decoder, Model
from engine.documents.answers.answering import answer_about, known_of
from engine.documents.answers.context import Ruler
from engine.documents.answers.sources import have_documents, open_index
from engine.draft_policy import DraftPolicy
from engine.failures import failure_of
from engine.fit_offers import ContextFit, Refusal
from engine.grounding import pointing
from engine.guide_plan import planning
from engine.prefill import Prefill, Reading, common_prefix
from engine.prefix import PrefixIndex, Snapshot, borders, identity_of, opening_of
from engine.prompt import Prompt, build_prompt, pictures_in
from engine.protocol import (
    DocumentRef,
    Event,
    Failed,
    Finished,
    FinishReason,
    Generate,
    Image,
    ImageProgress,
    LookAgain,
    ModelInfo,
    Part,
    PrefillProgress,
    Prepare,
)
from engine.sampling import resolve
from engine.second_look import SecondLook
from engine.sight import Sight
from engine.tally import Tally
from engine.tokenizer import Tokenizer
from engine.tool_loop import OwnTool, ToolLoop, offered
from engine.zoom_tool import ZoomTool

TURN, THINK = "<|im_start|>", "<think>"


def open_session(
    folder: Path,
    device: str,
    dtype: str,
    progress: Callable[[int, int], None],
    checkpoint: Checkpoint,
    backend: str = "auto",
) -> Session:
    """Load the model in `folder`; see `engine.backends.factory.load_backend` for the arguments and errors."""
    loaded = load_backend(folder, device, dtype, progress, checkpoint, backend)
    try:
        return Session(loaded, Tokenizer.load(folder, loaded.spec), folder)
    except BaseException:
        loaded.close()
        raise


class Session:
    """A loaded model that answers one request after the other, on the thread that loaded it."""

    def __init__(self, backend: Backend, tokenizer: Tokenizer, folder: Path) -> None:
        self._model = Model(backend, tokenizer, DraftPolicy(MOST_DRAFTS if backend.drafting else 0))
        self._sight = Sight(backend, folder)
        self._prefixes = PrefixIndex(backend.snapshot_bytes)

    @property
    def info(self) -> ModelInfo:
        """What was loaded."""
        return self._model.backend.info

    def close(self) -> None:
        """Give the memory back; the session is then of no more use."""
        self._forget()
        self._model.backend.close()

    def generate(self, request: Generate, cancelled: Callable[[], bool], since: float | None = None) -> Iterator[Event]:
        """The events of one request in order; the last one, and only that, is `Finished` or `Failed`.

        `cancelled` is asked before the template, between and inside pictures, at every chunk and layer of the prompt
        and at every token. The request came in at `since`, of `time.perf_counter`; None: now.
        """
        tally = Tally() if since is None else Tally(since)

        def work(checkpoint: Checkpoint) -> Generator[Event, None, FinishReason]:
            def plain(asked: Generate) -> Generator[Event, None, FinishReason]:
                return self._answer(asked, tally, checkpoint)

            answer = planning(request, plain) if request.task == "guide" else pointing(request, plain)
            tools = _own_tools(request)
            if not have_documents(request.messages):
                return ToolLoop(answer, tally, tools).events(request)
            self._check(request, request.thinking.enabled)
            return answer_about(request, answer, tally, tools, self._ruler(request), open_index)

        if request.task == "act":
            request = with_computer_use(request)
            return self._run(request.request_id, lambda checkpoint: proposing(work(checkpoint)), tally, cancelled)
        return self._run(request.request_id, work, tally, cancelled)

    def look_again(self, request: LookAgain, cancelled: Callable[[], bool]) -> Iterator[Event]:
        """Where the model sees a thing in a part of a picture. The events are one `Grounded`, if it is there, and the
        last one as those of `generate`. Nothing of it is kept for later requests."""
        tally = Tally()

        def work(checkpoint: Checkpoint) -> Generator[Event, None, FinishReason]:
            return SecondLook(request).events(lambda asked: self._answer(asked, tally, checkpoint, keep=False))

        return self._run(request.request_id, work, tally, cancelled)

    def prepare(self, request: Prepare, cancelled: Callable[[], bool]) -> Iterator[Event]:
        """Read what a `generate` with the same pictures and documents will begin with, so that it goes on from there.

        The events are as those of `generate`, without text. `Usage` counts what was to be read up to the end of the
        documents, or of the last picture where not all of them are read whole; nothing is, and there are no events but
        the last, when that message brings neither.
        """
        tally = Tally()
        return self._run(request.request_id, partial(self._read_ahead, request, tally), tally, cancelled)

    def _run(
        self,
        request_id: str,
        work: Callable[[Checkpoint], Generator[Event, None, FinishReason]],
        tally: Tally,
        cancelled: Callable[[], bool],
    ) -> Iterator[Event]:
        def checkpoint() -> None:
            if cancelled():
                raise Cancelled

        last: Finished | Failed
        try:
            reason = yield from work(checkpoint)
            last = tally.finished(request_id, reason)
        except Cancelled:
            last = tally.finished(request_id, "cancelled")
        except Exception as error:  # noqa: BLE001 - the outermost boundary: a request ends in an event, come what may
            if isinstance(error, OutOfMemory | MemoryError):
                self._forget()
            last = failure_of(request_id, error)
        yield last

    def _forget(self) -> None:
        """Give back what is only kept to be quicker."""
        self._sight.forget()
        self._prefixes.clear()

    def _answer(
        self, request: Generate, tally: Tally, checkpoint: Checkpoint, *, keep: bool = True
    ) -> Generator[Event, None, FinishReason]:
        checkpoint()
        thinking = request.thinking.enabled and not request.raw
        self._check(request, thinking)
        request, prompt, plain, identity = self._prompts(request, thinking, tally, checkpoint)
        known = self._prefixes.longest(identity)
        tally.cached = 0 if known is None else len(known.identity)
        features = yield from self._look(request, prompt, tally, checkpoint)
        prefill = Prefill(self._model.backend, features, tally, checkpoint)
        to_store = self._borders(prompt, raw=request.raw) if keep else ()
        decoder = Decoder(
            self._model,
            request,
            # Held by nothing but the decoder, which drops the state of an attempt that is void.
            *(yield from self._read(request, prompt, plain, identity, known, prefill, to_store)),
            thinking=thinking,
            pictures=bool(prompt.images),
            tally=tally,
            checkpoint=checkpoint,
        )
        return (yield from decoder.events())

    def _read_ahead(
        self, prepare: Prepare, tally: Tally, checkpoint: Checkpoint
    ) -> Generator[Event, None, FinishReason]:
        checkpoint()
        if not any(isinstance(part, Image | DocumentRef) for part in _last_parts(prepare)):
            return "prepared"
        request = self._question_after(prepare)
        if not _last_parts(request):
            return "prepared"
        _, prompt, _, identity = self._prompts(request, prepare.thinking.enabled, tally, checkpoint)
        known = self._prefixes.longest(identity)
        total = tally.prompt = prompt.opening or prompt.images[-1].border
        at = tally.cached = 0 if known is None else min(len(known.identity), total)
        prefill = Prefill(
            self._model.backend, (yield from self._look(request, prompt, tally, checkpoint)), tally, checkpoint
        )
        stops = [stop for stop in self._borders(prompt) if at < stop <= total]
        if not stops:
            return "prepared"
        backend = self._model.backend
        state = backend.new_state(total) if known is None else backend.copy_state(known.state, total)
        for reading in prefill.read(state, prompt, at, total, stops):
            for copy in reading.copies:
                self._prefixes.store(identity[: copy.length], copy)
            yield PrefillProgress(request.request_id, tally.cached, reading.state.length, total)
        return "prepared"

    def _check(self, request: Generate, thinking: bool) -> None:
        """Refuse numbers that can not be meant before any work is done."""
        if request.max_tokens < 1:
            raise Refusal("bad_request", "An answer needs at least 1 token. Raise the limit of the answer's length.")
        if request.thinking.budget < 0:
            raise Refusal("bad_request", "The budget for thinking is below 0. Set it to 0 or more.")
        resolve(request.sampling, self._model.backend.spec.tier, thinking, pictures=False)

    def _prompts(
        self, request: Generate, thinking: bool, tally: Tally, checkpoint: Checkpoint
    ) -> tuple[Generate, Prompt, Prompt, NDArray[np.int64]]:
        """The request with budgets that fit, what the model reads, what it would read without thinking, and what the
        first is known by.

        Raises:
            Refusal: that is too long for the memory.
        """
        spec, tokenizer = self._model.backend.spec, self._model.tokenizer
        grids = []
        for picture in pictures_in(request):
            checkpoint()
            with tally.spending("image"):
                grids.append(self._sight.grid(picture, request.image_budget))

        def build(asked: Generate) -> Prompt:
            return build_prompt(asked, tokenizer, spec, grids, thinking)

        prompt = build(request)
        prompt = replace(prompt, opening=opening_of(prompt, request, build))
        fit = ContextFit(request, self.info.context_limit, thinking, tokenizer, spec, self._sight)
        fitted = fit.fitted(prompt)
        tally.prompt, tally.images = len(prompt.tokens), tuple(span.count for span in prompt.images)
        plain = build_prompt(request, tokenizer, spec, grids, False) if thinking else prompt
        return fitted, prompt, plain, identity_of(prompt, pictures_in(request), grids)

    def _question_after(self, prepare: Prepare) -> Generate:
        """The question that `prepare` reads ahead for, as far as it is known."""
        question = Generate(
            prepare.request_id,
            prepare.messages,
            system=prepare.system,
            thinking=prepare.thinking,
            image_budget=prepare.image_budget,
            tools=prepare.tools,
            point=prepare.point,
        )
        tools = _own_tools(prepare)
        if have_documents(question.messages):
            return known_of(question, tools, self._ruler(question), open_index)
        return offered(question, tools)[0]

    def _ruler(self, request: Generate) -> Ruler:
        """How long a request is, with as much thinking as `request`."""
        spec, tokenizer = self._model.backend.spec, self._model.tokenizer
        thinking = request.thinking.enabled and not request.raw

        def length(asked: Generate) -> int:
            grids = [self._sight.grid(picture, asked.image_budget) for picture in pictures_in(asked)]
            return len(build_prompt(asked, tokenizer, spec, grids, thinking).tokens)

        def count(text: str) -> int:
            return len(tokenizer.encode(tokenizer.protect(text)))

        return Ruler(count, length, self.info.context_limit, sees=spec.vision is not None)

    def _look(
        self, request: Generate, prompt: Prompt, tally: Tally, checkpoint: Checkpoint
    ) -> Generator[Event, None, Mapping[int, ImageFeatures]]:
        """The pictures that were not read before, by their index."""
        features = {}
        pictures = pictures_in(request)
        for span in prompt.images:
            if span.at < tally.cached:
                continue
            checkpoint()
            yield ImageProgress(request.request_id, span.index + 1, len(pictures), span.count)
            with tally.spending("image"):
                features[span.index] = self._sight.features(pictures[span.index], request.image_budget, checkpoint)
        return features

    def _read(
        self,
        request: Generate,
        prompt: Prompt,
        plain: Prompt,
        identity: NDArray[np.int64],
        known: Snapshot | None,
        prefill: Prefill,
        to_store: tuple[int, ...],
    ) -> Generator[Event, None, tuple[Reading, Callable[[], Reading] | None]]:
        """Read what follows `known`, and keep states: for later requests at the borders `to_store`, and for a restart
        where `plain` goes another way."""
        backend = self._model.backend
        total, at = len(prompt.tokens), prefill.tally.cached
        yield PrefillProgress(request.request_id, at, at, total)
        room = total + request.max_tokens + (request.thinking.budget if request.thinking.enabled else 0)
        # What is guessed may be read beyond the end of the answer.
        room = min(room, self.info.context_limit) + MOST_DRAFTS
        state = backend.new_state(room) if known is None else backend.copy_state(known.state, room)
        # A greedy answer has no watchdog.
        parting = None if request.sampling.greedy else common_prefix(prompt.tokens, plain.tokens)
        kept = None
        for reading in prefill.read(state, prompt, at, total, {*to_store} if parting is None else {*to_store, parting}):
            for copy in reading.copies:
                if copy.length == parting:
                    # The logits count where both end here; elsewhere `plain` goes on.
                    kept = Reading(backend.copy_state(copy), reading.logits, plain.next_position)
                if copy.length in to_store:
                    self._prefixes.store(identity[: copy.length], copy)
            yield PrefillProgress(request.request_id, prefill.tally.cached, reading.state.length, total)
        restart = None if kept is None else partial(_last_reading, prefill, kept, plain)
        return replace(reading, copies=()), restart

    def _borders(self, prompt: Prompt, *, raw: bool = False) -> tuple[int, ...]:
        """Where to keep states of `prompt`; nowhere without memory for them."""
        tokenizer = self._model.tokenizer
        if not self._prefixes.keeps:
            return ()
        return borders(prompt, tokenizer.id_of(TURN), tokenizer.id_of(THINK), raw=raw)


def _own_tools(request: Generate | Prepare) -> tuple[OwnTool, ...]:
    return (ZoomTool(),) if request.zoom else ()


def _last_parts(request: Generate | Prepare) -> tuple[Part, ...]:
    return request.messages[-1].parts if request.messages else ()


def _last_reading(prefill: Prefill, kept: Reading, plain: Prompt) -> Reading:
    """Where the model stands after all of `plain`, of which `kept` has read the beginning."""
    return [kept, *prefill.read(kept.state, plain, kept.state.length, len(plain.tokens))][-1]
