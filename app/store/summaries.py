"""The rows of the sidebar, in one query."""

from __future__ import annotations

import sqlite3

from app.domain.conversation import ConversationSummary
from app.store.content import ContentFiles
from app.store.rows import ATTACHMENT_COLUMNS, attachment_of

_OLDEST_TURN_WITH_PICTURES = """
    SELECT turn.id FROM turn WHERE turn.conversation = conversation.id
        AND EXISTS (SELECT 1 FROM attachment WHERE attachment.turn = turn.id)
    ORDER BY turn.rowid LIMIT 1"""
_PICTURES = """
    SELECT count(*) FROM turn JOIN attachment ON attachment.turn = turn.id WHERE turn.conversation = conversation.id"""
_OLDEST_DOCUMENT = """
    SELECT name FROM turn JOIN document ON document.turn = turn.id WHERE turn.conversation = conversation.id
    ORDER BY turn.rowid, document.position LIMIT 1"""
_NEWEST_MODEL = """
    SELECT model FROM turn WHERE turn.conversation = conversation.id AND model <> '' ORDER BY turn.rowid DESC LIMIT 1"""
# The number and the model are looked up only for the rows that show them.
_QUERY = f"""
    SELECT conversation.id, conversation.title, conversation.updated,
        CASE WHEN first.title = '' THEN ({_PICTURES}) ELSE 0 END,
        CASE WHEN first.title IS NULL THEN coalesce(({_OLDEST_DOCUMENT}), ({_NEWEST_MODEL})) END,
        {", ".join("'[]'" if column == "elements" else f"first.{column}" for column in ATTACHMENT_COLUMNS)}
    FROM conversation
    LEFT JOIN attachment AS first ON first.position = 0 AND first.turn = ({_OLDEST_TURN_WITH_PICTURES})
    WHERE conversation.deleted IS NULL
    ORDER BY conversation.updated DESC, conversation.rowid DESC"""


def read_summaries(connection: sqlite3.Connection, files: ContentFiles) -> tuple[ConversationSummary, ...]:
    """All conversations that are not deleted, the one that changed last first."""
    return tuple(
        _summary(conversation, title, updated, pictures, other, first, files)
        for conversation, title, updated, pictures, other, *first in connection.execute(_QUERY)
    )


def _summary(
    conversation: str,
    title: str,
    updated: float,
    pictures: int,
    other: str | None,
    first: list[object],
    files: ContentFiles,
) -> ConversationSummary:
    """`first` is the first picture's row, all None when there is no picture; then `other` is the first document's name,
    or that of the model."""
    if first[0] is None:
        return ConversationSummary(conversation, title, other or "", None, updated)
    thumbnail = attachment_of(first, files)
    counted = "1 picture" if pictures == 1 else f"{pictures} pictures"
    return ConversationSummary(conversation, title, thumbnail.title or counted, thumbnail, updated)
