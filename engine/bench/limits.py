"""What the machine could do at most: how fast it reads memory and multiplies matrices, and what follows for a model.

Writing a token reads every weight once; reading a prompt multiplies every number of the matrices with each token. An
engine that did nothing else would reach these limits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from engine.backends.torch.int4 import INT4_BYTES
from engine.backends.torch.int8 import activation_reach, integer_product, pack_int8
from engine.spec import TextSpec

Precision = Literal["bf16", "int8", "int4"]

READ_BYTES = 1024**3
"""More than any cache holds."""
ROWS, INTO, OUT = 512, 2560, 9216
"""The widest product of the 4B, for a chunk of the prompt."""
GRAPHICS_ROWS = 2048
"""Rows of a chunk on a graphics card."""
ENOUGH = 0.5
"""Seconds for which one thing is tried; the best run counts, for a limit is what nothing has disturbed."""
PRECISIONS: Mapping[Precision, tuple[float, float]] = {
    "bf16": (2.0, 2.0),
    "int8": (1.0, 1.0),
    "int4": (INT4_BYTES, 1.0),
}
"""Bytes of a weight, and of one that is sensitive and has 8 bits at least."""
PRODUCTS: Mapping[Precision, tuple[str, ...]] = {"bf16": ("bf16",), "int8": ("bf16", "int8"), "int4": ("bf16",)}
"""How a prompt's products can be made; the faster way counts."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The measured rates, and the derived ones of one model at one precision.

    `matmul_flops_per_second` counts a multiplication and an addition as two, by the type of the numbers; a type whose
    operator does not run here is absent. `weight_bytes_per_token` are read for each written token,
    `matmul_numbers_per_token` multiplied with each token of a prompt.
    """

    read_bytes_per_second: float
    matmul_flops_per_second: dict[str, float]
    weight_bytes_per_token: float
    matmul_numbers_per_token: int
    prefill_tokens_per_second: float
    decode_tokens_per_second: float


def find_limits(text: TextSpec, precision: Precision, device: torch.device, read_bytes: int = READ_BYTES) -> Limits:
    """Measure `device`, the processor with the threads PyTorch is set to, over `read_bytes` of its memory."""
    read = read_rate(read_bytes, device)
    with torch.inference_mode():
        # Graphics cards widen 8 bits before they read a prompt.
        products = {"bf16": bf16_rate(device), "int8": int8_rate() if device.type == "cpu" else None}
    rates = {name: rate for name, rate in products.items() if rate}
    numbers = matmul_numbers(text)
    weight_bytes = weight_bytes_per_token(text, precision)
    fastest = max(rates[name] for name in PRODUCTS[precision] if name in rates)
    return Limits(read, rates, weight_bytes, numbers, fastest / (2 * numbers), read / weight_bytes)


def matmul_numbers(text: TextSpec) -> int:
    """Numbers in the matrices of all layers, without embedding and head."""
    hidden = text.hidden_size
    wide, narrow = text.heads * text.head_dim, text.kv_heads * text.head_dim
    # Query with its gate, key and value, output.
    full = hidden * (2 * wide + 2 * narrow + wide)
    values = text.linear_value_heads * text.linear_value_dim
    # Queries, keys and values side by side, gate, step and beta, output.
    linear = hidden * (text.linear_channels + values + 2 * text.linear_value_heads + values)
    layers = len(text.layer_types)
    mlp = 3 * hidden * text.intermediate_size
    return layers * mlp + text.full_layers * full + (layers - text.full_layers) * linear


def weight_bytes_per_token(text: TextSpec, precision: Precision) -> float:
    """Bytes of all matrices and of the head, which a prompt needs once and a written token every time."""
    plain, careful = PRECISIONS[precision]
    linear_layers = len(text.layer_types) - text.full_layers
    outputs = linear_layers * text.linear_value_heads * text.linear_value_dim * text.hidden_size
    # Query with its gate, key and value.
    asked = text.full_layers * text.hidden_size * 2 * (text.heads + text.kv_heads) * text.head_dim
    # Two numbers a head and token come from matrices too small to be worth fewer bits than 16.
    steps = linear_layers * 2 * text.linear_value_heads * text.hidden_size
    sensitive = outputs + asked
    head = text.vocab_size * text.hidden_size
    return (matmul_numbers(text) - sensitive - steps) * plain + (sensitive + head) * careful + steps * 2.0


def read_rate(count: int, device: torch.device) -> float:
    """Bytes of memory read per second by all of `device`, over `count` bytes."""
    memory = torch.ones(count // 4, device=device)
    # Which of the two keeps the memory busier depends on the processor.
    return memory.nbytes / min(_best(memory.max), _best(lambda: torch.dot(memory, memory)))


def bf16_rate(device: torch.device) -> float:
    """Flops per second of the product in bfloat16, with packed weights where PyTorch can pack them."""
    if device.type != "cpu":
        x, weight = (torch.randn(size, INTO, device=device).bfloat16() for size in (GRAPHICS_ROWS, OUT))
        return _flops(lambda: functional.linear(x, weight), GRAPHICS_ROWS)
    x, weight = torch.randn(ROWS, INTO).bfloat16(), torch.randn(OUT, INTO).bfloat16()
    plain = _flops(lambda: functional.linear(x, weight))
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight, ROWS)
        return max(plain, _flops(lambda: torch.ops.mkldnn._linear_pointwise(x, packed, None, "none", [], "")))
    except (RuntimeError, AttributeError):
        return plain


def int8_rate() -> float | None:
    """The same in whole numbers of 8 bits, with the faster of PyTorch's two operators, or None where neither runs."""
    rates = []
    for rate in (_fbgemm_rate, _onednn_rate):
        try:
            rates.append(rate())
        except (RuntimeError, AttributeError):
            continue
    return max(rates, default=None)


def _fbgemm_rate() -> float:
    reach = activation_reach()
    x = torch.randint(-reach, reach, (ROWS, INTO)).float()
    packed = pack_int8(torch.randint(-127, 127, (OUT, INTO), dtype=torch.int8), torch.ones(OUT))
    return _flops(lambda: integer_product(x, reach, packed))


def _onednn_rate() -> float:
    x = torch.randint(0, 255, (ROWS, INTO), dtype=torch.uint8)
    weight = torch.randint(-127, 127, (OUT, INTO), dtype=torch.int8)
    packed = torch.ops.onednn.qlinear_prepack(weight, None)
    scale, no_offsets = torch.ones(OUT), torch.empty(0, dtype=torch.int64)
    return _flops(
        lambda: torch.ops.onednn.qlinear_pointwise(
            x, 1.0, 128, packed, scale, no_offsets, None, 1.0, 0, torch.float32, "none", [], ""
        )
    )


def _flops(product: Callable[[], Tensor], rows: int = ROWS) -> float:
    return 2 * rows * INTO * OUT / _best(product)


def _best(work: Callable[[], Tensor]) -> float:
    """Seconds of the shortest run, to the end of what it began on a graphics card; the first does not count."""
    device = work().device
    shortest, until = float("inf"), time.perf_counter() + ENOUGH
    while True:
        _wait_for(device)
        start = time.perf_counter()
        work()
        _wait_for(device)
        end = time.perf_counter()
        shortest = min(shortest, end - start)
        if end >= until:
            return shortest


def _wait_for(device: torch.device) -> None:
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
