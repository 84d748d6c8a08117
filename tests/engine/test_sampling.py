"""The next token: the fast path equals a plain one, a seed repeats, and broken logits end in a clear error."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.protocol import Sampling
from engine.sampling import NoCandidate, Sampler, SamplingError, Settings, candidates, resolve
from engine.spec import Tier

VOCABULARY = 248_320
PLAIN = Settings(temperature=1.0, top_p=1.0, top_k=0, min_p=0.0, presence_penalty=0.0)


def plain_candidates(scores: NDArray[np.float32], settings: Settings) -> dict[int, float]:
    """The obviously right twin: sorted pairs, one filter after the other, each over what the last one left."""
    pairs = sorted(((float(score), -token) for token, score in enumerate(scores) if score > -math.inf), reverse=True)
    if settings.top_k:
        least = pairs[min(settings.top_k, len(pairs)) - 1][0]
        pairs = [pair for pair in pairs if pair[0] >= least]
    weights = [math.exp((score - pairs[0][0]) / settings.temperature) for score, _ in pairs]
    shares = [weight / sum(weights) for weight in weights]
    kept: list[tuple[int, float]] = []
    for (_, negative), share in zip(pairs, shares, strict=True):
        reached = settings.top_p < 1 and sum(share for _, share in kept) >= settings.top_p
        if reached or share < settings.min_p * shares[0]:
            break
        kept.append((-negative, share))
    total = sum(share for _, share in kept)
    return {token: share / total for token, share in kept}


@pytest.mark.parametrize("seed", range(60))
def test_fast_path_equals_the_plain_twin(seed: int) -> None:
    random = np.random.default_rng(seed)
    size = int(random.choice([3, 40, 700, 3000]))
    # Rounded logits tie often, as those of a bfloat16 model do; some tokens are impossible.
    scores = random.normal(scale=random.choice([0.5, 3.0, 12.0]), size=size).round(int(random.integers(0, 4)))
    scores[random.random(size) < random.choice([0.0, 0.3, 0.98])] = -np.inf
    scores[int(random.integers(size))] = 1.0
    settings = Settings(
        temperature=float(random.choice([0.1, 0.7, 1.0, 2.5])),
        top_p=float(random.choice([0.05, 0.8, 0.95, 1.0])),
        top_k=int(random.choice([0, 1, 5, 20, 40, 2000])),
        min_p=float(random.choice([0.0, 0.05, 0.5])),
        presence_penalty=0.0,
    )

    tokens, probabilities = candidates(scores.astype(np.float32), settings)

    expected = plain_candidates(scores.astype(np.float32), settings)
    assert tokens.tolist() == list(expected)
    np.testing.assert_allclose(probabilities, list(expected.values()), rtol=1e-9)


def test_whole_vocabulary_keeps_the_twenty_likeliest() -> None:
    scores = np.random.default_rng(7).permutation(VOCABULARY).astype(np.float32)
    tokens, _ = candidates(scores, Settings(1e6, 1.0, 20, 0.0, 0.0))
    assert tokens.tolist() == np.argsort(-scores)[:20].tolist()


def test_draws_follow_the_probabilities() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05], dtype=np.float32))
    sampler = Sampler(PLAIN, seed=1, greedy=False)
    counts = Counter(sampler.pick(logits) for _ in range(4000))
    assert [counts[token] / 4000 for token in range(4)] == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.03)


def test_a_seed_repeats_and_none_is_fresh() -> None:
    logits = np.zeros(1000, dtype=np.float32)

    def run(seed: int | None) -> list[int]:
        sampler = Sampler(PLAIN, seed, greedy=False)
        return [sampler.pick(logits) for _ in range(20)]

    assert run(42) == run(42)
    assert run(42) != run(43)
    assert run(None) != run(None)


def test_penalty_is_taken_once_for_each_generated_token() -> None:
    sampler = Sampler(Settings(1e-3, 1.0, 20, 0.0, 1.5), seed=0, greedy=False)
    logits = np.array([2.0, 1.0, 0.4], dtype=np.float32)
    assert sampler.pick(logits) == 0
    assert sampler.pick(logits) == 1  # 0.5 after the penalty on token 0
    assert sampler.pick(logits) == 0  # 0.5 still, once only; token 1 is at -0.5, token 2 at 0.4
    assert logits.tolist() == pytest.approx([2.0, 1.0, 0.4]), "the back end's logits were changed"


def test_a_forced_token_counts_for_the_penalty() -> None:
    sampler = Sampler(Settings(1e-3, 1.0, 20, 0.0, 1.5), seed=0, greedy=False)
    sampler.observe(0)
    assert sampler.pick(np.array([2.0, 1.0], dtype=np.float32)) == 1


def test_greedy_ignores_every_setting() -> None:
    sampler = Sampler(Settings(5.0, 1.0, 20, 0.0, 2.0), seed=None, greedy=True)
    logits = np.array([0.0, 0.5, 0.4], dtype=np.float32)
    assert [sampler.pick(logits) for _ in range(5)] == [1] * 5


@pytest.mark.parametrize("greedy", [True, False])
def test_broken_logits_are_never_picked(greedy: bool) -> None:
    logits = np.full(100, np.nan, dtype=np.float32)
    logits[1], logits[2], logits[3] = np.inf, -np.inf, -50.0
    assert Sampler(PLAIN, 0, greedy).pick(logits) == 3
    logits[3] = np.nan
    with pytest.raises(NoCandidate):
        Sampler(PLAIN, 0, greedy).pick(logits)


def test_a_temperature_near_zero_is_the_likeliest_token() -> None:
    logits = np.random.default_rng(0).normal(size=5000).astype(np.float32)
    assert Sampler(Settings(1e-300, 1.0, 0, 0.0, 0.0), 0, greedy=False).pick(logits) == int(logits.argmax())


@pytest.mark.parametrize(
    ("tier", "thinking", "pictures", "expected"),
    [
        ("4B", True, True, Settings(1.0, 0.95, 20, 0.0, 1.5)),
        ("9B", False, True, Settings(0.7, 0.8, 20, 0.0, 1.5)),
        ("custom", False, False, Settings(0.7, 0.8, 20, 0.0, 1.5)),
        ("0.8B", False, False, Settings(1.0, 1.0, 20, 0.0, 2.0)),
        ("2B", False, True, Settings(0.7, 0.8, 20, 0.0, 1.5)),
        ("2B", True, False, Settings(1.0, 0.95, 20, 0.0, 1.5)),
        ("0.8B", True, True, Settings(0.6, 0.95, 20, 0.0, 0.0)),
    ],
)
def test_model_card_values_where_nothing_is_asked(
    tier: Tier, thinking: bool, pictures: bool, expected: Settings
) -> None:
    assert resolve(Sampling(), tier, thinking, pictures) == expected


def test_what_is_asked_wins_over_the_card_even_when_it_is_zero() -> None:
    asked = Sampling(temperature=0.2, top_p=0.5, top_k=0, min_p=0.1, presence_penalty=0.0)
    assert resolve(asked, "4B", thinking=False, pictures=False) == Settings(0.2, 0.5, 0, 0.1, 0.0)


@pytest.mark.parametrize(
    "asked",
    [
        Sampling(temperature=0.0),
        Sampling(temperature=math.nan),
        Sampling(temperature=math.inf),
        Sampling(top_p=0.0),
        Sampling(top_p=1.1),
        Sampling(top_k=-1),
        Sampling(min_p=1.0),
        Sampling(presence_penalty=2.5),
        Sampling(seed=-1),
    ],
)
def test_an_impossible_value_is_refused_with_a_sentence(asked: Sampling) -> None:
    with pytest.raises(SamplingError, match=r"(must|above).*\.$"):
        resolve(asked, "4B", thinking=False, pictures=False)


def test_the_logits_are_left_as_they_came() -> None:
    """They may be the back end's own memory."""
    sampler = Sampler(Settings(1.0, 1.0, 0, 0.0, 2.0), seed=1, greedy=False)
    logits = np.random.default_rng(1).normal(size=700).astype(np.float32)
    logits[5] = -np.inf
    before = logits.copy()
    for _ in range(3):
        assert sampler.pick(logits) != 5
    np.testing.assert_array_equal(logits, before)


@pytest.mark.parametrize("hole", [np.nan, np.inf])
@pytest.mark.parametrize("at", [0, 3, 699])
def test_a_number_that_is_none_is_never_picked_wherever_it_stands(hole: float, at: int) -> None:
    logits = np.zeros(700, np.float32)
    logits[7], logits[at] = 50.0, hole
    assert Sampler(Settings(1.0, 1.0, 20, 0.0, 0.0), seed=1, greedy=False).pick(logits) == 7
    assert Sampler(Settings(1.0, 1.0, 20, 0.0, 0.0), seed=1, greedy=True).pick(logits) == 7
