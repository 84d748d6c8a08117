"""Load, reading, first token and writing of a real-shaped random checkpoint, beside transformers in the same run.

    python tests/bench/bench_engine.py [--tier 4B] [--model DIR] [--prompt 1024] [--tokens 16] [--skip-reference]

Each engine runs in a process of its own, so that its peak memory is its own. Without `--model` a random checkpoint of
the tier's real shape is made in the temporary folder (9.3 GB for 4B) and removed afterwards.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tier", choices=("0.8B", "2B", "4B", "9B"), default="4B")
    parser.add_argument("--model", type=Path, help="a folder that is there already")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--prompt", type=int, default=1024, help="tokens of text to read")
    parser.add_argument("--tokens", type=int, default=16, help="tokens to write")
    parser.add_argument("--skip-reference", action="store_true")
    parser.add_argument("--engine", choices=("ours", "transformers"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        run = measure_ours if options.engine == "ours" else measure_transformers
        print(json.dumps(run(options)))
        return
    made = None
    if options.model is None:
        made = Path(tempfile.mkdtemp(prefix="fingerpost-bench-"))
        options.model = make_model(made, options.tier, options.dtype)
    try:
        report(options)
    finally:
        if made:
            shutil.rmtree(made)


def make_model(folder: Path, tier: str, dtype: str) -> Path:
    from tests.checkpoints import REAL, make_checkpoint

    start = time.perf_counter()
    make_checkpoint(folder, REAL[tier], dtype=dtype, real_vocabulary=True, mtp=False)
    print(f"made a {tier} checkpoint in {time.perf_counter() - start:.0f} s")
    return folder


def report(options: argparse.Namespace) -> None:
    ours = in_own_process(options, "ours")
    theirs = {} if options.skip_reference else in_own_process(options, "transformers")
    print(f"{options.tier}, {options.dtype}, {options.prompt} prompt tokens; ratio: how many times better")
    print(f"{'':28}{'Fingerpost':>12}{'transformers':>14}{'ratio':>8}")
    for name, value in ours.items():
        other = theirs.get(name)
        better = "" if not other else f"{(value / other if 'per second' in name else other / value):8.2f}"
        print(f"{name:28}{value:12.2f}{'' if other is None else f'{other:.2f}':>14}{better}")


def in_own_process(options: argparse.Namespace, engine: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--engine", engine, "--model", str(options.model), "--dtype", options.dtype]
    command += ["--prompt", str(options.prompt), "--tokens", str(options.tokens)]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    result: dict[str, float] = json.loads(output.splitlines()[-1])
    return result


def measure_ours(options: argparse.Namespace) -> dict[str, float]:
    import numpy as np

    from engine.backends.base import Chunk
    from engine.backends.torch.backend import load
    from engine.images import prepare, read_limits

    start = time.perf_counter()
    backend = load(options.model, "cpu", options.dtype, lambda done, total: None, lambda: None)
    seconds = {"load, s": time.perf_counter() - start}
    prompt = prompt_tokens(options.prompt)
    for _ in range(2):  # The first run pages the weights in; the second is what a person gets from then on.
        state = backend.new_state()
        start = time.perf_counter()
        for at in range(0, len(prompt), backend.chunk_size):
            part = prompt[at : at + backend.chunk_size]
            where = np.tile(np.arange(at, at + len(part)), (3, 1))
            logits = backend.prefill(state, Chunk(part, where), lambda: None)
        prefill = time.perf_counter() - start
    start = time.perf_counter()
    for index in range(options.tokens):
        logits = backend.step(state, int(np.argmax(logits)), options.prompt + index)
    decode = time.perf_counter() - start
    start = time.perf_counter()
    backend.encode_image(prepare(screenshot(), read_limits(options.model, "balanced")), lambda: None)
    seconds["1080p picture, balanced, s"] = time.perf_counter() - start
    return seconds | rates(options, prefill, decode)


def measure_transformers(options: argparse.Namespace) -> dict[str, float]:
    import torch
    from transformers import Qwen3_5ForConditionalGeneration

    from engine.devices import physical_cores
    from engine.images import prepare, read_limits

    torch.set_num_threads(physical_cores())
    start = time.perf_counter()
    dtype = getattr(torch, options.dtype)
    model = Qwen3_5ForConditionalGeneration.from_pretrained(options.model, dtype=dtype).eval()
    seconds = {"load, s": time.perf_counter() - start}
    tokens = torch.from_numpy(prompt_tokens(options.prompt))[None]
    with torch.inference_mode():
        for _ in range(2):
            start = time.perf_counter()
            out = model(input_ids=tokens, use_cache=True, logits_to_keep=1)
            prefill = time.perf_counter() - start
        start = time.perf_counter()
        for _ in range(options.tokens):
            token = out.logits[:, -1].argmax(-1, keepdim=True)
            out = model(input_ids=token, past_key_values=out.past_key_values, use_cache=True)
        decode = time.perf_counter() - start
        patches = prepare(screenshot(), read_limits(options.model, "balanced"))
        start = time.perf_counter()
        model.model.visual(torch.from_numpy(patches.pixels).to(dtype), grid_thw=torch.tensor([[1, *patches.grid]]))
        seconds["1080p picture, balanced, s"] = time.perf_counter() - start
    return seconds | rates(options, prefill, decode)


def rates(options: argparse.Namespace, prefill: float, decode: float) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {
        "first token of the text, s": prefill,
        "read, tokens per second": options.prompt / prefill,
        "written, tokens per second": options.tokens / decode,
        "peak memory, GB": peak / 1e9,
    }


def prompt_tokens(count: int) -> Any:
    import numpy as np

    return np.random.default_rng(0).integers(1000, 200_000, count)


def screenshot() -> Any:
    import numpy as np
    from PIL import Image

    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (1080, 1920, 3), dtype=np.uint8))


if __name__ == "__main__":
    main()
