"""Guessing ahead changes no token, whatever is guessed: only how often the model is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import decode
from engine.backends.base import State
from engine.backends.torch.backend import TorchBackend
from engine.draft_policy import DraftPolicy
from engine.protocol import Event, Finished, Generate, Image, Message, Notice, Sampling, Text, TextDelta, Thinking
from engine.sampling import Sampler
from engine.session import Session
from engine.speculation import Speculator
from engine.tally import Tally
from tests.checkpoints import make_tiny

Kind = Literal["right", "mixed", "wrong", "own"]
STATE: Any = None
SAMPLINGS = {
    "greedy": Sampling(greedy=True),
    "sampled": Sampling(seed=3),
    "wild": Sampling(seed=3, temperature=2.0, top_k=0),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("model"), "4B", seed=5, endless=True)


@pytest.fixture
def question(picture: Callable[[str], Image]) -> Generate:
    parts = (picture("one"), Text("What is in the picture?"))
    return Generate("r", (Message("user", parts),), system="Be brief.", max_tokens=24)


@dataclass
class Guesser:
    """Sets how many tokens are guessed, and by whom."""

    patch: pytest.MonkeyPatch
    text: dict[int, int] = field(default_factory=dict)
    """The tokens of the last plain answer by their positions."""
    taken_back: list[int] = field(default_factory=list)

    def plain(self) -> None:
        """Guess nothing, and learn what is written."""
        step = TorchBackend.step

        def watched(backend: TorchBackend, state: State, token: int, position: int) -> NDArray[np.float32]:
            self.text[position] = token
            return step(backend, state, token, position)

        self.text.clear()
        self.patch.setattr(DraftPolicy, "count", lambda policy: 0)
        self.patch.setattr(TorchBackend, "step", watched)

    def guess(self, count: int, kind: Kind) -> None:
        """The plain answer's tokens, others, some of each, or those of the checkpoint's drafter."""
        keep, draft = TorchBackend.keep, TorchBackend.draft

        def told(backend: TorchBackend, state: State, token: int, position: int, count: int) -> tuple[int, ...]:
            if kind == "own":
                return draft(backend, state, token, position, count)
            places = range(position + 1, position + 1 + count)
            wrong = {"right": (), "mixed": (0,), "wrong": (0, 1, 2)}[kind]
            size = backend.spec.text.vocab_size
            return tuple((self.text.get(place, 0) + (place % 3 in wrong)) % size for place in places)

        def watched(backend: TorchBackend, state: State, kept: int) -> None:
            self.taken_back.append(count + 1 - kept)
            keep(backend, state, kept)

        self.patch.undo()
        self.patch.setattr(DraftPolicy, "count", lambda policy: count)
        self.patch.setattr(TorchBackend, "draft", told)
        self.patch.setattr(TorchBackend, "keep", watched)


@pytest.fixture
def guesser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Guesser]:
    with monkeypatch.context() as patch:
        yield Guesser(patch)


def run(session: Session, request: Generate) -> tuple[Finished, list[Event]]:
    *events, last = session.generate(request, lambda: False)
    assert isinstance(last, Finished), last
    return last, [event for event in events if isinstance(event, TextDelta | Notice)]


def check(session: Session, guesser: Guesser, request: Generate, count: int, kind: Kind) -> Finished:
    """The same events with guesses as without."""
    guesser.plain()
    plain, events = run(session, request)
    assert (plain.usage.drafted, plain.usage.accepted) == (0, 0)
    guesser.guess(count, kind)
    last, again = run(session, request)
    assert (last.tokens, last.reason, again) == (plain.tokens, plain.reason, events)
    assert last.usage.drafted >= last.usage.accepted
    return last


@pytest.mark.parametrize("kind", ["right", "mixed", "wrong", "own"])
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_the_text_is_the_same(
    opened: Callable[[], Session], guesser: Guesser, question: Generate, sampling: str, count: int, kind: Kind
) -> None:
    last = check(opened(), guesser, replace(question, sampling=SAMPLINGS[sampling]), count, kind)
    # The last token is not read.
    steps = len(last.tokens) - 1
    if kind == "right":
        # The last round guesses beyond the end.
        assert steps - last.usage.accepted == -(-steps // (count + 1))
    elif kind == "wrong":
        assert (last.usage.accepted, last.usage.drafted) == (0, count * steps)
    assert last.timings.tokens_per_second > 0


@pytest.mark.parametrize("kind", ["right", "wrong", "own"])
@pytest.mark.parametrize("budget", [4, 5, 6, 7])
def test_the_budget_for_thinking_ends_where_it_does_without_guesses(
    opened: Callable[[], Session], guesser: Guesser, question: Generate, budget: int, kind: Kind
) -> None:
    """What was read beyond it is taken back before the think block is closed."""
    request = replace(question, thinking=Thinking(True, budget), sampling=SAMPLINGS["sampled"], max_tokens=12)
    check(opened(), guesser, request, 3, kind)
    if kind == "right":
        # In rounds of four.
        assert guesser.taken_back == ([4 - budget % 4] if budget % 4 else [])


@pytest.mark.parametrize("kind", ["right", "mixed", "own"])
def test_a_restart_is_the_same(
    opened: Callable[[], Session], guesser: Guesser, question: Generate, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The void attempt leaves nothing behind, and the second one guesses anew."""

    class Watchdog:
        def __init__(self) -> None:
            self._pushed = 0

        def push(self, token: int) -> bool:
            self._pushed += 1
            return self._pushed == 6

        def reset(self) -> None:
            pass

    monkeypatch.setattr(decode, "Watchdog", Watchdog)
    session = opened()
    for thinking in (Thinking(), Thinking(True)):
        # Both attempts write at the same places, so that "right" is so in the second.
        request = replace(question, thinking=thinking, sampling=SAMPLINGS["sampled"])
        last = check(session, guesser, request, 3, kind)
        assert last.usage.accepted > 0 or kind == "own"


@pytest.mark.parametrize("after", [1, 2, 3, 5])
def test_stop_is_heard_at_every_token(
    opened: Callable[[], Session], guesser: Guesser, question: Generate, after: int
) -> None:
    """Also where the next tokens are known already."""
    request = replace(question, sampling=SAMPLINGS["sampled"])
    session = opened()
    plain = check(session, guesser, request, 3, "right")
    picked: list[int] = []
    pick = Sampler.pick

    def watched(sampler: Sampler, logits: NDArray[np.float32]) -> int:
        picked.append(pick(sampler, logits))
        return picked[-1]

    guesser.patch.setattr(Sampler, "pick", watched)
    *_, last = session.generate(request, lambda: len(picked) >= after)
    assert isinstance(last, Finished)
    assert (last.reason, last.tokens) == ("cancelled", plain.tokens[:after])
    # The next request knows nothing of it.
    assert run(session, request)[0].tokens == plain.tokens


def test_the_next_turn_goes_on_from_what_was_kept(
    opened: Callable[[], Session], guesser: Guesser, question: Generate
) -> None:
    request = replace(question, sampling=SAMPLINGS["greedy"])
    said = Message("assistant", (Text("A picture."),))
    second = replace(request, messages=(*request.messages, said, Message("user", (Text("So?"),))))
    guesser.plain()
    expected = [run(opened(), asked)[0].tokens for asked in (request, second)]
    guesser.text.clear()
    guesser.guess(2, "own")
    session = opened()
    assert [run(session, asked)[0].tokens for asked in (request, second)] == expected


# --- What is asked of the model, and what the policy is told ----------------------------------------------------------


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Counting:
    """A back end after whose token n comes n + 1, that guesses so, and notes what it is asked. Logits are [2]: the
    token they belong to, and how many tokens were read before them."""

    clock: Clock
    asked: list[Any] = field(default_factory=list)
    read: list[int] = field(default_factory=list)

    @property
    def drafting(self) -> Counting:
        return self

    def step(self, state: State, token: int, position: int) -> NDArray[np.float32]:
        self.asked.append(("step", position))
        self.clock.now += 1.0
        return self._read([token])[0]

    def draft(self, state: State, token: int, position: int, count: int) -> tuple[int, ...]:
        self.asked.append(("draft", position, count))
        self.clock.now += 0.25
        return tuple(range(token + 1, token + 1 + count))

    def verify(self, state: State, tokens: Sequence[int], position: int) -> NDArray[np.float32]:
        self.asked.append(("verify", position, tuple(tokens)))
        self.clock.now += 2.0
        return self._read(tokens)

    def keep(self, state: State, count: int) -> None:
        self.asked.append(("keep", count))
        self.clock.now += 0.5
        what, _, verified = self.asked[-2]
        assert what == "verify"
        del self.read[len(self.read) - len(verified) + count :]

    def _read(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        rows = []
        for token in tokens:
            self.read.append(token)
            rows.append([token, len(self.read)])
        return np.array(rows, np.float32)


@dataclass
class Told:
    """A policy that does as it is told, and remembers what it heard."""

    ways: list[int]
    heard: list[tuple[float, ...]] = field(default_factory=list)

    def count(self) -> int:
        return self.ways.pop(0)

    def stepped(self, seconds: float) -> None:
        self.heard.append((seconds,))

    def drafted(self, count: int, accepted: int, seconds: float) -> None:
        self.heard.append((count, accepted, seconds))


def test_each_token_is_read_once_and_in_order() -> None:
    clock, tally = Clock(), Tally()
    backend, policy = Counting(clock), Told([2, 3, 0, 1, 0])
    speculator = Speculator(backend, policy, tally, clock)  # type: ignore[arg-type]
    for index, token in enumerate([1, 2, 3, 4, 5, 50, 60, 70]):
        assert speculator.step(STATE, token, index).tolist() == [token, index + 1]
    assert backend.asked == [
        ("draft", 0, 2),
        ("verify", 0, (1, 2, 3)),
        ("draft", 3, 3),
        ("verify", 3, (4, 5, 6, 7)),
        ("keep", 2),
        ("step", 5),
        ("draft", 6, 1),
        ("verify", 6, (60, 61)),
        ("keep", 1),
        ("step", 7),
    ]
    # The time a guess costs is all of it: guessing, reading, taking back.
    assert policy.heard == [(2, 2, 2.25), (3, 1, 2.75), (1.0,), (1, 0, 2.75), (1.0,)]
    assert (tally.drafted, tally.accepted) == (6, 3)


@pytest.mark.parametrize("accepted", [0, 1, 2])
def test_who_reads_on_finds_what_was_written_and_nothing_else(accepted: int) -> None:
    clock = Clock()
    backend, policy = Counting(clock), Told([2, 0])
    speculator = Speculator(backend, policy, Tally(), clock)  # type: ignore[arg-type]
    for index in range(1 + accepted):
        speculator.step(STATE, 1 + index, index)
    for _ in range(2):
        speculator.settle(STATE)
        assert backend.read == list(range(1, 2 + accepted))
    # A round that was cut short says nothing about guesses.
    assert len(policy.heard) == (accepted == 2)
    assert speculator.step(STATE, 9, 1 + accepted).tolist() == [9, 2 + accepted]
