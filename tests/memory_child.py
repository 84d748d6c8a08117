"""Loads a checkpoint, looks at a picture, reads a prompt and writes a few tokens; prints what memory that took at most.

python tests/memory_child.py FOLDER DTYPE PATCH_ROWS PATCH_COLUMNS TOKENS

One line of JSON: bytes resident ``before`` the load and at the ``peak``, with pages of mapped files, and those of the
``weights`` as the back end counts them.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

STEPS = 3


def main(folder: Path, dtype: str, grid: tuple[int, int], tokens: int) -> None:
    import numpy as np
    import torch

    from engine.backends.base import Chunk, Patches
    from engine.backends.torch import quantize
    from engine.backends.torch.backend import load

    # Which form is the fastest depends on the moment: the ones that take the most on the way.
    quantize.integer_products_are_fast = quantize.packing_pays = lambda: True
    quantize.dynamic_4_bits_are_fast = lambda: False
    torch.ones(64, 64) @ torch.ones(64, 64)
    before = resident("VmRSS")
    backend = load(folder, "cpu", dtype, lambda done, total: None, lambda: None)
    backend.encode_image(Patches(np.zeros((grid[0] * grid[1], 1536), np.float32), grid), lambda: None)
    state = backend.new_state(tokens + STEPS)
    for first in range(0, tokens, backend.chunk_size):
        places = np.arange(first, min(tokens, first + backend.chunk_size))
        logits = backend.prefill(state, Chunk(places, np.broadcast_to(places, (3, len(places))).copy()), lambda: None)
    for step in range(STEPS):
        logits = backend.step(state, int(logits.argmax()), tokens + step)
    print(json.dumps({"before": before, "peak": resident("VmHWM"), "weights": backend.info.weight_bytes}))


def resident(field: str) -> int:
    """Bytes of this process in memory now (``VmRSS``) or at most so far (``VmHWM``)."""
    found = re.search(rf"^{field}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found.group(1)) * 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], (int(sys.argv[3]), int(sys.argv[4])), int(sys.argv[5]))
