"""Turns of a conversation to the messages of a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.conversation import Attachment, Turn
from engine.protocol import Image, ImageBudget, Message, Offer, Part, Text

TITLE_CHARACTERS = 60
_BUDGETS: tuple[ImageBudget, ...] = ("fast", "balanced", "full")


@dataclass(frozen=True, slots=True)
class Concessions:
    """What the person gave up so that a conversation fits the memory: its first messages, detail, or nothing."""

    left_out: int = 0
    budget: ImageBudget | None = None

    def limit(self, budget: ImageBudget) -> ImageBudget:
        """`budget`, or the smaller one that was agreed on."""
        return budget if self.budget is None else min(budget, self.budget, key=_BUDGETS.index)


def messages_of(before: Sequence[Turn], turn: Turn, left_out: int = 0) -> tuple[Message, ...]:
    """The conversation up to the question of `turn`, without its first `left_out` messages.

    Answers that failed or are empty are left out, their questions stay. A question that failed without a word is left
    out whole: what made it fail would make this one fail too. The first message is always a person's, and the last one
    is never left out.
    """
    messages: list[Message] = []
    for earlier in before:
        answer = earlier.answer
        if answer.state == "failed" and not answer.text:
            continue
        messages.append(_question(earlier))
        if answer.state in ("finished", "stopped") and answer.text.strip():
            messages.append(Message("assistant", (Text(answer.text),)))
    first = left_out
    while first < len(messages) and messages[first].role != "user":
        first += 1
    return (*messages[first:], _question(turn))


def concede(concessions: Concessions, offer: Offer, before: Sequence[Turn], turn: Turn) -> Concessions:
    """What holds after `offer`, which was made for the request with `concessions`, is accepted.

    Raises:
        ValueError: the offer's value is none of its action.
    """
    if offer.action == "image_budget":
        for budget in _BUDGETS:
            if budget == offer.value:
                return Concessions(concessions.left_out, budget)
        raise ValueError(f"no image budget {offer.value!r}")
    already = len(messages_of(before, turn)) - len(messages_of(before, turn, concessions.left_out))
    return Concessions(already + int(offer.value), concessions.budget)


def title_of(question: str, attachments: Sequence[Attachment]) -> str:
    """The first line of the question, shortened at a word; without words what the first picture is called."""
    line = next((line.strip() for line in question.splitlines() if line.strip()), "")
    if not line:
        line = next((attachment.title for attachment in attachments if attachment.title), "Picture")
    if len(line) <= TITLE_CHARACTERS:
        return line
    cut = line[:TITLE_CHARACTERS]
    at_word = cut.rpartition(" ")[0] if line[TITLE_CHARACTERS] != " " else cut
    # A language without spaces, or one long word, is cut where it is.
    return (at_word if len(at_word) > TITLE_CHARACTERS // 2 else cut).rstrip(" ,;:.-") + "…"


def _question(turn: Turn) -> Message:
    parts: list[Part] = [Image(attachment.id, str(attachment.path)) for attachment in turn.attachments]
    if turn.question:
        parts.append(Text(turn.question))
    return Message("user", tuple(parts))
