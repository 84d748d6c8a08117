"""What was read before is found again, and only that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from engine.prefix import PrefixIndex, borders, identity_of
from engine.prompt import ImageSpan, Prompt
from engine.protocol import Image

TURN, THINK, PAD = 900, 901, 902


@dataclass
class FakeState:
    """Holds memory blocks: an address and a size each."""

    held: dict[int, int]
    length: int = 0

    def blocks(self) -> dict[int, int]:
        return self.held


def ids(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def prompt(*numbers: int, images: tuple[ImageSpan, ...] = ()) -> Prompt:
    return Prompt(ids(*numbers), np.zeros((3, len(numbers)), np.int64), len(numbers), images)


def test_the_longest_that_was_read_is_found() -> None:
    index = PrefixIndex(100)
    index.store(ids(1, 2), FakeState({1: 10}))
    index.store(ids(1, 2, 3, 4), FakeState({2: 10}))
    index.store(ids(1, 2, 3, 5), FakeState({3: 10}))
    found = index.longest(ids(1, 2, 3, 4, 6))
    assert found is not None
    assert found.identity.tolist() == [1, 2, 3, 4]
    assert index.longest(ids(1, 2, 3, 4)).identity.tolist() == [1, 2], "one token is always left to read"
    assert index.longest(ids(2, 2, 3)) is None


def test_the_longest_unused_goes_when_the_budget_is_full_and_shared_memory_counts_once() -> None:
    index = PrefixIndex(30)
    index.store(ids(1), FakeState({1: 10, 9: 5}))
    index.store(ids(2), FakeState({2: 10, 9: 5}))
    assert index.nbytes == 25
    assert index.longest(ids(1, 1)) is not None  # used: now the other is the older one
    index.store(ids(3), FakeState({3: 10}))
    assert index.longest(ids(2, 1)) is None
    assert index.longest(ids(1, 1)) is not None
    index.store(ids(4), FakeState({4: 31}))
    assert len(index) == 0, "what does not fit at all is not kept, and what was there made room for it"


def test_the_same_beginning_is_kept_once() -> None:
    index = PrefixIndex(100)
    index.store(ids(1, 2), FakeState({1: 10}))
    index.store(ids(1, 2), FakeState({2: 10}))
    assert (len(index), index.nbytes) == (1, 10)


def test_another_picture_or_another_size_of_it_is_another_beginning() -> None:
    one = prompt(1, PAD, PAD, 3, images=(ImageSpan(1, 2, 0),))
    first = identity_of(one, [Image("aa", "x")], [(2, 4)])
    assert np.array_equal(first, identity_of(one, [Image("aa", "elsewhere")], [(2, 4)]))
    assert not np.array_equal(first, identity_of(one, [Image("bb", "x")], [(2, 4)]))
    assert not np.array_equal(first, identity_of(one, [Image("aa", "x")], [(4, 2)]))
    assert (first[[0, 3]] == [1, 3]).all()
    assert (first[1:3] < 0).all()


@pytest.mark.parametrize(
    ("tokens", "images", "expected"),
    [
        ((TURN, 1, TURN, 2, TURN, 3, THINK, 4), (), (2, 6)),
        ((TURN, 1, PAD, 2, 5, TURN, 3, THINK, 4), (ImageSpan(2, 1, 0),), (4, 5, 7)),
        ((TURN, 1, THINK, 2, TURN, 3, 4), (), (4,)),
        ((PAD, PAD, 2), (ImageSpan(0, 2, 0),), ()),
        ((5, 6, 7), (), ()),
    ],
    ids=["system, question, answer", "picture", "an old think tag is no border", "nothing left to read", "raw text"],
)
def test_borders(tokens: tuple[int, ...], images: tuple[ImageSpan, ...], expected: tuple[int, ...]) -> None:
    assert borders(prompt(*tokens, images=images), TURN, THINK) == expected
