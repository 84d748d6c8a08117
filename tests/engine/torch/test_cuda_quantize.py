"""Layers of 8 and 4 bits for graphics cards. The integer product runs on the processor too; in the 4-bit operators'
place stand plain ones, made from where the tensor cores want each number."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from engine.backends.published import TEXT
from engine.backends.torch import cuda_quantize
from engine.backends.torch.cuda_quantize import Int4CudaLinear, Int8CudaLinear, cuda_quantised, cuda_stored
from engine.backends.torch.int4 import GROUP, Int4Weight, round_int4
from engine.backends.torch.int8 import Int8Weight, round_int8
from engine.backends.torch.precision import working
from engine.backends.torch.quantize import form_for
from engine.backends.torch.reader import Reader
from engine.backends.torch.weights import WeightFiles
from engine.spec import ModelError, read_spec
from tests.checkpoints import make_tiny

GRAPHICS = torch.device("cuda")
CPU = torch.device("cpu")


def weight(out: int = 192, into: int = 128) -> Tensor:
    """Channels of very different size, one of them all zeros."""
    made = torch.randn((out, into), generator=torch.Generator().manual_seed(0))
    made *= torch.logspace(-4, 1, out)[:, None]
    made[5] = 0.0
    return made.bfloat16()


def activations(rows: int, into: int = 128) -> Tensor:
    made = torch.randn((rows, into), generator=torch.Generator().manual_seed(rows))
    made *= torch.logspace(-3, 3, rows)[:, None]
    if rows > 1:
        made[0] = 0.0
    return made.bfloat16()


def error(got: Tensor, wanted: Tensor) -> float:
    """The distance over the size."""
    return float((got.double() - wanted.double()).norm() / wanted.double().norm())


def tensor_core_pack(pairs: Tensor, tiles: int | None = None) -> Tensor:
    """Number by number: lane l of a tile holds for channel l / 4 the inputs 2 (l % 4) + {0, 1, 8, 9}."""
    out, into = pairs.shape[0], 2 * pairs.shape[1]
    numbers = torch.stack((pairs >> 4, pairs & 15), dim=-1).view(out, into).tolist()
    tiles = tiles or (8 if into % 128 == 0 else 4)
    packed = torch.zeros((out // 8, into // (16 * tiles), 32, tiles // 2), dtype=torch.int64)
    places = ((0, 0), (0, 8), (1, 0), (1, 8))  # (tile of the pair, input) of the even numbers in order
    for block in range(out // 8):
        for run in range(into // (16 * tiles)):
            for lane in range(32):
                for two in range(tiles // 2):
                    word = 0
                    for odd in (0, 1):
                        for index, (tile, first) in enumerate(places):
                            at = (run * tiles + 2 * two + tile) * 16 + first + 2 * (lane % 4) + odd
                            word |= numbers[block * 8 + lane // 4][at] << 4 * (4 * odd + index)
                    packed[block, run, lane, two] = word
    return packed.to(torch.int32)


def tensor_core_product(rows: Tensor, packed: Tensor, scales: Tensor) -> Tensor:
    numbers = cuda_quantize.unpack(packed).double() - 8
    scale, offset = (part.t().repeat_interleave(GROUP, dim=1).double() for part in scales.unbind(-1))
    return (rows.double() @ (numbers * scale + offset).bfloat16().double().t()).bfloat16()


PROBES = (
    cuda_quantize.quantises,
    cuda_quantize.int8_is_right,
    cuda_quantize.int4_is_right,
    cuda_quantize.int4_layout_is_known,
)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """What was found out about a card is found out again, before and after."""
    for probe in PROBES:
        probe.cache_clear()
    yield
    for probe in PROBES:
        probe.cache_clear()


@pytest.fixture
def operators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_quantize, "pack", tensor_core_pack)
    monkeypatch.setattr(cuda_quantize, "product", tensor_core_product)


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("rows", [1, 4, cuda_quantize.INT8_FEW_ROWS, cuda_quantize.INT8_FEW_ROWS + 1, 100])
def test_8_bits_lose_nothing_but_the_weights_digits(rows: int, fast: bool) -> None:
    made = cuda_quantised(weight(), "int8")
    assert isinstance(made, Int8CudaLinear)
    assert made.fast
    layer, x = Int8CudaLinear(made.values, made.scale, fast), activations(rows)
    values, scale = round_int8(weight())
    plain = functional.linear(x.double(), values.double() * scale[:, None])
    assert layer(x).dtype == x.dtype
    assert error(layer(x), plain) < 0.005
    assert layer.nbytes == 192 * (128 + 4)


def test_activations_are_rounded_to_16_bits() -> None:
    """One number that is a hundred times the others would else take two digits from all of them."""
    x = activations(3).float()
    x[-1, 7] = 100 * x[-1].abs().max()
    made = Int8CudaLinear.of(weight())
    assert error(made(x)[-1], Int8CudaLinear(made.values, made.scale, fast=False)(x)[-1]) < 2e-4


def test_sizes_that_the_integer_product_does_not_take_are_widened() -> None:
    layer = Int8CudaLinear.of(weight(100, 60))
    assert not layer.fast
    assert error(layer(activations(2, 60)), functional.linear(activations(2, 60), weight(100, 60))) < 0.02


@pytest.mark.parametrize("tiles", [2, 4, 8])
def test_the_layout_of_the_tensor_cores_is_read_back(tiles: int) -> None:
    numbers = torch.randint(0, 16, (24, 256), dtype=torch.int32, generator=torch.Generator().manual_seed(1))
    packed = tensor_core_pack(cuda_quantize.pair(numbers), tiles)
    assert packed.shape == (3, 256 // (16 * tiles), 32, tiles // 2)
    assert torch.equal(cuda_quantize.unpack(packed).int(), numbers)


@pytest.mark.usefixtures("operators")
@pytest.mark.parametrize("into", [128, 192])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("rows", [1, 4, 300])
def test_4_bits_are_the_same_for_few_rows_and_many(
    rows: int, known: bool, into: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda_quantize, "WIDENED", 64)
    made, x = cuda_quantised(weight(into=into), "int4"), activations(rows, into)
    assert isinstance(made, Int4CudaLinear)
    assert made.known
    numbers, scales = round_int4(weight(into=into))
    steps = scales.bfloat16().double()
    wide = (numbers.view(192, -1, GROUP).double() - 8) * steps[..., 0].t()[..., None] + steps[..., 1].t()[..., None]
    plain = functional.linear(x.double(), wide.view(192, into).bfloat16().double())
    assert error(Int4CudaLinear(made.packed, made.scales, known)(x), plain) < 0.005
    assert torch.equal(made.widen(64, 128), wide.view(192, into)[64:128].bfloat16())
    assert made.nbytes == 192 * into // 2 + into // GROUP * 192 * 2 * 2


@pytest.mark.usefixtures("operators")
@pytest.mark.parametrize("into", [128, 192])
def test_what_was_rounded_before_makes_the_same_layers(into: int) -> None:
    made, again = Int4CudaLinear.of(weight(into=into)), cuda_stored(Int4Weight.of(weight(into=into)), CPU)
    assert isinstance(again, Int4CudaLinear)
    assert torch.equal(again.packed, made.packed)
    assert torch.equal(again.scales, made.scales)
    wide, same = Int8CudaLinear.of(weight(into=into)), cuda_stored(Int8Weight.of(weight(into=into)), CPU)
    assert isinstance(same, Int8CudaLinear)
    assert torch.equal(same.values, wide.values)
    assert torch.equal(same.scale, wide.scale)


@pytest.mark.usefixtures("operators")
def test_a_card_gets_layers_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Four bits where they fit and cost little, eight elsewhere; the large table stays with the processor."""
    name = f"{TEXT}.layers.0"
    stored = {
        f"{name}.mlp.up_proj.weight": weight(),
        f"{name}.linear_attn.out_proj.weight": weight(),
        f"{TEXT}.embed_tokens.weight": weight(),
    }
    save_file(stored, tmp_path / "model.safetensors")
    places: list[str] = []

    def take(files: WeightFiles, name: str, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
        places.append(device.type)
        return stored[name].to(dtype)

    monkeypatch.setattr(WeightFiles, "take", take)
    with (
        ThreadPoolExecutor(1) as pool,
        WeightFiles(tmp_path, lambda name: True, lambda done, total: None, lambda: None) as files,
    ):
        reader = Reader(files, torch.bfloat16, GRAPHICS, form_for("int4", torch.bfloat16, GRAPHICS), pool)
        reader.begin(name)
        assert isinstance(reader.projection(f"{name}.mlp.up_proj", 192, 128), Int4CudaLinear)
        assert isinstance(reader.projection(f"{name}.linear_attn.out_proj", 192, 128), Int8CudaLinear)
        assert isinstance(reader.projection(f"{TEXT}.embed_tokens", 192, 128), Int8CudaLinear)
        reader.table(f"{TEXT}.embed_tokens.weight", 192, 128)
    assert form_for("int8", torch.bfloat16, GRAPHICS) == "int8"
    assert places == ["cuda", "cuda", "cuda", "cpu"]


def a_card(monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int]) -> None:
    """Let what is tried for a card of `capability` run here."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    tried = cuda_quantize.int4_is_right
    monkeypatch.setattr(cuda_quantize, "int4_is_right", lambda device: tried(CPU))


@pytest.mark.usefixtures("operators")
def test_a_card_from_ampere_on_takes_both(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    a_card(monkeypatch, (8, 6))
    spec = read_spec(make_tiny(tmp_path / "model"))
    for name in ("int8", "int4"):
        run = working(spec, name, GRAPHICS)
        assert (run.name, run.dtype, run.precision) == (name, torch.bfloat16, name)


@pytest.mark.usefixtures("operators")
@pytest.mark.parametrize("reason", ["old", "silent", "missing"])
def test_other_cards_are_refused_with_what_to_do(reason: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    a_card(monkeypatch, (7, 5) if reason == "old" else (8, 0))

    def missing(rows: Tensor, packed: Tensor, scales: Tensor) -> Tensor:
        raise RuntimeError("_weight_int4pack_mm_cuda is not available for build.")

    if reason == "silent":
        monkeypatch.setattr(cuda_quantize, "product", lambda rows, packed, scales: torch.zeros(3, 64).bfloat16())
    if reason == "missing":
        monkeypatch.setattr(cuda_quantize, "product", missing)
    spec = read_spec(make_tiny(tmp_path / "model"))
    with pytest.raises(ModelError, match=r"int4 wants an NVIDIA card of the Ampere generation or later\. Choose"):
        working(spec, "int4", GRAPHICS)


@pytest.mark.parametrize("place", ["mps", "xpu"])
def test_other_devices_stay_with_the_whole_weights(place: str, tmp_path: Path) -> None:
    spec = read_spec(make_tiny(tmp_path / "model"))
    with pytest.raises(ModelError, match="int8 runs on the processor and on NVIDIA cards only"):
        working(spec, "int8", torch.device(place))
