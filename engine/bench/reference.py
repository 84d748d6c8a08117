"""transformers under the clock, in a process of its own.

    python -m engine.bench.reference DIR --device NAME --threads N [--quick]

It reads the same prompts and the same prepared pictures. It keeps nothing from one question to the next, so that the
second one reads everything again, and it has no way to prepare: that moment is absent.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import Qwen3_5ForConditionalGeneration

from engine.bench.measure import QUICK, WHOLE, measure
from engine.bench.questions import first_question, follow_up
from engine.images import open_picture, prepare, read_limits
from engine.prompt import build_prompt, pictures_in
from engine.protocol import Generate, ImageBudget
from engine.spec import read_spec
from engine.tokenizer import Tokenizer
from engine.worker.guard import no_network

DTYPE = torch.bfloat16


class Transformers:
    """The published model code in bfloat16."""

    def __init__(self, folder: Path, device: str) -> None:
        self.device = device
        self._folder, self._spec = folder, read_spec(folder)
        model = Qwen3_5ForConditionalGeneration.from_pretrained(folder, dtype=DTYPE)
        # Their decorator hides what the method takes.
        self._model: Any = cast(Any, model).to(device)
        self._tokenizer = Tokenizer.load(folder, self._spec)
        self.vocabulary = self._spec.text.vocab_size
        self.context_limit, self.sees = self._spec.text.max_positions, self._spec.vision is not None
        self._out: Any = None

    def read(self, tokens: NDArray[np.int64]) -> None:
        """Read all of `tokens` at once, as it does by itself."""
        self._out = None
        self._out = self._run(input_ids=torch.from_numpy(tokens)[None])

    def write(self) -> None:
        """One step with its own cache."""
        token = self._out.logits[:, -1].argmax(-1, keepdim=True)
        self._out = self._run(input_ids=token, past_key_values=self._out.past_key_values)

    def questions(self, picture: Path, budget: ImageBudget) -> dict[str, float]:
        """Both from the file to the first token."""
        first = first_question(picture, budget)
        return {"cold": self._first_token(first), "turn_two": self._first_token(follow_up(first))}

    def _first_token(self, request: Generate) -> float:
        self._out = None
        start = time.perf_counter()
        limits = read_limits(self._folder, request.image_budget)
        patches = [prepare(open_picture(Path(image.path)), limits) for image in pictures_in(request)]
        grids = [picture.grid for picture in patches]
        tokens = build_prompt(request, self._tokenizer, self._spec, grids, thinking=False).tokens
        out = self._run(
            input_ids=torch.from_numpy(tokens)[None],
            attention_mask=torch.ones((1, len(tokens)), dtype=torch.long),
            mm_token_type_ids=torch.from_numpy(tokens == self._spec.image_token).int()[None],
            pixel_values=torch.from_numpy(np.concatenate([picture.pixels for picture in patches])).to(DTYPE),
            image_grid_thw=torch.tensor([[1, *grid] for grid in grids]),
        )
        int(out.logits[0, -1].argmax())
        return time.perf_counter() - start

    def _run(self, **inputs: Any) -> Any:
        placed = {name: x.to(self.device) if isinstance(x, torch.Tensor) else x for name, x in inputs.items()}
        with torch.inference_mode():
            out = self._model(**placed, use_cache=True, logits_to_keep=1)
        # Whoever wants the next token waits for these.
        out.logits.cpu()
        return out


def main() -> None:
    """Measure, and write the figures as one line of JSON."""
    # Ctrl+C reaches this process too; it has nothing to put in order.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with no_network("comparison"):
        figures = measure(lambda: Transformers(options.folder, options.device), QUICK if options.quick else WHOLE, _say)
    sys.stdout.write(json.dumps(dataclasses.asdict(figures)) + "\n")


def _say(sentence: str) -> None:
    sys.stderr.write(f"transformers: {sentence}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
