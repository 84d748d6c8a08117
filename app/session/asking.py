"""A question into the store, and how it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from app.domain.conversation import Answer, Attachment, Conversation, Turn
from app.domain.documents import DocumentAttachment
from app.session.answering import Answering
from app.session.history import Concessions, concede
from app.store.errors import StoreError
from app.store.store import Store
from engine.protocol import ImageBudget, Offer


class Asking:
    """What the person has set for the next questions, and what was given up in each conversation so that it fits."""

    def __init__(self) -> None:
        self.thinking = False
        self.detail: ImageBudget = "balanced"
        self.looks_closer = False
        self._concessions: dict[str, Concessions] = {}

    def question(
        self, conversation: str, turn: Turn, before: tuple[Turn, ...], earlier: Answer | None = None
    ) -> Answering:
        """The question of `turn` after `before`, asked as it is set now."""
        concessions = self._concessions.get(conversation, Concessions())
        return Answering(
            conversation=conversation,
            turn=turn,
            before=before,
            thinking=self.thinking,
            budget=concessions.limit(self.detail),
            zoom=self.looks_closer,
            left_out=concessions.left_out,
            earlier=earlier or Answer(),
        )

    def concede(self, conversation: str, offer: Offer, before: tuple[Turn, ...], turn: Turn) -> None:
        """`offer`, which was made for the question of `turn`, is accepted."""
        concessions = self._concessions.get(conversation, Concessions())
        self._concessions[conversation] = concede(concessions, offer, before, turn)

    def forget(self, conversation: str) -> None:
        """What was given up there was for another path."""
        self._concessions.pop(conversation, None)

    def forget_all(self) -> None:
        """What was given up was for another model."""
        self._concessions.clear()


def append_turn(
    store: Store,
    conversation: Conversation,
    question: str,
    attachments: Sequence[Attachment],
    documents: Sequence[DocumentAttachment],
) -> Turn:
    """A new turn at the end of `conversation`. Raises `StoreError`; a conversation that was begun for it goes then."""
    parent = conversation.turns[-1].id if conversation.turns else None
    try:
        return store.add_turn(conversation.id, parent, question, attachments, documents)
    except StoreError:
        if parent is None:
            # The first error is the one to tell.
            with suppress(StoreError):
                store.delete(conversation.id)
        raise
