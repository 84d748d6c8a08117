"""M-RoPE: where each token of a prompt stands in time, height and width.

Text counts up on all three axes at once. A picture stays at one point of time and spreads its rows and columns over
height and width; what follows it continues behind its longer side, not behind its number of tokens. (Qwen2-VL,
section 2.1; the same rule as transformers' `get_rope_index` for Qwen3.5.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def mrope_positions(length: int, pictures: Sequence[tuple[int, tuple[int, int]]]) -> tuple[NDArray[np.int64], int]:
    """Positions of `length` tokens, int64 [3, length] (time, height, width), and the position of the next text token.

    `pictures` are, in order, the index of a picture's first token and its grid (h, w) in tokens, that is after the
    2 x 2 merge; it covers h * w tokens in rows.
    """
    positions = np.empty((3, length), np.int64)
    token = position = 0
    for at, (height, width) in pictures:
        positions[:, token:at] = np.arange(position, position + at - token)
        position += at - token
        token = at + height * width
        positions[0, at:token] = position
        positions[1, at:token] = position + np.repeat(np.arange(height), width)
        positions[2, at:token] = position + np.tile(np.arange(width), height)
        position += max(height, width)
    positions[:, token:] = np.arange(position, position + length - token)
    return positions, position + length - token
