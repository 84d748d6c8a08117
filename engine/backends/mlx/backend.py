"""The MLX back end: `engine.backends.base.Backend` on Apple chips, and on the processors of Linux."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.backends.base import Checkpoint, Chunk, DeviceLost, OutOfMemory, Patches, State
from engine.backends.mlx.cache import MlxState, Seen
from engine.backends.mlx.device import use_device
from engine.backends.mlx.load import expected_bytes, read_drafter, read_text
from engine.backends.mlx.mtp import Drafter
from engine.backends.mlx.precision import working
from engine.backends.mlx.reader import Reader
from engine.backends.mlx.text import TextModel
from engine.backends.mlx.vision import VisionTower, read_vision
from engine.backends.mlx.weights import WeightFiles
from engine.backends.parts import prefill_in_parts
from engine.backends.published import DRAFTER, VISION, needed
from engine.fit import context_limit, snapshot_budget
from engine.protocol import ModelInfo
from engine.spec import ModelError, ModelSpec, read_spec, variant_of

CHUNK = 512
"""Tokens: a longer chunk can keep the graphics side busy until Metal's watchdog ends the process."""


@dataclass(frozen=True, slots=True)
class MlxFeatures:
    """A picture after the tower: `rows` [tokens, hidden]."""

    rows: mx.array

    @property
    def tokens(self) -> int:
        """How many rows there are."""
        return self.rows.shape[0]

    @property
    def nbytes(self) -> int:
        """Bytes of the rows."""
        return self.rows.nbytes


class MlxBackend:
    """A loaded model. Use `load`; every method runs on the thread that loaded it. Whatever a method returns or leaves
    in a state is calculated: MLX would otherwise keep all that leads there."""

    chunk_size = CHUNK

    def __init__(
        self,
        spec: ModelSpec,
        info: ModelInfo,
        text: TextModel,
        vision: VisionTower | None,
        drafter: Drafter | None,
        snapshot_bytes: int,
    ) -> None:
        self.spec, self.info, self.snapshot_bytes = spec, info, snapshot_bytes
        self._text: TextModel | None = text
        self._vision, self._drafter = vision, drafter

    @property
    def drafting(self) -> MlxBackend | None:
        """Itself, if the checkpoint was published with a drafter."""
        return None if self._drafter is None else self

    def new_state(self, room: int = 0) -> MlxState:
        """An empty conversation with memory for `room` tokens."""
        text = self._loaded()
        with _memory_errors():
            state = MlxState.empty(text.spec, text.dtype, room, self._drafter is not None)
            mx.eval(state.arrays)
            return state

    def copy_state(self, state: State, room: int = 0) -> MlxState:
        """A state to go back to. What never changes in place is shared."""
        with _memory_errors():
            copy = _narrow(state).fork(room)
            mx.eval(copy.arrays)
            return copy

    def encode_image(self, patches: Patches, checkpoint: Checkpoint) -> MlxFeatures:
        """Run the vision tower. Raises `Cancelled`, `OutOfMemory`, or `ModelError` for a model without one."""
        if self._vision is None:
            raise ModelError("model_unsupported", f"{self.spec.name} can not see pictures. Choose another model.")
        with _memory_errors():
            pixels = mx.array(patches.pixels).astype(self._loaded().dtype)
            rows = self._vision.forward(pixels, patches.grid, checkpoint)
            mx.eval(rows)
            return MlxFeatures(rows)

    def prefill(self, state: State, chunk: Chunk, checkpoint: Checkpoint) -> NDArray[np.float32]:
        """Extend `state` by `chunk`; logits after its last token."""
        text, narrow = self._loaded(), _narrow(state)
        with _memory_errors():
            embedded = text.embed(mx.array(chunk.tokens))
            for placed in chunk.images:
                rows = placed.features
                assert isinstance(rows, MlxFeatures)
                embedded[placed.at : placed.at + placed.count] = rows.rows[placed.first : placed.first + placed.count]
            positions = mx.array(chunk.positions)
            checkpoint()
            hidden = text.forward(embedded, positions, narrow, checkpoint)
            if self._drafter is not None and narrow.draft is not None:
                self._drafter.follow(Seen(hidden, embedded, positions), narrow.draft)
                self._drafter.catch_up(narrow.draft)
            logits: NDArray[np.float32] = _calculated(text.logits(hidden[-1:]), narrow)[0]
            return logits

    def prefill_keeping(
        self, state: State, chunk: Chunk, marks: Sequence[int], checkpoint: Checkpoint
    ) -> tuple[NDArray[np.float32], tuple[State, ...]]:
        """`prefill` with copies on the way, part by part."""
        return prefill_in_parts(self, state, chunk, marks, checkpoint)

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
        with _memory_errors():
            return self._drafter.guess(text, narrow.draft, token, position, count)

    def verify(self, state: State, tokens: Sequence[int], position: int) -> NDArray[np.float32]:
        """Extend `state` by text tokens, of which `keep` can drop the last again; logits after each."""
        return self._write(_narrow(state), tokens, position, retraceable=True)

    def keep(self, state: State, count: int) -> None:
        """Drop all but the first `count` tokens of the last `verify`."""
        _narrow(state).keep(count)

    def _write(self, state: MlxState, tokens: Sequence[int], position: int, retraceable: bool) -> NDArray[np.float32]:
        text = self._loaded()
        with _memory_errors():
            embedded = text.embed(mx.array(list(tokens)))
            positions = mx.broadcast_to(mx.arange(position, position + len(tokens)), (3, len(tokens)))
            hidden = text.forward(embedded, positions, state, retraceable=retraceable)
            if self._drafter is not None and state.draft is not None:
                self._drafter.follow(Seen(hidden, embedded, positions), state.draft)
            return _calculated(text.logits(hidden), state)

    def close(self) -> None:
        """Drop the weights and give the memory back."""
        self._text = self._vision = self._drafter = None
        gc.collect()
        mx.clear_cache()

    def _loaded(self) -> TextModel:
        if self._text is None:
            raise RuntimeError("the model was closed")
        return self._text


def load(
    folder: Path, device: str, dtype: str, progress: Callable[[int, int], None], checkpoint: Checkpoint
) -> MlxBackend:
    """Load a folder in the published layout, or a conversion of it for MLX with or without quantised weights.

    `device` is ``auto``, ``mps`` or ``cpu``; `dtype` is ``auto`` (the checkpoint's own), float32, bfloat16, float16,
    int8 or int4 (weights are then quantised while they are read). `progress` gets bytes done and in all.

    Raises:
        ModelError: the folder can not be used, or does not fit the device's memory.
        Cancelled: from the checkpoint.
    """
    spec = read_spec(folder, conversions=True)
    if spec.form in ("int8", "int4"):
        raise ModelError(
            "model_unsupported",
            f"{spec.name} was converted for PyTorch. On a Mac, use the published model or a conversion of it for MLX.",
        )
    chosen = use_device(device)
    files = WeightFiles(folder, needed(spec), progress, checkpoint)
    spec = _as_stored(spec, files)
    run = working(spec, dtype, files)
    expected = expected_bytes(files, run.dtype, run.precision)
    limit = context_limit(spec, expected, run.dtype.size, chosen.memory_free)
    reader = Reader(files, run.dtype, run.precision)
    with _load_memory_errors(spec):
        text = read_text(reader, spec)
        drafter = read_drafter(reader, spec.text) if spec.text.mtp_layers else None
        vision = read_vision(reader, spec.vision) if spec.vision else None
    files.close()
    info = ModelInfo(
        name=spec.name,
        tier=spec.tier,
        backend="MLX",
        device=chosen.kind,
        dtype=run.name,
        parameters=reader.parameters,
        weight_bytes=reader.weight_bytes,
        context_limit=limit,
        sees=vision is not None,
        variant=variant_of(folder),
    )
    return MlxBackend(spec, info, text, vision, drafter, snapshot_budget(spec, expected, chosen.memory_free))


def _as_stored(spec: ModelSpec, files: WeightFiles) -> ModelSpec:
    """Without what the files do not have: not every checkpoint brings its drafter, nor every conversion the tower."""
    names = tuple(files.shapes)
    if not any(name.startswith(f"{DRAFTER}.") for name in names):
        spec = replace(spec, text=replace(spec.text, mtp_layers=0))
    if files.converted and not any(name.startswith(f"{VISION}.") for name in names):
        spec = replace(spec, vision=None)
    return spec


def _narrow(state: State) -> MlxState:
    """A state always goes back to the back end that made it."""
    assert isinstance(state, MlxState)
    return state


def _calculated(logits: mx.array, state: MlxState) -> NDArray[np.float32]:
    """`logits`, with all of `state` calculated too."""
    mx.eval(logits, state.arrays)
    return np.array(logits)


@contextmanager
def _memory_errors() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        # MLX has no error classes of its own.
        text = str(error).lower()
        if "allocat" in text or "insufficient memory" in text or "outofmemory" in text:
            raise OutOfMemory(_OUT_OF_MEMORY) from error
        if "[metal]" in text:
            raise DeviceLost(_DEVICE_LOST) from error
        raise


@contextmanager
def _load_memory_errors(spec: ModelSpec) -> Iterator[None]:
    try:
        with _memory_errors():
            yield
    except (OutOfMemory, MemoryError) as error:
        raise ModelError(
            "out_of_memory", f"The memory does not hold {spec.name}. Close other programs, or choose a smaller model."
        ) from error


_DEVICE_LOST = "The graphics chip stopped working while the model ran. Ask again; if it comes back, use the processor."
_OUT_OF_MEMORY = (
    "There is not enough memory for this. Ask with less detail, begin a new question, or choose a smaller model."
)
