"""The store: everything that is kept of conversations."""

from __future__ import annotations

import dataclasses
import sqlite3
import time
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

from app.domain.conversation import Answer, Attachment, Conversation, ConversationSummary, Picture, Turn
from app.domain.documents import DocumentAttachment
from app.domain.screen import WindowRef
from app.files import private_folder
from app.store import tree
from app.store.content import ContentFiles
from app.store.database import Database, damaged_files
from app.store.documents import is_document_used, write_documents
from app.store.errors import GONE, StoreError, explained
from app.store.papers import DocumentFiles
from app.store.rows import ANSWER_COLUMNS, ATTACHMENT_COLUMNS, answer_row, attachment_row, storable
from app.store.summaries import read_summaries


class Store:
    """Conversations, pictures, documents, the draft and the plain page, kept in `folder` and safe on disk when a method
    returns.

    A conversation is a tree of turns: asking again or editing adds a sibling. Its *head* is the last turn of the path
    that is shown. All methods belong to the thread that made the store, `keep` and `keep_document` may be called from
    any. Each raises `StoreError`, and has then changed nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with explained():
            private_folder(folder)
        self._files = ContentFiles(folder / "pictures")
        # What the reader process reads of a document it keeps in "documents".
        self._papers = DocumentFiles(self.copies, folder / "documents")
        self._database = Database(folder)
        # Turns whose answer this run has begun: others that look unfinished were cut off by a crash.
        self._live: set[str] = set()
        # By picture, for this run alone: the system uses the numbers of windows again.
        self._windows: dict[str, WindowRef] = {}

    @property
    def notice(self) -> str:
        """A sentence to show once after opening, or nothing: a damaged history was set aside."""
        aside = self._database.set_aside
        if aside is None:
            return ""
        return (
            f"The history was damaged, so a new one was begun. "
            f"The old one is kept as {aside.name} in {self._folder}; your pictures are still there."
        )

    @property
    def copies(self) -> Path:
        """The folder under which the copies of documents lie."""
        return self._folder / "files"

    def close(self) -> None:
        """Remove pictures and documents that were kept but never sent, and let go of the files; may be called again."""
        try:
            self._files.let_go(self._is_used)
            self._papers.let_go(self._is_document_used)
        finally:
            self._database.close()

    # --- Reading ---

    def summaries(self) -> tuple[ConversationSummary, ...]:
        """All conversations that are not deleted, the one that changed last first."""
        with self._database.reading() as connection:
            return read_summaries(connection, self._files)

    def conversation(self, id: str) -> Conversation:  # noqa: A002 - the seam's own name
        """The path from the first turn to the head. Deleted conversations are gone until they are restored."""
        with self._database.reading() as connection:
            found = tree.read_conversation(connection, self._files, self._papers, id, self._live)
        return dataclasses.replace(found, turns=tuple(map(self._with_windows, found.turns)))

    def parent_of(self, turn: str) -> str | None:
        """The turn before `turn`, None for a first one."""
        with self._database.reading() as connection:
            return tree.read_parent(connection, turn)

    def draft(self) -> str:
        """What stands unsent in the composer."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT text FROM draft").fetchone()
        return "" if row is None else str(row[0])

    def page(self) -> str:
        """What stands on the plain page."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT text FROM page").fetchone()
        return "" if row is None else str(row[0])

    # --- Writing ---

    def create(self, title: str) -> Conversation:
        """A new conversation without turns."""
        now = time.time()
        conversation = Conversation(uuid.uuid4().hex, storable(title), (), now, now)
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO conversation (id, title, created, updated) VALUES (?, ?, ?, ?)",
                (conversation.id, conversation.title, now, now),
            )
        return conversation

    def add_turn(
        self,
        conversation: str,
        parent: str | None,
        question: str,
        attachments: Sequence[Attachment],
        documents: Sequence[DocumentAttachment] = (),
    ) -> Turn:
        """A new turn after `parent` (None: a first one), beside those that are there already. It becomes the head."""
        turn = uuid.uuid4().hex
        now = time.time()
        with self._database.writing() as connection:
            if parent is not None and tree.conversation_of(connection, parent) != conversation:
                raise StoreError(GONE)
            _touch(connection, conversation, now)
            connection.execute(
                "INSERT INTO turn (id, conversation, parent, question, created) VALUES (?, ?, ?, ?, ?)",
                (turn, conversation, parent, storable(question), now),
            )
            connection.executemany(
                f"INSERT INTO attachment (turn, position, {', '.join(ATTACHMENT_COLUMNS)}) "
                f"VALUES (?, ?, {_marks(ATTACHMENT_COLUMNS)})",
                [(turn, position, *attachment_row(item)) for position, item in enumerate(attachments)],
            )
            write_documents(connection, turn, documents)
            connection.execute("UPDATE conversation SET head = ? WHERE id = ?", (turn, conversation))
            self._live.add(turn)
            self._windows |= {each.id: each.window for each in attachments if each.window is not None}
            added = tree.read_turn(connection, self._files, self._papers, turn, self._live)
        return self._with_windows(added)

    def choose(self, turn: str) -> Conversation:
        """Show the path through `turn`: the head becomes the newest turn below it."""
        with self._database.writing() as connection:
            conversation = tree.conversation_of(connection, turn)
            head = tree.newest_below(connection, turn)
            connection.execute("UPDATE conversation SET head = ? WHERE id = ?", (head, conversation))
        return self.conversation(conversation)

    def save_answer(self, turn: str, answer: Answer) -> None:
        """Replace the turn's answer. A finished one survives whatever happens to the program afterwards."""
        with self._database.writing() as connection:
            _touch(connection, tree.conversation_of(connection, turn), time.time())
            connection.execute(
                f"UPDATE turn SET ({', '.join(ANSWER_COLUMNS)}) = ({_marks(ANSWER_COLUMNS)}) WHERE id = ?",
                (*answer_row(answer), turn),
            )
        self._live.add(turn)

    def rename(self, id: str, title: str) -> None:  # noqa: A002
        """Give the conversation another title. It keeps its place in the list."""
        self._change("UPDATE conversation SET title = ? WHERE id = ?", storable(title), id)

    def delete(self, id: str) -> None:  # noqa: A002
        """Take the conversation out of sight; `restore` brings it back until `purge` is called."""
        self._change("UPDATE conversation SET deleted = ? WHERE id = ?", time.time(), id)

    def restore(self, id: str) -> None:  # noqa: A002
        """Undo `delete`."""
        self._change("UPDATE conversation SET deleted = NULL WHERE id = ?", id)

    def purge(self) -> None:
        """Remove what was deleted, with the pictures and documents that no other conversation needs."""
        with self._database.writing() as connection:
            released = connection.execute(
                "SELECT DISTINCT sha256, media_type FROM attachment JOIN turn ON turn.id = attachment.turn "
                "JOIN conversation ON conversation.id = turn.conversation WHERE deleted IS NOT NULL"
            ).fetchall()
            shown, papers = (
                [
                    digest
                    for (digest,) in connection.execute(
                        f"SELECT DISTINCT sha256 FROM {table} AS part JOIN turn ON turn.id = part.turn "
                        "JOIN conversation ON conversation.id = turn.conversation WHERE deleted IS NOT NULL"
                    )
                ]
                for table in ("page_picture", "document")
            )
            released += [(digest, "image/png") for digest in shown]
            connection.execute("DELETE FROM conversation WHERE deleted IS NOT NULL")
        # After the commit: a picture without a row is a stray, a row without its picture would be a loss.
        self._files.remove([self._files.path_of(*content) for content in released if not self._is_used(content[0])])
        self._papers.remove([digest for digest in papers if not self._is_document_used(digest)])
        if not damaged_files(self._folder):
            # A history that was set aside may still name files that this one does not know.
            self._files.remove_strays(self._is_used)
            self._papers.remove_strays(self._is_document_used)

    def keep(self, picture: Picture) -> Attachment:
        """Write the picture's bytes to a file, unless the same bytes are kept already. For any thread."""
        digest, path = self._files.keep(picture.data, picture.media_type)
        return Attachment(
            digest,
            path,
            picture.media_type,
            picture.width,
            picture.height,
            picture.source,
            picture.title,
            picture.place,
            picture.elements,
            picture.window,
        )

    def keep_document(self, pieces: Iterable[bytes], name: str, copies: bool) -> tuple[str, Path | None]:
        """Take in a file called `name`, piece by piece: its sha256 in hex, and where its copy lies, None without
        `copies`. Raises what `pieces` raises. For any thread."""
        return self._papers.keep(pieces, name, copies)

    def set_draft(self, text: str) -> None:
        """Keep what stands unsent in the composer."""
        self._change("INSERT OR REPLACE INTO draft (only, text) VALUES (1, ?)", storable(text))

    def set_page(self, text: str) -> None:
        """Keep what stands on the plain page."""
        self._change("INSERT OR REPLACE INTO page (only, text) VALUES (1, ?)", storable(text))

    def _change(self, statement: str, *values: object) -> None:
        with self._database.writing() as connection:
            if connection.execute(statement, values).rowcount != 1:
                raise StoreError(GONE)

    def _with_windows(self, turn: Turn) -> Turn:
        if not any(picture.id in self._windows for picture in turn.attachments):
            return turn
        known = (dataclasses.replace(each, window=self._windows.get(each.id)) for each in turn.attachments)
        return dataclasses.replace(turn, attachments=tuple(known))

    def _is_used(self, digest: str) -> bool:
        with self._database.reading() as connection:
            query = (
                "SELECT EXISTS (SELECT 1 FROM attachment WHERE sha256 = :digest) "
                "OR EXISTS (SELECT 1 FROM page_picture WHERE sha256 = :digest)"
            )
            return bool(connection.execute(query, {"digest": digest}).fetchone()[0])

    def _is_document_used(self, digest: str) -> bool:
        with self._database.reading() as connection:
            return is_document_used(connection, digest)


def _touch(connection: sqlite3.Connection, conversation: str, now: float) -> None:
    """The conversation changed `now`; it moves to the top of the list. Raises `StoreError` when it is gone."""
    if connection.execute("UPDATE conversation SET updated = ? WHERE id = ?", (now, conversation)).rowcount != 1:
        raise StoreError(GONE)


def _marks(columns: Sequence[str]) -> str:
    return ", ".join("?" * len(columns))
