"""What the window says in numbers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.domain.conversation import Answer
from app.ui.words import day_of, offer_words, picture_line, seconds, speed_line, thought_line
from engine.protocol import Offer
from tests.app.ui import samples

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("ago", "day"),
    [
        (timedelta(minutes=10), "Today"),
        (timedelta(minutes=40), "Yesterday"),
        (timedelta(days=6), "Last 7 days"),
        (timedelta(days=7, hours=1), "February"),
        (timedelta(days=100), "November 2025"),
        (-timedelta(days=1), "Today"),
    ],
)
def test_a_conversation_stands_under_the_day_of_the_persons_own_clock(ago: timedelta, day: str) -> None:
    name, begins = day_of((NOW - ago).timestamp(), NOW)
    assert name == day
    assert day_of(begins, NOW) == (day, begins)


def test_a_picture_tells_tokens_only_when_they_are_known() -> None:
    picture = samples.attachment(Path("x.png"))
    assert picture_line(picture, 1222) == "Writer, 1920 × 1080, seen as 1,222 tokens"
    assert picture_line(picture) == "Writer, 1920 × 1080"


def test_times_are_short() -> None:
    assert [seconds(value) for value in (0.04, 1.94, 9.96, 59.4, 125)] == [
        "0.0 s",
        "1.9 s",
        "10 s",
        "59 s",
        "2 min 5 s",
    ]
    assert speed_line(samples.finished()) == "1.9 s · 14 tokens a second"
    assert speed_line(Answer("stopped", "a", total_seconds=3, tokens_per_second=4.26)) == (
        "Stopped · 3.0 s · 4.3 tokens a second"
    )
    assert thought_line(Answer(reasoning_seconds=12), live=False) == "Thought for 12 s"


def test_an_offer_says_what_will_happen() -> None:
    assert offer_words(Offer("drop_turns", "4", 1)) == "Leave out the first 4 messages"
    assert offer_words(Offer("drop_turns", "1", 1)) == "Leave out the first message"
    assert offer_words(Offer("image_budget", "balanced", 1)) == "Ask with balanced detail"
