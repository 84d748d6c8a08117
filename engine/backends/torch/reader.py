"""Takes the tensors of a checkpoint in the form in which they are kept: as stored, converted, packed or quantised."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

import torch
from torch import Tensor

from engine.backends.published import is_sensitive
from engine.backends.torch.cuda_quantize import cuda_quantised, cuda_stored
from engine.backends.torch.int4 import GROUP
from engine.backends.torch.int8 import Int8Weight
from engine.backends.torch.layers import Int8Table, LayerNorm, Linear, PlainTable, Projection, Table, ZeroCentredNorm
from engine.backends.torch.quantize import (
    FOUR_BITS,
    Form,
    FormedLinear,
    Precision,
    Rounded,
    best_int8,
    formed,
    stored,
)
from engine.backends.torch.stored import LAYERS, PROJECTIONS, TABLES, takes_4_bits
from engine.backends.torch.weights import WeightFiles


@dataclass(slots=True)
class Reader:
    """Takes tensors in the working dtype, in float32 where the maths wants it, or in `form`. `weight_bytes` counts what
    was taken, as it lies on the device. `pool` makes the forms of several weights at once."""

    files: WeightFiles
    dtype: torch.dtype
    device: torch.device
    form: Form | None
    pool: Executor
    weight_bytes: int = 0
    _begun: dict[str, Future[FormedLinear]] = field(default_factory=dict)

    def tensor(self, name: str, *shape: int) -> Tensor:
        """The tensor in the working dtype."""
        return self._take(name, shape, self.dtype)

    def float32(self, name: str, *shape: int) -> Tensor:
        """The tensor in float32, whatever the working dtype."""
        return self._take(name, shape, torch.float32)

    def linear(self, name: str, out: int, into: int, bias: bool = False) -> Linear:
        """`name`.weight [out, into] and, with `bias`, `name`.bias [out]."""
        weight = self.tensor(f"{name}.weight", out, into)
        return Linear(weight, self.tensor(f"{name}.bias", out) if bias else None)

    def begin(self, prefix: str) -> None:
        """Start to make what `projection` will ask for below `prefix`, where the processor's cores do it."""
        if self.form is None or self.device.type != "cpu":
            return
        for name in self.files.numbers:
            if not (name.startswith(prefix) and name.endswith(PROJECTIONS)):
                continue
            rounded = name in self.files.rounded
            weight = self.files.peek_rounded(name) if rounded else self.files.peek(name, self.dtype)
            if not isinstance(weight, Tensor) or weight.ndim == 2:
                self._begun[name] = self.pool.submit(self._formed, name, weight)

    def projection(self, name: str, out: int, into: int) -> Projection:
        """`name`.weight [out, in] as a layer of the form."""
        if self.form is None:
            return self.linear(name, out, into)
        rounded = f"{name}.weight" in self.files.rounded
        take = self.files.take_rounded if rounded else self._view
        weight = take(f"{name}.weight", (out, into))
        begun = self._begun.pop(f"{name}.weight", None)
        layer = self._formed(f"{name}.weight", weight) if begun is None else begun.result()
        self.weight_bytes += layer.nbytes
        return layer

    def layer_norm(self, name: str, size: int) -> LayerNorm:
        """`name`.weight and `name`.bias, both [size]."""
        return LayerNorm(self.tensor(f"{name}.weight", size), self.tensor(f"{name}.bias", size))

    def zero_centred(self, name: str, size: int, eps: float) -> ZeroCentredNorm:
        """`name`.weight [size], stored as the distance from one."""
        return ZeroCentredNorm(1.0 + self.float32(f"{name}.weight", size), eps)

    def table(self, name: str, rows: int, width: int) -> Table:
        """The tensor [rows, width] in the processor's memory, where the file is mapped; not counted, for only some of
        its rows are ever read."""
        if name not in self.files.rounded:
            return PlainTable(self.files.take(name, (rows, width), self.dtype, torch.device("cpu")))
        rounded = self.files.take_rounded(name, (rows, width))
        assert isinstance(rounded, Int8Weight)
        return Int8Table(rounded.values, rounded.scale, self.dtype)

    def let_go(self) -> None:
        """Unmap what was made into another form."""
        if self.form is not None:
            self.files.let_go()

    def _view(self, name: str, shape: tuple[int, int]) -> Tensor:
        """The tensor in the working dtype, not counted: it is not kept."""
        return self.files.take(name, shape, self.dtype, self.device)

    def _formed(self, name: str, weight: Tensor | Rounded) -> FormedLinear:
        form = self.form
        assert form is not None
        if not isinstance(weight, Tensor):
            return cuda_stored(weight, self.device) if self.device.type == "cuda" else stored(weight, self.dtype)
        fits = takes_4_bits(name, tuple(weight.shape))
        if self.device.type == "cuda":
            return cuda_quantised(weight, form if fits else "int8")
        return formed(weight, best_int8() if form in FOUR_BITS and not fits else form)

    def _take(self, name: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        tensor = self.files.take(name, shape, dtype, self.device)
        if self.form is not None and name.startswith(LAYERS):
            # A view would keep all of the file mapped that has been read.
            tensor = tensor.clone()
        self.weight_bytes += tensor.nbytes
        return tensor


def expected_bytes(files: WeightFiles, precision: Precision | None, dtype: torch.dtype) -> int:
    """Bytes that the weights will take in memory, before any is read."""
    return sum(
        int(count * _width(name, files.rounded.get(name, precision), dtype)) for name, count in files.numbers.items()
    )


def _width(name: str, precision: Precision | None, dtype: torch.dtype) -> float:
    """Bytes of a number of the tensor `name`."""
    if precision is None:
        return dtype.itemsize
    if name in TABLES:
        # The head; a table that is none stays in the file, and this is then an overestimate.
        return 1
    if not (name.startswith(LAYERS) and name.endswith(PROJECTIONS)):
        return dtype.itemsize
    return 1 if precision == "int8" or is_sensitive(name) else 0.5 + 2 * dtype.itemsize / GROUP
