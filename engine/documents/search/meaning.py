"""How near two texts are in what they mean, by a vector for each word: enough to tell the likelier of passages that the
search has found. The vectors are those that the package ``wordllama`` carries; of its code, which would look for them
on the network, nothing is run."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tokenizers import Tokenizer

PACKAGE = "wordllama"
WEIGHTS = "weights/l2_supercat_256.safetensors"
TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"


class Meaning:
    """Vectors [tokens, 256] and the tokenizer they belong to. Texts are the mean of their tokens."""

    def __init__(self, vectors: NDArray[np.float16], tokenizer: Tokenizer) -> None:
        self._vectors, self._tokenizer = vectors, tokenizer

    @classmethod
    def load(cls) -> Self | None:
        """What the package carries; None where it is not installed, or is not what it was."""
        spec = find_spec(PACKAGE)
        if spec is None or spec.origin is None:
            return None
        folder = Path(spec.origin).parent
        try:
            (vectors,) = load_file(folder / WEIGHTS).values()
            tokenizer = Tokenizer.from_str((folder / TOKENIZER).read_text(encoding="utf-8"))
        except (OSError, ValueError, SafetensorError):
            return None
        return cls(vectors, tokenizer)

    def nearness(self, question: str, texts: Sequence[str]) -> list[float]:
        """The cosine between `question` and each text, from 0 (nothing in common) to 1."""
        asked = self._vector(question)
        return [max(0.0, float(asked @ self._vector(text))) for text in texts]

    def _vector(self, text: str) -> NDArray[np.float32]:
        tokens = self._tokenizer.encode(text, add_special_tokens=False).ids
        if not tokens:
            return np.zeros(self._vectors.shape[1], np.float32)
        mean: NDArray[np.float32] = self._vectors[tokens].astype(np.float32).mean(0)
        mean /= max(float(np.linalg.norm(mean)), 1e-6)
        return mean
