"""Takes the tensors of a checkpoint in the form in which they are kept: in the working dtype, in float32, quantised."""

from __future__ import annotations

from dataclasses import dataclass

import mlx.core as mx

from engine.backends.mlx.layers import LayerNorm, Linear, RmsNorm
from engine.backends.mlx.quantize import BITS, Precision, Quantised, QuantisedLinear, bits_for, fits, form_of
from engine.backends.mlx.weights import WeightFiles
from engine.backends.published import DRAFTER
from engine.spec import ModelError


@dataclass(slots=True)
class Reader:
    """Takes tensors by their published names and shapes, whatever layout the files have. With a `precision` the large
    plain matrices are quantised. `weight_bytes` and `parameters` count what was taken.

    Every method raises `ModelError` for what is missing or has another shape, and `Cancelled` from the files'
    checkpoint.
    """

    files: WeightFiles
    dtype: mx.Dtype
    precision: Precision | None = None
    weight_bytes: int = 0
    parameters: int = 0
    _drafter_factors: bool | None = None

    def tensor(self, name: str, *shape: int) -> mx.array:
        """The tensor in the working dtype."""
        return self._plain(name, shape, self.dtype)

    def float32(self, name: str, *shape: int) -> mx.array:
        """The tensor in float32, whatever the working dtype."""
        return self._plain(name, shape, mx.float32)

    def linear(self, name: str, out: int, into: int, bias: bool = False) -> Linear | QuantisedLinear:
        """`name`.weight [out, into] and, with `bias`, `name`.bias [out]; packed if it is stored so."""
        matrix = self._stored(name, out, into)
        added = self.tensor(f"{name}.bias", out) if bias else None
        if matrix is not None:
            return QuantisedLinear(matrix, added)
        return Linear(self.tensor(f"{name}.weight", out, into), added)

    def projection(self, name: str, out: int, into: int) -> Linear | QuantisedLinear:
        """`name`.weight [out, into] as a layer, quantised where the reader does."""
        matrix = self.matrix(name, out, into)
        return QuantisedLinear(matrix) if isinstance(matrix, Quantised) else Linear(matrix)

    def matrix(self, name: str, out: int, into: int) -> mx.array | Quantised:
        """`name`.weight [out, into] as `projection` keeps it."""
        stored = self._stored(name, out, into)
        if stored is not None:
            return stored
        if self.precision is None or not fits((out, into)):
            return self.tensor(f"{name}.weight", out, into)
        weight = self.files.take(f"{name}.weight", (out, into), self.dtype)
        made = Quantised.of(weight, bits_for(name, BITS[self.precision]))
        return self._counted(made, out * into)

    def layer_norm(self, name: str, size: int) -> LayerNorm:
        """`name`.weight and `name`.bias, both [size]."""
        return LayerNorm(self.tensor(f"{name}.weight", size), self.tensor(f"{name}.bias", size))

    def zero_centred(self, name: str, size: int, eps: float) -> RmsNorm:
        """`name`.weight [size], published as the distance from one; conversions store the factor itself."""
        factor = self._are_factors(name)
        weight = self.float32(f"{name}.weight", size)
        return RmsNorm(weight if factor else 1.0 + weight, eps)

    def _plain(self, name: str, shape: tuple[int, ...], dtype: mx.Dtype) -> mx.array:
        stem = name.removesuffix(".weight")
        packed = self._packed(stem, *shape) if len(shape) == 2 and stem != name else None
        array = self.files.take(name, shape, dtype) if packed is None else packed.plain(dtype)
        self.weight_bytes += array.nbytes
        self.parameters += array.size
        return array

    def _stored(self, name: str, out: int, into: int) -> Quantised | None:
        packed = self._packed(name, out, into)
        return None if packed is None else self._counted(packed, out * into)

    def _packed(self, name: str, out: int, into: int) -> Quantised | None:
        """What a conversion has made of the matrix, or None where it left it as it was."""
        if f"{name}.scales" not in self.files:
            return None
        weight, scales = self.files.shape(f"{name}.weight"), self.files.shape(f"{name}.scales")
        affine = f"{name}.biases" in self.files
        form = form_of(into, weight, scales, affine)
        if form is None or len(weight) != 2 or weight[0] != out:
            raise ModelError(
                "model_damaged",
                f"{name} holds quantised weights of the shapes {weight} and {scales}, config.json says {(out, into)}. "
                "Fetch the model's files again.",
            )
        groups = (out, into // form[0])
        return Quantised(
            self.files.take(f"{name}.weight", weight, None),
            self.files.take(f"{name}.scales", groups, self.dtype if affine else None),
            self.files.take(f"{name}.biases", groups, self.dtype) if affine else None,
            *form,
        )

    def _counted(self, matrix: Quantised, numbers: int) -> Quantised:
        mx.eval(matrix.arrays)
        self.weight_bytes += sum(array.nbytes for array in matrix.arrays)
        self.parameters += numbers
        return matrix

    def _are_factors(self, name: str) -> bool:
        """Whether the norm is stored as the factor itself. Conversions keep the drafter in either form: what one of its
        norms is near tells which."""
        if not name.startswith(f"{DRAFTER}."):
            return self.files.converted
        if self._drafter_factors is None:
            norm = self.files.peek(f"{DRAFTER}.layers.0.input_layernorm.weight")
            self._drafter_factors = bool((norm.astype(mx.float32).mean() > 0.5).item())
        return self._drafter_factors
