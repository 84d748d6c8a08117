"""What was asked about documents must open again, even when the file has gone; what was deleted must leave nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.conversation import Picture
from app.domain.documents import DocumentAttachment, ShownPage
from app.store import Store, schema
from app.store.database import NAME

MakePicture = Callable[..., Picture]


def document_of(store: Store, data: bytes = b"A lease.", name: str = "Größe 模型.pdf") -> DocumentAttachment:
    digest, path = store.keep_document([data[:3], data[3:]], name, copies=True)
    assert path is not None
    return DocumentAttachment(digest, path, name, "pdf", 12, ("Two pages are empty.",), "ready", page_word="page")


def test_a_document_comes_back_with_its_copy(folder: Path, picture: MakePicture) -> None:
    store = Store(folder)
    shown = store.keep(picture())
    document = document_of(store)
    assert document.id == hashlib.sha256(b"A lease.").hexdigest()
    assert (document.path.name, document.path.read_bytes()) == ("Größe 模型.pdf", b"A lease.")
    asked = replace(document, shown=(ShownPage(3, shown.id, shown.path, 640, 480),))
    conversation = store.create("Lease")
    turn = store.add_turn(conversation.id, None, "When?", [], [asked])
    assert turn.documents == (asked,)
    store.add_turn(conversation.id, turn.id, "And why?", [])
    store.purge()
    store.close()
    with closing(Store(folder)) as again:
        first, second = again.conversation(conversation.id).turns
        assert (first.documents, second.documents) == ((asked,), ())
        assert shown.path.exists()
        assert [summary.detail for summary in again.summaries()] == [document.name]


def test_the_same_bytes_are_kept_once_and_a_large_file_is_not_copied(store: Store) -> None:
    first, again = document_of(store), document_of(store, name="other.pdf")
    assert first.path == again.path
    digest, path = store.keep_document(iter([b"A lease."]), "huge.pdf", copies=False)
    assert (digest, path) == (first.id, None)


def test_a_document_that_goes_takes_its_copy_and_what_was_read_of_it(folder: Path) -> None:
    store = Store(folder)
    asked, unsent = document_of(store, b"asked"), document_of(store, b"unsent")
    kept = store.create("Kept")
    store.add_turn(kept.id, None, "When?", [], [asked])
    gone = store.create("Gone")
    store.add_turn(gone.id, None, "When?", [], [asked])
    index = folder / "documents" / f"{asked.id}.sqlite"
    index.parent.mkdir()
    index.touch()
    store.delete(gone.id)
    store.purge()
    store.close()
    assert (asked.path.exists(), index.exists(), unsent.path.exists()) == (True, True, False)
    with closing(Store(folder)) as again:
        again.delete(kept.id)
        again.purge()
    assert not asked.path.parent.exists()
    assert not index.exists()


def test_what_fails_while_it_is_read_leaves_nothing(store: Store, folder: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"some"
        raise ValueError("the disk is gone")

    with pytest.raises(ValueError, match="gone"):
        store.keep_document(pieces(), "a.pdf", copies=True)
    assert [path for path in (folder / "files").rglob("*") if path.is_file()] == []


def test_a_long_name_is_cut_before_its_ending(store: Store) -> None:
    document = document_of(store, name=f"{'a' * 200}.pdf")
    assert document.path.name == f"{'a' * 76}.pdf"


def test_a_history_of_version_4_takes_documents(folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / NAME)) as old:
        for step in schema.MIGRATIONS[:4]:
            step(old)
        old.execute("INSERT INTO conversation (id, title, head, created, updated) VALUES ('c', 'Old', 't', 1, 2)")
        old.execute("INSERT INTO turn (id, conversation, question, created) VALUES ('t', 'c', 'Where?', 1)")
        old.execute("PRAGMA user_version = 4")
        old.commit()
    with closing(Store(folder)) as store:
        assert store.conversation("c").turns[0].documents == ()
        document = document_of(store)
        assert store.add_turn("c", "t", "And here?", [], [document]).documents == (document,)
