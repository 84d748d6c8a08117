"""Queries over a conversation's tree of turns."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections import defaultdict
from collections.abc import Collection

from app.domain.conversation import Answer, Attachment, Conversation, Turn
from app.domain.documents import DocumentAttachment
from app.store.content import ContentFiles
from app.store.documents import read_documents
from app.store.errors import GONE, StoreError
from app.store.papers import DocumentFiles
from app.store.rows import ANSWER_COLUMNS, ATTACHMENT_COLUMNS, answer_of, attachment_of

_TURN = f"id, question, created, {', '.join(ANSWER_COLUMNS)}"
_ATTACHMENT = ", ".join(ATTACHMENT_COLUMNS)
_PATH = """WITH RECURSIVE path (id, parent, depth) AS (
        SELECT turn.id, turn.parent, 0 FROM conversation JOIN turn ON turn.id = conversation.head
            WHERE conversation.id = :conversation
        UNION ALL
        SELECT turn.id, turn.parent, depth + 1 FROM path JOIN turn ON turn.id = path.parent
    )"""
_BELOW = """WITH RECURSIVE below (id, age) AS (
        SELECT id, rowid FROM turn WHERE id = :turn
        UNION ALL
        SELECT turn.id, turn.rowid FROM below JOIN turn ON turn.parent = below.id
    )"""


def read_conversation(
    connection: sqlite3.Connection,
    files: ContentFiles,
    papers: DocumentFiles,
    conversation: str,
    live: Collection[str],
) -> Conversation:
    """The conversation with the path from its first turn to its head; `live` are the turns being answered now."""
    row = connection.execute(
        "SELECT title, created, updated FROM conversation WHERE id = ? AND deleted IS NULL", (conversation,)
    ).fetchone()
    if row is None:
        raise StoreError(GONE)
    title, created, updated = row
    named = {"conversation": conversation}
    turns = connection.execute(
        f"{_PATH} SELECT {_TURN} FROM path JOIN turn USING (id) ORDER BY depth DESC", named
    ).fetchall()
    attachments: dict[str, list[Attachment]] = defaultdict(list)
    for turn, *rest in connection.execute(
        f"{_PATH} SELECT turn, {_ATTACHMENT} FROM path JOIN attachment ON attachment.turn = path.id ORDER BY position",
        named,
    ):
        attachments[turn].append(attachment_of(rest, files))
    documents = read_documents(connection, files, papers, [row[0] for row in turns])
    siblings = _siblings(connection, conversation)
    return Conversation(
        conversation,
        title,
        tuple(
            _turn(row, tuple(attachments[row[0]]), documents.get(row[0], ()), siblings[row[0]], live, files)
            for row in turns
        ),
        created,
        updated,
    )


def read_turn(
    connection: sqlite3.Connection, files: ContentFiles, papers: DocumentFiles, turn: str, live: Collection[str]
) -> Turn:
    """One turn with everything that belongs to it."""
    row = connection.execute(f"SELECT {_TURN} FROM turn WHERE id = ?", (turn,)).fetchone()
    attachments = connection.execute(
        f"SELECT {_ATTACHMENT} FROM attachment WHERE turn = ? ORDER BY position", (turn,)
    ).fetchall()
    siblings = connection.execute(
        "SELECT other.id FROM turn JOIN turn AS other USING (conversation) "
        "WHERE turn.id = ? AND other.parent IS turn.parent ORDER BY other.rowid",
        (turn,),
    ).fetchall()
    return _turn(
        row,
        tuple(attachment_of(item, files) for item in attachments),
        read_documents(connection, files, papers, [turn]).get(turn, ()),
        tuple(sibling for (sibling,) in siblings),
        live,
        files,
    )


def read_parent(connection: sqlite3.Connection, turn: str) -> str | None:
    """The turn before `turn`. Raises `StoreError` when `turn` is gone."""
    row = connection.execute("SELECT parent FROM turn WHERE id = ?", (turn,)).fetchone()
    if row is None:
        raise StoreError(GONE)
    return None if row[0] is None else str(row[0])


def conversation_of(connection: sqlite3.Connection, turn: str) -> str:
    """The conversation that `turn` belongs to. Raises `StoreError` when it is gone."""
    row = connection.execute("SELECT conversation FROM turn WHERE id = ?", (turn,)).fetchone()
    if row is None:
        raise StoreError(GONE)
    return str(row[0])


def newest_below(connection: sqlite3.Connection, turn: str) -> str:
    """The youngest turn of the branch that starts with `turn`: an end, because a turn is older than those after it."""
    row = connection.execute(f"{_BELOW} SELECT id FROM below ORDER BY age DESC LIMIT 1", {"turn": turn}).fetchone()
    return str(row[0])


def _siblings(connection: sqlite3.Connection, conversation: str) -> dict[str, tuple[str, ...]]:
    """For each turn of the conversation all that stand in its place, oldest first."""
    families: dict[str | None, list[str]] = defaultdict(list)
    for turn, parent in connection.execute(
        "SELECT id, parent FROM turn WHERE conversation = ? ORDER BY rowid", (conversation,)
    ):
        families[parent].append(turn)
    return {turn: tuple(family) for family in families.values() for turn in family}


def _turn(
    row: tuple[object, ...],
    attachments: tuple[Attachment, ...],
    documents: tuple[DocumentAttachment, ...],
    siblings: tuple[str, ...],
    live: Collection[str],
    files: ContentFiles,
) -> Turn:
    turn, question, created, *rest = row
    answer: Answer = answer_of(rest, files)
    if answer.state in ("waiting", "streaming") and turn not in live:
        answer = dataclasses.replace(answer, state="stopped")
    return Turn(str(turn), str(question), attachments, answer, float(str(created)), siblings, documents)
