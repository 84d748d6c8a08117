"""Quantised layers: each fast form against plain arithmetic on the same numbers, and a whole model within its error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from engine.backends.base import Chunk
from engine.backends.torch import int4, int4_dynamic, int8, packed, quantize
from engine.backends.torch.backend import TorchBackend, load
from engine.backends.torch.int4 import Int4Linear
from engine.backends.torch.int4_dynamic import Int4DynamicLinear
from engine.backends.torch.int8 import Int8Linear, Int8WeightLinear, Rows
from engine.backends.torch.layers import Linear
from engine.backends.torch.packed import PackedLinear
from engine.backends.torch.quantize import Form, form_for, formed, together
from tests.checkpoints import make_tiny

ROWS = [1, 2, 3, 4, 5, 64, 65, 200]


def weight(out: int = 192, into: int = 128, seed: int = 0) -> Tensor:
    """Channels of very different size, one of them all zeros."""
    made = torch.randn((out, into), generator=torch.Generator().manual_seed(seed))
    made *= torch.logspace(-4, 1, out)[:, None]
    made[5] = 0.0
    return made


def activations(rows: int, into: int = 128, dtype: torch.dtype = torch.bfloat16) -> Tensor:
    """Rows of very different size, the first of them all zeros where there are several."""
    made = torch.randn((rows, into), generator=torch.Generator().manual_seed(rows))
    made *= torch.logspace(-3, 3, rows)[:, None]
    if rows > 1:
        made[0] = 0.0
    return made.to(dtype)


def error(got: Tensor, wanted: Tensor) -> float:
    """The distance over the size."""
    return float((got.double() - wanted.double()).norm() / wanted.double().norm())


@pytest.fixture
def fresh() -> Iterator[None]:
    """What was found out about this machine is found out again, before and after."""
    found = (
        int8.activation_reach,
        int8.integer_products_are_fast,
        int4._int4_layout_is_known,
        packed.packing_pays,
        int4_dynamic.dynamic_4_bits_are_fast,
    )
    for cached in found:
        cached.cache_clear()
    yield
    for cached in found:
        cached.cache_clear()


def test_8_bits_round_every_channel_to_its_own_scale() -> None:
    original = weight()
    values, scale = int8.round_int8(original)
    assert values.dtype == torch.int8
    assert ((values.float() * scale[:, None] - original).abs() <= scale[:, None] / 2 * 1.001).all()
    assert (values.abs().amax(dim=1)[torch.arange(192) != 5] == 127).all()
    assert (values[5] == 0).all()


@pytest.mark.parametrize("reach", [127, 63])
@pytest.mark.parametrize("rows", ROWS)
def test_whole_numbers_multiply_exactly(rows: int, reach: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(int8, "activation_reach", lambda: reach)
    layer, x = Int8Linear.of(weight()), activations(rows)
    values, scale = int8.round_int8(weight())
    rounded = Rows.of(x)
    # Rounded on top of the zero point: a number between two may go the other way.
    whole = (rounded.values + (reach + 1)).round() - (reach + 1)
    assert whole.abs().max() <= reach
    exact = whole.double() @ values.double().t() * scale
    if rounded.parts == 2:
        exact = exact[:rows] + exact[rows:] / (2 * reach)
    exact *= rounded.scale
    assert torch.allclose(layer.product(rounded, torch.float32).double(), exact, rtol=1e-5, atol=1e-12)
    assert layer(x).dtype == x.dtype
    assert error(layer(x), functional.linear(x.double(), weight().double())) < (0.02 if reach == 127 else 0.03)


@pytest.mark.parametrize("rows", [1, int8.FEW_ROWS])
def test_a_few_rows_lose_nothing_but_the_weights_digits(rows: int) -> None:
    """One number that is a hundred times the others would else take two digits from all of them."""
    x = activations(rows, dtype=torch.float32)
    x[-1, 7] = 100 * x[-1].abs().max()
    plain = Int8WeightLinear.of(weight())(x)
    assert error(Int8Linear.of(weight())(x)[-1], plain[-1]) < 2e-4


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("rows", ROWS)
def test_8_bit_weights_alone_stay_closer(rows: int, dtype: torch.dtype) -> None:
    layer, x = Int8WeightLinear.of(weight()), activations(rows, dtype=dtype)
    values, scale = int8.round_int8(weight())
    plain = functional.linear(x.double(), values.double() * scale[:, None])
    assert layer(x).dtype == dtype
    assert error(layer(x), plain) < (0.01 if dtype == torch.bfloat16 else 1e-5)


def test_4_bits_come_back_as_they_were_packed() -> None:
    numbers, scales = int4.round_int4(weight())
    assert numbers.min() >= 0
    assert numbers.max() <= 15

    def restored(scales: Tensor) -> Tensor:
        grouped = (numbers.view(192, -1, int4.GROUP).float() - 8) * scales[..., 0].t()[..., None]
        return (grouped + scales[..., 1].t()[..., None]).view(192, 128)

    steps = scales[..., 0].t().repeat_interleave(int4.GROUP, dim=1)
    assert ((restored(scales) - weight()).abs() <= steps / 2 * 1.01 + 1e-6).all()
    layer = Int4Linear.of(weight())
    if layer.known:
        assert torch.equal(int4.unpack_int4(layer.packed).t().int(), numbers)
        # Scales and offsets have 16 bits, whatever is calculated in.
        assert torch.allclose(layer.widen(0, 192).t(), restored(scales.bfloat16().float()), atol=1e-5)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("rows", ROWS)
def test_4_bits_are_the_same_for_few_rows_and_many(rows: int, known: bool) -> None:
    layer, x = Int4Linear.of(weight().bfloat16()), activations(rows)
    numbers, scales = int4.round_int4(weight().bfloat16())
    wide = (numbers.view(192, -1, int4.GROUP).double() - 8) * scales[..., 0].t()[..., None].bfloat16()
    plain = functional.linear(x.double(), (wide + scales[..., 1].t()[..., None].bfloat16()).view(192, 128))
    other = Int4Linear(layer.packed, layer.scales, known and layer.known)
    assert other(x).dtype == x.dtype
    assert error(other(x), plain) < 0.01


@pytest.mark.parametrize("rows", ROWS)
def test_4_bits_of_arm_processors_are_the_rounded_weights(rows: int) -> None:
    layer, x = Int4DynamicLinear.of(weight().bfloat16()), activations(rows)
    numbers, scales = int4_dynamic.round_symmetric(weight().bfloat16())
    assert numbers.min() >= 0
    assert numbers.max() <= 15
    plain = (numbers.double() - 8) * scales.double().repeat_interleave(int4_dynamic.GROUP, dim=1)
    steps = scales.repeat_interleave(int4_dynamic.GROUP, dim=1)
    # 8 bits of the scale: the largest number may lie one step and a little from the weight.
    assert ((plain - weight().bfloat16()).abs() <= steps * 0.54 + 1e-6).all()
    assert layer(x).dtype == x.dtype
    assert error(layer(x), functional.linear(x.double(), plain)) < 0.02


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(("seconds", "form"), [((1.0, 2.0, 1.0, 2.0), "int4-dynamic"), ((1.0, 2.0, 3.0, 2.0), "int4")])
def test_4_bits_take_the_operator_that_is_faster_for_one_row_and_for_many(
    seconds: tuple[float, ...], form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = iter(seconds)
    monkeypatch.setattr(int4_dynamic, "shortest", lambda work: next(told))
    assert form_for("int4", torch.bfloat16, torch.device("cpu")) == form


def test_several_layers_share_the_rounding_of_their_input() -> None:
    x = activations(9)
    forms: tuple[Form, ...] = ("int8", "int8-weights")
    for form in forms:
        first, second = formed(weight(seed=1), form), formed(weight(seed=2), form)
        assert all(torch.equal(a, b) for a, b in zip(together(x, first, second), (first(x), second(x)), strict=True))
    mixed = together(x.float(), Linear(weight(seed=1)), formed(weight(seed=2), "int8"))
    assert torch.equal(mixed[0], functional.linear(x.float(), weight(seed=1)))


@pytest.mark.usefixtures("fresh")
def test_without_a_fast_operator_the_activations_stay_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(made_of: Tensor) -> Int8Linear:
        raise RuntimeError("could not create a primitive descriptor")

    monkeypatch.setattr(Int8Linear, "of", missing)
    assert quantize.best_int8() == "int8-weights"


@pytest.mark.usefixtures("fresh")
def test_a_slow_reference_operator_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter((1.0, 0.01))
    monkeypatch.setattr(int8, "shortest", lambda work: next(seconds))
    assert quantize.best_int8() == "int8-weights"


@pytest.mark.usefixtures("fresh")
def test_a_processor_whose_sums_overflow_gets_shorter_activations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"architecture": "x86_64", "avx512_vnni": False})
    assert int8.activation_reach() == 63


@pytest.mark.parametrize("rows", ROWS)
def test_packed_weights_are_the_same_weights(rows: int) -> None:
    layer, x = PackedLinear.of(weight().bfloat16()), activations(rows)
    assert layer(x).shape == (rows, 192)
    assert error(layer(x), functional.linear(x.double(), weight().bfloat16().double())) < 0.005


@pytest.mark.usefixtures("fresh")
def test_weights_are_packed_only_where_that_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    seconds = iter((1.0, 3.0))
    monkeypatch.setattr(packed, "shortest", lambda work: next(seconds))
    assert form_for(None, torch.bfloat16, cpu) == "packed"
    assert form_for(None, torch.float32, cpu) is None
    assert form_for(None, torch.bfloat16, torch.device("cuda")) is None
    packed.packing_pays.cache_clear()
    monkeypatch.setattr(packed, "shortest", lambda work: 1.0)
    assert form_for(None, torch.bfloat16, cpu) is None


# --- A whole model --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("9b") / "model", "9B", dtype="bfloat16")


def open_(folder: Path, dtype: str) -> TorchBackend:
    return load(folder, "cpu", dtype, lambda done, total: None, lambda: None)


def read(model: TorchBackend, step: int = 50) -> list[np.ndarray]:
    """The logits after each part of the same 50 tokens."""
    tokens, state = np.arange(50) * 7 % 250, model.new_state()
    return [
        model.prefill(
            state, Chunk(tokens[at : at + step], np.tile(np.arange(at, min(at + step, 50)), (3, 1))), lambda: None
        )
        for at in range(0, 50, step)
    ]


@pytest.mark.parametrize(("precision", "most"), [("int8", 0.35), ("int4", 1.1)])
def test_a_quantised_model_stays_near_the_original(folder: Path, precision: str, most: float) -> None:
    """Random weights pass errors on in full; the bounds are what two times the seen error is."""
    plain, model = open_(folder, "float32"), open_(folder, precision)
    assert error(torch.from_numpy(read(model)[-1]), torch.from_numpy(read(plain)[-1])) < most
    assert model.info.dtype == precision
    assert model.info.weight_bytes < plain.info.weight_bytes / (2.2 if precision == "int8" else 2.6)


@pytest.mark.parametrize("precision", ["int8", "int4"])
def test_a_quantised_model_reads_the_same_in_parts(folder: Path, precision: str) -> None:
    """Token by token the activations are rounded more finely than in a long chunk."""
    model = open_(folder, precision)
    whole = torch.from_numpy(read(model)[-1])
    assert error(torch.from_numpy(read(model, step=13)[-1]), whole) < 0.15
    assert error(torch.from_numpy(read(model, step=1)[-1]), whole) < 0.35


@pytest.mark.parametrize("precision", ["int8", "int4"])
@pytest.mark.parametrize("tier", ["0.8B", "4B"])
def test_tied_heads_and_odd_sizes_load(tmp_path: Path, tier: str, precision: str) -> None:
    told: list[tuple[int, int]] = []
    folder = make_tiny(tmp_path / "model", tier, dtype="bfloat16", shard_bytes=200_000)
    model = load(folder, "cpu", precision, lambda done, total: told.append((done, total)), lambda: None)
    assert np.isfinite(read(model)[-1]).all()
    assert told[-1][0] == told[-1][1]
    assert told == sorted(told)
