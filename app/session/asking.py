"""A question into the store."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from app.domain.conversation import Attachment, Conversation, Turn
from app.domain.documents import DocumentAttachment
from app.store.errors import StoreError
from app.store.store import Store


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
