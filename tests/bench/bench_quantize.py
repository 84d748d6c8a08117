"""What weights of 8 and 4 bits cost a trained network: perplexity, and the distance of its predictions from float32.

    python tests/bench/bench_quantize.py [--tokens 2048] [--dtype bfloat16] [--rows 512] [--model FILE] [--text FILE]

The network is SmolLM2-135M-Instruct, the text a chapter of Northanger Abbey (1803, public domain). `plain` rounds the
same way in a few lines and calculates in float32: the cost of the rounding alone. `ours` are the layers of the product
with activations of `--dtype`, which see at most `--rows` rows at a time; PyTorch has kernels of their own for few rows.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from torch import Tensor
from torch.nn import functional

from engine.backends.torch.int4 import GROUP
from engine.backends.torch.quantize import Form, formed
from engine.devices import physical_cores
from tests.bench.smollm2 import INSTALL, Checkpoint, Linear, MakeLinear, Network, build, continuation, find_model, read

WINDOW = 2048
"""Tokens that are read at once; the next window begins anew."""
FORMS: tuple[Form, ...] = ("int8-weights", "int8", "int4")
HEADS: dict[Form, tuple[Form | None, ...]] = {
    "int8-weights": (None, "int8-weights"),
    "int8": (None, "int8"),
    "int4": (None, "int8", "int4"),
}
"""The forms of the head that are measured with a form of the layers; None leaves it as it is."""
QUESTION = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
OPENING = "The best way to learn a language is"


@dataclass(frozen=True, slots=True)
class Prediction:
    """`logits` float32 [N, vocabulary] for the tokens `following` [N]."""

    logits: Tensor
    following: Tensor

    @property
    def perplexity(self) -> float:
        return math.exp(functional.cross_entropy(self.logits, self.following).item())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=2048, help="tokens of the text to read")
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float32"), help="activations of `ours`")
    parser.add_argument("--rows", type=int, default=512, help="rows a layer of `ours` sees at a time; 1 as in writing")
    parser.add_argument("--model", type=Path, default=find_model(), help="a GGUF file of SmolLM2")
    parser.add_argument("--text", type=Path, default=Path(__file__).with_name("northanger_abbey.txt"))
    options = parser.parse_args()
    try:
        import gguf  # noqa: F401
    except ImportError:
        sys.exit(INSTALL)
    if options.model is None:
        sys.exit(INSTALL)
    torch.set_num_threads(physical_cores())
    with torch.inference_mode():
        report(options, read(options.model))


def report(options: argparse.Namespace, checkpoint: Checkpoint) -> None:
    tokens = torch.tensor(checkpoint.tokenizer.encode(paragraphs(options.text)).ids[: options.tokens])
    kinds = ", ".join(f"{count} of {kind}" for kind, count in checkpoint.kinds.items())
    print(f"{options.model.name}: tensors {kinds}. {len(tokens)} tokens of {options.text.name}, windows of {WINDOW}.")
    print(f"ours: {options.dtype}, {options.rows} rows at a time; plain: float32.")
    reference = build(checkpoint, torch.float32, as_it_is, as_it_is)
    for start in (QUESTION, OPENING):
        print(f"  {start!r} -> {continuation(reference, checkpoint.tokenizer, start, 24)!r}")
    print("\nAs in the file. Its weights are of 4 bits already (Q4_1: 32 share a scale and an offset), the head of 8")
    print("(Q8_0). Rounding them to 4 bits again finds part of the same grid, so that int4 looks better than it is.")
    compare(options, checkpoint, tokens)
    print("\nEach weight moved at random within its step, so that it lies on no grid. This worse network is its own")
    print("reference; what rounding adds to it is what rounding adds to weights that were never rounded.")
    compare(options, checkpoint.dithered(), tokens)


def compare(options: argparse.Namespace, checkpoint: Checkpoint, tokens: Tensor) -> None:
    """Print a line for each way to keep the weights."""
    dtype = getattr(torch, options.dtype)
    plain = torch.float32, plain_layer
    ours = dtype, lambda weight, form: by_rows(formed(weight, form), options.rows)
    print(f"\n{'layers':14}{'head':14}{'':7}{'perplexity':>11}{'KL, nats':>10}{'top-1':>8}{'max error':>11}{'mean':>8}")
    reference = predict(build(checkpoint, torch.float32, as_it_is, as_it_is), tokens)
    show("float32", "float32", "", reference, reference)
    show("bfloat16", "bfloat16", "", predict(build(checkpoint, torch.bfloat16, as_it_is, as_it_is), tokens), reference)
    for form in FORMS:
        for head in HEADS[form]:
            for name, (working, layer) in (("plain", plain), ("ours", ours)):
                make_head = making(layer, head) if head else as_it_is
                network = build(checkpoint, working, making(layer, form), make_head)
                kept = head or str(working).removeprefix("torch.")
                show(form, kept, name, predict(network, tokens), reference)


def show(layers: str, head: str, name: str, got: Prediction, reference: Prediction) -> None:
    """One line of the table."""
    error = (got.logits - reference.logits).abs_()
    agree = (got.logits.argmax(-1) == reference.logits.argmax(-1)).float().mean().item()
    print(
        f"{layers:14}{head:14}{name:7}{got.perplexity:11.3f}{divergence(got.logits, reference.logits):10.5f}"
        f"{agree:8.2%}{error.max().item():11.3f}{error.mean().item():8.4f}",
        flush=True,
    )


def divergence(logits: Tensor, reference: Tensor) -> float:
    """Mean Kullback-Leibler divergence of the distributions from the reference's."""
    expected = reference.log_softmax(-1)
    return functional.kl_div(logits.log_softmax(-1), expected, reduction="batchmean", log_target=True).item()


def predict(network: Network, tokens: Tensor) -> Prediction:
    """All next-token logits of the text."""
    windows = [window for window in tokens.split(WINDOW) if len(window) > 1]
    logits = torch.cat([network(window)[:-1] for window in windows])
    return Prediction(logits, torch.cat([window[1:] for window in windows]))


def paragraphs(path: Path) -> str:
    """The text with each paragraph on one line."""
    return "\n\n".join(" ".join(part.split()) for part in path.read_text(encoding="utf-8").split("\n\n"))


# --- layers -----------------------------------------------------------------------------------------------------------


def making(layer: Callable[[Tensor, Form], Linear], form: Form) -> MakeLinear:
    return lambda weight: layer(weight, form)


def as_it_is(weight: Tensor) -> Linear:
    return lambda x: functional.linear(x, weight)


def by_rows(layer: Linear, rows: int) -> Linear:
    return lambda x: torch.cat([layer(part) for part in x.split(rows)])


def plain_layer(weight: Tensor, form: Form) -> Linear:
    """The rounding of `formed`, widened again at once."""
    if form == "int4":
        return as_it_is(rounded_groups(weight))
    rounded = rounded_rows(weight)
    return as_it_is(rounded) if form == "int8-weights" else lambda x: functional.linear(rounded_rows(x), rounded)


def rounded_rows(values: Tensor) -> Tensor:
    """Each row to 255 steps, symmetric."""
    step = values.abs().amax(dim=-1, keepdim=True).clamp_min(1e-30) / 127
    return (values / step).round() * step


def rounded_groups(weight: Tensor) -> Tensor:
    """Each `GROUP` inputs to 16 steps from their least to their largest."""
    groups = weight.unflatten(-1, (-1, GROUP))
    low, high = groups.aminmax(dim=-1, keepdim=True)
    step = (high - low).clamp_min(1e-30) / 15
    return (((groups - low) / step).round() * step + low).flatten(-2)


if __name__ == "__main__":
    main()
