"""Guessing is on where it is faster, with as many guesses as are fastest, and off everywhere else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from engine.backends.base import MOST_DRAFTS
from engine.draft_policy import DraftPolicy


@dataclass(frozen=True)
class Machine:
    """Seconds of a round by the number of guesses; how often a guess is right whose forerunners were."""

    seconds: tuple[float, ...]
    right: float

    def speed(self, count: int) -> float:
        return sum(self.right**place for place in range(count + 1)) / self.seconds[count]

    @property
    def best(self) -> float:
        return max(self.speed(count) for count in range(len(self.seconds)))


DISTRACTED = 400
"""So many times slower is a round in which the machine does something else."""


@dataclass
class Writer:
    """Writes tokens as the policy says. The seconds are made up, and the luck is seeded."""

    machine: Machine
    policy: DraftPolicy = field(default_factory=lambda: DraftPolicy(MOST_DRAFTS))
    distracted: float = 0.0
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def write(self, tokens: int) -> float:
        """Tokens a second, as a share of the best possible."""
        written, seconds = 0, 0.0
        while written < tokens:
            count = self.policy.count()
            took = self.machine.seconds[count] * self.random.uniform(0.95, 1.05)
            told = took * DISTRACTED if self.random.random() < self.distracted else took
            accepted = 0
            while accepted < count and self.random.random() < self.machine.right:
                accepted += 1
            if count:
                self.policy.drafted(count, accepted, told)
            else:
                self.policy.stepped(told)
            written += 1 + accepted
            seconds += took
        return written / seconds / self.machine.best


HELPFUL = Machine((0.100, 0.125, 0.150, 0.175), 0.8)
"""Memory is what a step waits for: a few rows more cost little."""
COSTLY = Machine((0.100, 0.200, 0.300, 0.400), 0.8)
"""Every row costs as much as the first."""


@pytest.mark.parametrize("right", [0.95, 0.8, 0.6, 0.4, 0.2, 0.0])
@pytest.mark.parametrize("seconds", [HELPFUL.seconds, COSTLY.seconds, (0.1, 0.11, 0.16, 0.24)])
def test_it_is_nearly_as_fast_as_the_best_way(seconds: tuple[float, ...], right: float) -> None:
    writer = Writer(Machine(seconds, right))
    writer.write(100)
    assert writer.write(4000) > 0.93


def test_guesses_that_fail_are_left_off_and_taken_up_when_they_come_true() -> None:
    writer = Writer(replace(HELPFUL, right=0.0))
    writer.write(200)
    assert writer.write(2000) > 0.95
    writer.machine = HELPFUL
    writer.write(500)
    assert writer.write(2000) > 0.93
    writer.machine = replace(HELPFUL, right=0.05)
    writer.write(200)
    assert writer.write(2000) > 0.95


def test_a_first_short_answer_is_hardly_slower() -> None:
    """What is tried at the beginning takes as long as a few steps, even where every guess is wrong."""
    assert Writer(replace(COSTLY, right=0.0)).write(60) > 0.6


def test_a_machine_that_does_something_else_for_a_moment_changes_nothing() -> None:
    for machine in (HELPFUL, COSTLY):
        writer = Writer(machine, distracted=0.03)
        writer.write(300)
        assert writer.write(2000) > 0.9


def test_the_first_round_of_each_way_does_not_count() -> None:
    """It takes memory, and a card compiles: a guess may well look hopeless once."""
    writer = Writer(HELPFUL)
    slow = Writer(Machine(tuple(1000 * seconds for seconds in HELPFUL.seconds), 0.8), writer.policy)
    for count in range(MOST_DRAFTS + 1):
        while writer.policy.count() != count:
            writer.write(1)
        slow.write(1)
    writer.write(100)
    assert writer.write(1000) > 0.93


def test_without_a_drafter_nothing_is_guessed() -> None:
    policy = DraftPolicy(0)
    for _ in range(500):
        assert policy.count() == 0
        policy.stepped(0.1)
