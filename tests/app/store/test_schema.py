"""A history written by an older Fingerpost must open in this one. Each step has its test here."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.conversation import Answer
from app.domain.documents import Citation
from app.store import Store, schema
from app.store.database import NAME
from app.store.errors import StoreError
from engine.protocol import Box, PassageFound, Searched, SourceRead


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    yield connection
    connection.close()


def columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def test_version_1_makes_the_tables(connection: sqlite3.Connection) -> None:
    schema.MIGRATIONS[0](connection)
    assert {"id", "title", "head", "created", "updated", "deleted"} == columns(connection, "conversation")
    assert {"id", "conversation", "parent", "question", "created", "text"} < columns(connection, "turn")
    assert {"turn", "position", "sha256", "place"} < columns(connection, "attachment")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO turn (id, conversation, question, created) VALUES ('t', 'gone', 'q', 0)")


def test_a_history_of_version_1_opens_with_its_answers(folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / NAME)) as old:
        schema.MIGRATIONS[0](old)
        old.execute("INSERT INTO conversation (id, title, head, created, updated) VALUES ('c', 'Margins', 't', 1, 2)")
        old.execute(
            "INSERT INTO turn (id, conversation, question, created, state, text) "
            "VALUES ('t', 'c', 'Where?', 1, 'finished', 'On the tab Page.')"
        )
        old.execute("PRAGMA user_version = 1")
        old.commit()
    with closing(Store(folder)) as store:
        (turn,) = store.conversation("c").turns
        assert turn.answer == Answer("finished", "On the tab Page.")
        store.save_answer("t", turn.answer)


def test_a_history_of_version_2_has_an_empty_page_to_write_on(folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / NAME)) as old:
        for step in schema.MIGRATIONS[:2]:
            step(old)
        old.execute("INSERT INTO draft (only, text) VALUES (1, 'And now')")
        old.execute("PRAGMA user_version = 2")
        old.commit()
    with closing(Store(folder)) as store:
        assert (store.draft(), store.page()) == ("And now", "")
        store.set_page("It was a dark")
    with closing(Store(folder)) as store:
        assert (store.draft(), store.page()) == ("And now", "It was a dark")


def test_a_history_of_version_3_takes_an_answer_with_citations(folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / NAME)) as old:
        for step in schema.MIGRATIONS[:3]:
            step(old)
        old.execute("INSERT INTO conversation (id, title, head, created, updated) VALUES ('c', 'Lease', 't', 1, 2)")
        old.execute("INSERT INTO turn (id, conversation, question, created) VALUES ('t', 'c', 'When?', 1)")
        old.execute("PRAGMA user_version = 3")
        old.commit()
    lines = (Box(0.1, 0.2, 0.5, 0.25), Box(0.1, 0.25, 0.3, 0.3))
    passage = PassageFound("a" * 64, "lease.pdf", 12, 7, "7", "Term", "The Tenant may terminate", lines, 1.5)
    cited = Answer(
        "finished",
        "After a year [1].",
        citations=(Citation(1, passage, "may terminate", True, lines[:1], 7),),
        sources=(SourceRead("a" * 64, "lease.pdf", False, (12, 13), (7, 8), 24, 2140, "Pages 9 to 24."),),
        searches=(Searched("r", "notice period", (passage,)),),
    )
    with closing(Store(folder)) as store:
        assert store.conversation("c").turns[0].answer.citations == ()
        store.save_answer("t", cited)
    with closing(Store(folder)) as store:
        assert store.conversation("c").turns[0].answer == cited


def test_every_part_of_an_answer_has_its_column(connection: sqlite3.Connection) -> None:
    schema.migrate(connection)
    assert {field.name for field in dataclasses.fields(Answer)} < columns(connection, "turn")


def test_migrating_twice_changes_nothing(connection: sqlite3.Connection) -> None:
    schema.migrate(connection)
    schema.migrate(connection)
    assert schema.version_of(connection) == len(schema.MIGRATIONS)


def test_a_step_that_fails_leaves_the_version_before_it(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(inner: sqlite3.Connection) -> None:
        inner.execute("CREATE TABLE half (x)")
        inner.execute("no such statement")

    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, fails))
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(connection)
    assert schema.version_of(connection) == len(schema.MIGRATIONS) - 1
    assert not columns(connection, "half")


def test_a_newer_version_is_refused(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer"):
        schema.migrate(connection)
