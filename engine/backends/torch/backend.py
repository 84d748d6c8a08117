"""The PyTorch back end: `engine.backends.base.Backend` on a processor or a graphics card."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.backends.base import Checkpoint, Chunk, DeviceLost, OutOfMemory, Patches, State
from engine.backends.published import needed
from engine.backends.torch.allocator import large_blocks_apart
from engine.backends.torch.cache import Seen, TorchState
from engine.backends.torch.graph import StaticSteps
from engine.backends.torch.load import has_drafter, read_drafter, read_text, read_vision
from engine.backends.torch.mtp import Drafter
from engine.backends.torch.precision import PRECISIONS, working
from engine.backends.torch.quantize import form_for
from engine.backends.torch.reader import Reader, expected_bytes
from engine.backends.torch.stored import check_scheme
from engine.backends.torch.text import TextModel
from engine.backends.torch.vision import VisionTower
from engine.backends.torch.weights import WeightFiles
from engine.devices import physical_cores, pick_device
from engine.fit import context_limit, snapshot_budget
from engine.protocol import ModelInfo
from engine.spec import ModelError, ModelSpec, read_spec, variant_of


@dataclass(frozen=True, slots=True)
class TorchFeatures:
    """A picture after the tower: `rows` [tokens, hidden]."""

    rows: Tensor

    @property
    def tokens(self) -> int:
        """How many rows there are."""
        return self.rows.shape[0]

    @property
    def nbytes(self) -> int:
        """Bytes of the rows."""
        return self.rows.nbytes


class TorchBackend:
    """A loaded model. Use `load`; every method runs on the thread that loaded it."""

    def __init__(
        self,
        spec: ModelSpec,
        info: ModelInfo,
        text: TextModel,
        vision: VisionTower | None,
        drafter: Drafter | None,
        device: torch.device,
        snapshot_bytes: int,
    ) -> None:
        self.spec, self.info, self.snapshot_bytes = spec, info, snapshot_bytes
        self._text: TextModel | None = text
        self._vision = vision
        self._drafter = drafter
        self._device = device
        self._steps: StaticSteps | None = None
        if device.type == "cuda":
            self._steps = StaticSteps(text, device, info.context_limit, drafter is not None)

    @property
    def chunk_size(self) -> int:
        """512 rows already fill the processor's matrix unit; a graphics card wants more at once."""
        return 512 if self._device.type == "cpu" else 2048

    @property
    def drafting(self) -> TorchBackend | None:
        """Itself, if the checkpoint was published with a drafter."""
        return None if self._drafter is None else self

    def new_state(self, room: int = 0) -> TorchState:
        """An empty conversation with memory for `room` tokens."""
        text = self._loaded()
        if self._steps is not None:
            self._steps.rest()
        with _memory_errors():
            return TorchState.empty(text.spec, text.embedding.dtype, self._device, room, self._drafter is not None)

    def copy_state(self, state: State, room: int = 0) -> TorchState:
        """A state to go back to; its KV cache is shared until one of the two writes."""
        with _memory_errors():
            return self._released(state).fork(room)

    def encode_image(self, patches: Patches, checkpoint: Checkpoint) -> TorchFeatures:
        """Run the vision tower. Raises `Cancelled`, `OutOfMemory`, or `ModelError` for a model without one."""
        if self._vision is None:
            raise ModelError("model_unsupported", f"{self.spec.name} can not see pictures. Choose another model.")
        with torch.inference_mode(), _memory_errors():
            pixels = torch.from_numpy(patches.pixels).to(self._device, self._vision.positions.dtype)
            return TorchFeatures(self._vision.forward(pixels, patches.grid, checkpoint))

    def prefill(self, state: State, chunk: Chunk, checkpoint: Checkpoint) -> NDArray[np.float32]:
        """Extend `state` by `chunk`; logits after its last token."""
        return self.prefill_keeping(state, chunk, (), checkpoint)[0]

    def prefill_keeping(
        self, state: State, chunk: Chunk, marks: Sequence[int], checkpoint: Checkpoint
    ) -> tuple[NDArray[np.float32], tuple[TorchState, ...]]:
        """`prefill` with copies on the way, in one pass: only the delta rule stops at a mark."""
        text = self._loaded()
        with torch.inference_mode(), _memory_errors():
            narrow = self._released(state)
            embedded = text.embed(torch.from_numpy(chunk.tokens))
            for placed in chunk.images:
                rows = placed.features
                assert isinstance(rows, TorchFeatures)
                embedded[placed.at : placed.at + placed.count] = rows.rows[placed.first : placed.first + placed.count]
            positions = torch.from_numpy(chunk.positions).to(self._device)
            before, on_the_way = narrow.length, [mark for mark in marks if mark < len(chunk.tokens)]
            hidden = text.forward(embedded, positions, narrow, checkpoint, marks=on_the_way)
            copies = narrow.take_marked([before + mark for mark in on_the_way])
            if self._drafter is not None and narrow.draft is not None:
                seen = Seen(hidden, embedded, positions)
                self._drafter.follow(seen, narrow.draft)
                self._drafter.catch_up(narrow.draft)
                for copy, mark in zip(copies, on_the_way, strict=True):
                    copy.draft = self._drafter.fork_at(seen, mark, narrow.draft)
            if len(on_the_way) < len(marks):
                copies = (*copies, narrow.fork())
            return _to_numpy(text.logits(hidden[-1:])[0]), copies

    def step(self, state: State, token: int, position: int) -> NDArray[np.float32]:
        """Extend `state` by one text token; logits after it."""
        logits: NDArray[np.float32] = self._write(_narrow(state), (token,), position, retraceable=False)[0]
        return logits

    def draft(self, state: State, token: int, position: int, count: int) -> tuple[int, ...]:
        """What the checkpoint's drafter guesses behind `token`."""
        text, narrow = self._loaded(), _narrow(state)
        assert self._drafter is not None
        assert narrow.draft is not None
        # The drafter reads on, so nothing of the last tokens can be dropped any more.
        narrow.retraceable = 0
        with torch.inference_mode(), _memory_errors():
            return self._drafter.guess(text, narrow.draft, token, position, count)

    def verify(self, state: State, tokens: Sequence[int], position: int) -> NDArray[np.float32]:
        """Extend `state` by text tokens, of which `keep` can drop the last again; logits after each."""
        return self._write(_narrow(state), tokens, position, retraceable=True)

    def keep(self, state: State, count: int) -> None:
        """Drop all but the first `count` tokens of the last `verify`."""
        with torch.inference_mode():
            _narrow(state).keep(count)

    def _write(self, state: TorchState, tokens: Sequence[int], position: int, retraceable: bool) -> NDArray[np.float32]:
        text = self._loaded()
        with torch.inference_mode(), _memory_errors():
            embedded = text.embed(torch.tensor(tokens)).to(text.written_dtype)
            positions = torch.arange(position, position + len(tokens), device=self._device).expand(3, -1)
            results = None if self._steps is None else self._steps.run(state, embedded, positions, retraceable)
            if results is None:
                hidden = text.forward(embedded, positions, state, _never, retraceable)
                results = hidden, text.logits(hidden)
            hidden, logits = results
            if self._drafter is not None and state.draft is not None:
                self._drafter.follow(Seen(hidden, embedded, positions), state.draft)
            return _to_numpy(logits)

    def _released(self, state: State) -> TorchState:
        """`state` in memory of its own, which the steps may have moved elsewhere."""
        narrow = _narrow(state)
        if self._steps is not None:
            self._steps.release(narrow)
        return narrow

    def close(self) -> None:
        """Drop the weights and give the memory back."""
        self._text = self._vision = self._drafter = self._steps = None
        gc.collect()
        if self._device.type != "cpu":
            torch.accelerator.empty_cache()

    def _loaded(self) -> TextModel:
        if self._text is None:
            raise RuntimeError("the model was closed")
        return self._text


def load(
    folder: Path, device: str, dtype: str, progress: Callable[[int, int], None], checkpoint: Checkpoint
) -> TorchBackend:
    """Load a published-layout folder.

    `device` is ``auto`` or a name of `engine.devices`; `dtype` is ``auto`` (the checkpoint's own), float32, bfloat16,
    float16, int8 or int4 (published weights are then quantised while they are read). `progress` gets bytes done and in
    all.

    Raises:
        ModelError: the folder can not be used, or does not fit the device's memory.
        Cancelled: from the checkpoint.
    """
    spec = read_spec(folder)
    chosen = pick_device(device)
    place = torch.device(chosen.kind)
    if place.type == "cpu":
        torch.set_num_threads(physical_cores())
    run = working(spec, dtype, place)
    check_scheme(folder, spec)
    with (
        WeightFiles(folder, needed(spec), progress, checkpoint, spec.form in PRECISIONS) as files,
        torch.inference_mode(),
        _load_memory_errors(spec),
        large_blocks_apart(),
        ThreadPoolExecutor(physical_cores(), "weights") as pool,
    ):
        drafts = has_drafter(files)
        if not drafts:
            spec = replace(spec, text=replace(spec.text, mtp_layers=0))
        expected = expected_bytes(files, run.precision, run.dtype)
        limit = context_limit(spec, expected, run.dtype.itemsize, chosen.memory_free)
        reader = Reader(files, run.dtype, place, form_for(run.precision, run.dtype, place), pool)
        text = read_text(reader, spec)
        drafter = read_drafter(reader, spec.text) if drafts else None
        vision = read_vision(reader, spec.vision) if spec.vision else None
    info = ModelInfo(
        name=spec.name,
        tier=spec.tier,
        backend="PyTorch",
        device=chosen.kind,
        dtype=run.name,
        parameters=sum(files.numbers.values()),
        weight_bytes=reader.weight_bytes,
        context_limit=limit,
        sees=vision is not None,
        variant=variant_of(folder),
    )
    return TorchBackend(spec, info, text, vision, drafter, place, snapshot_budget(spec, expected, chosen.memory_free))


def _narrow(state: State) -> TorchState:
    """A state always goes back to the back end that made it."""
    assert isinstance(state, TorchState)
    return state


def _to_numpy(logits: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = logits.cpu().numpy()
    return array


def _never() -> None:
    """A few tokens are over before anyone could stop them."""


@contextmanager
def _memory_errors() -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise OutOfMemory(_OUT_OF_MEMORY) from error
    except torch.AcceleratorError as error:
        raise DeviceLost(_DEVICE_LOST) from error
    except RuntimeError as error:
        # The processor's allocator, MPS and the matrix library of CUDA have no error class of their own.
        text = str(error)
        if ("memory" in text and "allocat" in text) or "STATUS_ALLOC_FAILED" in text:
            raise OutOfMemory(_OUT_OF_MEMORY) from error
        raise


@contextmanager
def _load_memory_errors(spec: ModelSpec) -> Iterator[None]:
    try:
        with _memory_errors():
            yield
    except OutOfMemory as error:
        raise ModelError(
            "out_of_memory", f"The memory does not hold {spec.name}. Close other programs, or choose a smaller model."
        ) from error


_DEVICE_LOST = "The graphics card stopped working while the model ran. Ask again; if it comes back, use the processor."
_OUT_OF_MEMORY = (
    "There is not enough memory for this. Ask with less detail, begin a new question, or choose a smaller model."
)
