"""Going on from what was read before, through MLX: the tests of the session, which does not know what is behind it."""

from __future__ import annotations

import pytest

from tests.engine.test_prefix_torch import (
    folder,
    test_a_new_picture_in_a_long_conversation_leaves_what_was_read,
    test_a_sampled_answer_is_the_same_with_and_without_what_was_read,
    test_a_stopped_request_leaves_only_whole_snapshots,
    test_memory_stays_within_the_budget_over_many_turns,
    test_the_next_turn_reads_the_last_answer_and_the_new_question_only,
)

pytest.importorskip("mlx_lm")

__all__ = [
    "folder",
    "test_a_new_picture_in_a_long_conversation_leaves_what_was_read",
    "test_a_sampled_answer_is_the_same_with_and_without_what_was_read",
    "test_a_stopped_request_leaves_only_whole_snapshots",
    "test_memory_stays_within_the_budget_over_many_turns",
    "test_the_next_turn_reads_the_last_answer_and_the_new_question_only",
]


@pytest.fixture(autouse=True)
def _through_mlx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINGERPOST_BACKEND", "mlx")
