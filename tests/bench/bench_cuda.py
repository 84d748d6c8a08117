"""What an NVIDIA card makes of steps of a fixed shape, of layers of 8 and 4 bits and of the delta rule: right, and how
fast. For a person with such a card; elsewhere it says so and ends.

    python tests/bench/bench_cuda.py [--tier 4B] [--model DIR] [--dtype bfloat16]

Without `--model` a random checkpoint is made in the temporary folder (9.3 GB for 4B) and removed afterwards.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.backends.base import Chunk
from engine.backends.torch import cuda_quantize, delta
from engine.backends.torch.backend import TorchBackend, load
from engine.backends.torch.cache import TorchState
from engine.backends.torch.delta_kernels import FlaRule, best_rule
from engine.backends.torch.graph import StaticSteps
from engine.bench.limits import read_rate
from tests.checkpoints import REAL, make_checkpoint

READ, WRITTEN = 200, 128
OUT, INTO = 9216, 2560
"""The widest layer of the 4B."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tier", choices=tuple(REAL), default="4B")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a folder that is there already")
    parser.add_argument("--dtype", choices=("bfloat16", "float16", "float32", "int8", "int4"), default="bfloat16")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        print("bench_cuda: this machine has no NVIDIA card that PyTorch can use")
        return 0
    device = torch.device(options.device)
    print(torch.cuda.get_device_name() if device.type == "cuda" else "processor", f"PyTorch {torch.__version__}")
    with torch.inference_mode():
        layers(device)
        rules(device)
    with model_folder(options.model, options.tier) as folder:
        steps(folder, options.dtype, device)
    return 0


@contextmanager
def model_folder(given: Path | None, tier: str) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="fingerpost-bench-") as folder:
        yield make_checkpoint(Path(folder) / tier, REAL[tier], dtype="bfloat16", real_vocabulary=True, mtp=False)


def steps(folder: Path, dtype: str, device: torch.device) -> None:
    """The same tokens with plain steps and with those of a fixed shape."""
    with closing(load(folder, device.type, dtype, lambda done, total: None, lambda: None)) as model:
        text = model._text
        assert text is not None
        model._steps = None
        plain, tokens, plain_seconds = written(model, read(model), None)
        static = model._steps = StaticSteps(text, device, model.info.context_limit, model.drafting is not None)
        fixed, _, seconds = written(model, read(model), tokens)
        same = np.mean(plain.argmax(axis=-1) == fixed.argmax(axis=-1))
        apart = np.abs(plain - fixed).max() / plain.std()
        limit = read_rate(2**30, device) / model.info.weight_bytes
        print(f"steps in {dtype}: {'off: see the log' if static.off else 'on'}")
        print(f"  the likeliest token is the same {same:.1%}, logits at most {apart:.2g} of their spread apart")
        print(
            f"  plain {1 / plain_seconds:.1f} tokens a second, fixed {1 / seconds:.1f}: {plain_seconds / seconds:.1f} x"
        )
        print(f"  the memory allows {limit:.1f}: {1 / seconds / limit:.0%} of it")


def read(model: TorchBackend) -> TorchState:
    state = model.new_state(READ + WRITTEN)
    tokens = np.random.default_rng(0).integers(0, model.spec.text.vocab_size // 2, READ)
    model.prefill(state, Chunk(tokens, np.tile(np.arange(READ), (3, 1))), lambda: None)
    return state


def written(model: TorchBackend, state: TorchState, forced: list[int] | None) -> tuple[np.ndarray, list[int], float]:
    """The logits of each step, the tokens (those that are `forced`, or the likeliest), and the seconds of a step."""
    logits, tokens, seconds = [], [1], []
    for index in range(WRITTEN):
        token = tokens[-1] if forced is None else forced[index]
        start = time.perf_counter()
        logits.append(model.step(state, token, state.length))
        seconds.append(time.perf_counter() - start)
        tokens.append(int(logits[-1].argmax()))
    return np.array(logits), tokens, statistics.median(seconds)


def layers(device: torch.device) -> None:
    """Layers of 8 and 4 bits beside bfloat16."""
    four = cuda_quantize.int4_is_right(device)
    print(f"4-bit operator right: {four}, its layout known: {four and cuda_quantize.int4_layout_is_known(device)}")
    print(f"8-bit product right: {cuda_quantize.int8_is_right(device)}")
    weight = torch.randn((OUT, INTO), device=device).bfloat16()
    made: dict[str, Callable[[Tensor], Tensor]] = {
        "bfloat16": lambda x: functional.linear(x, weight),
        "int8": cuda_quantize.cuda_quantised(weight, "int8"),
    }
    if four:
        made["int4"] = cuda_quantize.cuda_quantised(weight, "int4")
    for rows in (1, 4, 256, 257, 2048):
        x = torch.randn((rows, INTO), device=device).bfloat16()
        exact, base = functional.linear(x.float(), weight.float()), milliseconds(lambda x=x: made["bfloat16"](x))
        cells = [f"bfloat16 {base:.3f} ms"]
        for name, layer in made.items():
            if name != "bfloat16":
                taken = milliseconds(lambda x=x, layer=layer: layer(x))
                error = float((layer(x).float() - exact).norm() / exact.norm())
                cells.append(f"{name} {taken:.3f} ms ({base / taken:.1f} x, {error:.1%} off)")
        print(f"  {rows:>4} rows: {', '.join(cells)}")


def rules(device: torch.device) -> None:
    """The delta rule over a chunk of the 4B."""
    rule = best_rule(device, torch.bfloat16)
    print(f"flash-linear-attention: {'used' if isinstance(rule, FlaRule) else 'not used'}")
    if not isinstance(rule, FlaRule):
        return
    length, keys, values, dim = 2048, 16, 32, 128
    q, k = (delta.normalise(torch.randn((length, keys, dim), device=device)) for _ in range(2))
    v, state = torch.randn((length, values, dim), device=device), torch.zeros((values, dim, dim), device=device)
    g, beta = -torch.rand((length, values), device=device) / 8, torch.rand((length, values), device=device)
    ours = milliseconds(lambda: delta.chunked(q * dim**-0.5, k, v, g, beta, state))
    best = milliseconds(lambda: rule(q * dim**-0.5, k, v, g, beta, state))
    print(f"  2,048 tokens of a layer: built in {ours:.2f} ms, theirs {best:.2f} ms ({ours / best:.1f} x)")


def milliseconds(work: Callable[[], Tensor]) -> float:
    """The median of ten runs, after two that do not count."""
    taken = []
    for _ in range(12):
        start = time.perf_counter()
        if work().is_cuda:
            torch.cuda.synchronize()
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken[2:])


if __name__ == "__main__":
    sys.exit(main())
