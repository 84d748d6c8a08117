"""Logits -> the next token, on NumPy.

Order as in vLLM: presence penalty, temperature, top-k, top-p, min-p, then one draw from what is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.protocol import Sampling
from engine.spec import Tier


class SamplingError(ValueError):
    """A sampling value outside its range. `str()` is a sentence for a person."""


class NoCandidate(Exception):
    """No logit is a finite number, so there is no token to pick: the weights or the arithmetic are broken."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Resolved numbers; ranges as in `protocol.Sampling`. `top_k` 0, `top_p` 1 and `min_p` 0 switch a filter off."""

    temperature: float
    top_p: float
    top_k: int
    min_p: float
    presence_penalty: float


BLOCK = 512
"""Logits a block maximum is taken over: near the square root of the vocabulary, so that both passes are short."""
LOWEST = np.finfo(np.float32).min
"""Every score that is possible is at least this."""

# The published recommendations of the family's model cards.
THINKING = Settings(temperature=1.0, top_p=0.95, top_k=20, min_p=0.0, presence_penalty=1.5)
ANSWERING = Settings(temperature=0.7, top_p=0.8, top_k=20, min_p=0.0, presence_penalty=1.5)
SMALL_THINKING_VISION = Settings(temperature=0.6, top_p=0.95, top_k=20, min_p=0.0, presence_penalty=0.0)
SMALL_ANSWERING_TEXT = Settings(temperature=1.0, top_p=1.0, top_k=20, min_p=0.0, presence_penalty=2.0)


def recommended(tier: Tier, thinking: bool, pictures: bool) -> Settings:
    """The model card's values. The two small tiers have values of their own; a custom model counts as a large one."""
    small = tier in ("0.8B", "2B")
    if thinking:
        return SMALL_THINKING_VISION if small and pictures else THINKING
    return SMALL_ANSWERING_TEXT if small and not pictures else ANSWERING


def resolve(sampling: Sampling, tier: Tier, thinking: bool, pictures: bool) -> Settings:
    """What the request asks for, and the model card's value wherever it asks for nothing.

    Raises:
        SamplingError: a value is outside its range.
    """
    card = recommended(tier, thinking, pictures)
    settings = Settings(
        temperature=card.temperature if sampling.temperature is None else sampling.temperature,
        top_p=card.top_p if sampling.top_p is None else sampling.top_p,
        top_k=card.top_k if sampling.top_k is None else sampling.top_k,
        min_p=card.min_p if sampling.min_p is None else sampling.min_p,
        presence_penalty=card.presence_penalty if sampling.presence_penalty is None else sampling.presence_penalty,
    )
    _check(settings, sampling.seed)
    return settings


def _check(settings: Settings, seed: int | None) -> None:
    """Comparisons are written so that a NaN fails them."""
    if not 0.0 < settings.temperature < float("inf"):
        raise SamplingError("The temperature must be above 0. For the likeliest token each time, choose greedy.")
    if not 0.0 < settings.top_p <= 1.0:
        raise SamplingError("top_p must be above 0 and at most 1.")
    if settings.top_k < 0:
        raise SamplingError("top_k must be 0 (off) or more.")
    if not 0.0 <= settings.min_p < 1.0:
        raise SamplingError("min_p must be at least 0 and below 1.")
    if not -2.0 <= settings.presence_penalty <= 2.0:
        raise SamplingError("The presence penalty must lie between -2 and 2.")
    if seed is not None and seed < 0:
        raise SamplingError("The seed must be 0 or more.")


class Sampler:
    """Picks the tokens of one request. The same `seed` picks the same tokens from the same logits; None is fresh.

    With `greedy` the largest logit is taken and nothing else: no penalty and no draw.
    """

    def __init__(self, settings: Settings, seed: int | None, greedy: bool) -> None:
        self._settings = settings
        self._greedy = greedy
        self._random = np.random.Generator(np.random.PCG64(seed))
        self._seen: set[int] = set()

    def pick(self, logits: NDArray[np.float32]) -> int:
        """The next token from `logits` float32 [vocab_size], which are not changed. A logit that is not finite is
        never picked; of equal ones greedy takes the first.

        Raises:
            NoCandidate: no logit is finite.
        """
        scores, best = logits, int(logits.argmax())
        # NumPy counts NaN as the largest: one finite maximum clears the whole vocabulary without another pass over it.
        if not np.isfinite(scores[best]):
            scores = np.where(np.isfinite(logits), logits, np.float32(-np.inf))
            best = int(scores.argmax())
        if scores[best] == -np.inf:
            raise NoCandidate("no logit is a finite number")
        token = best if self._greedy else self._draw(scores)
        self.observe(token)
        return token

    def observe(self, token: int) -> None:
        """Remember a token that was forced, not picked: it counts for the penalty as any other."""
        self._seen.add(token)

    def _draw(self, scores: NDArray[np.float32]) -> int:
        if self._settings.presence_penalty and self._seen:
            seen = np.fromiter(self._seen, dtype=np.int64, count=len(self._seen))
            scores = scores.copy()
            scores[seen] -= np.float32(self._settings.presence_penalty)
        tokens, probabilities = candidates(scores, self._settings)
        cumulative = probabilities.cumsum()
        # Rounding may leave the sum just below 1, the draw is below the sum all the same.
        index = int(np.searchsorted(cumulative, self._random.random() * cumulative[-1], side="right"))
        return int(tokens[index])


def candidates(scores: NDArray[np.float32], settings: Settings) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The tokens that may be drawn and their probabilities, likeliest first, of equals the smaller id first.

    `scores` float32 [vocab_size] are penalised logits, -inf for never, at least one finite. As in vLLM, tokens that
    tie with the k-th stay, top-p counts over what top-k left, and the token that reaches `top_p` stays.
    """
    tokens = _top_k(scores, settings.top_k)
    tokens = tokens[np.argsort(-scores[tokens], kind="stable")]
    kept = scores[tokens].astype(np.float64)
    with np.errstate(over="ignore"):  # A temperature near 0 sends all but the likeliest to -inf, as it should.
        probabilities = np.exp((kept - kept[0]) / settings.temperature)
    probabilities /= probabilities.sum()
    size = len(tokens)
    if settings.top_p < 1.0:
        size = int(np.searchsorted(probabilities.cumsum(), settings.top_p, side="left")) + 1
    if settings.min_p > 0.0:
        likely = int(np.count_nonzero(probabilities >= settings.min_p * probabilities[0]))
        size = min(size, likely)
    tokens, probabilities = tokens[:size], probabilities[:size]
    return tokens, probabilities / probabilities.sum()


def _top_k(scores: NDArray[np.float32], top_k: int) -> NDArray[np.int64]:
    """Ids, ascending, of the `top_k` largest scores and their ties; of all that are possible when 0.

    The k-th largest of the blocks' maxima is a lower bound for the k-th largest score, so one pass over the vocabulary
    leaves a few dozen ids to partition. Partitioning the whole takes a third of a small model's decoding step.
    """
    bound = LOWEST
    maxima = np.maximum.reduceat(scores, np.arange(0, len(scores), BLOCK))
    if 0 < top_k <= len(maxima):
        bound = max(bound, _kth_largest(maxima, top_k))
    tokens = np.flatnonzero(scores >= bound)
    if 0 < top_k < len(tokens):
        tokens = tokens[scores[tokens] >= _kth_largest(scores[tokens], top_k)]
    return tokens


def _kth_largest(values: NDArray[np.float32], k: int) -> np.float32:
    return np.float32(np.partition(values, len(values) - k)[len(values) - k])
