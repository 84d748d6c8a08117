"""The words of one document, and which passages say them: what the search asks an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from engine.documents.search.words import guess_language, is_unspaced, stem, words

SCHEMA = """
CREATE VIRTUAL TABLE said USING fts5(heading, text, content='', tokenize="ascii tokenchars '.'");
CREATE VIRTUAL TABLE said_where USING fts5vocab(said, 'instance');
CREATE VIRTUAL TABLE said_often USING fts5vocab(said, 'row');
CREATE VIRTUAL TABLE spelt USING fts5(text, content='', detail='none', tokenize='trigram case_sensitive 1');
CREATE VIRTUAL TABLE spelt_where USING fts5vocab(spelt, 'instance');
CREATE VIRTUAL TABLE spelt_often USING fts5vocab(spelt, 'row');
CREATE TABLE words (word TEXT PRIMARY KEY, stem TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX words_by_stem ON words (stem);
"""
"""Words are cut and folded by `words` beside it, so that all SQLite must do is part them at blanks. Which words there
are is kept aside: inflections, compounds and misspellings are looked up there, and never in the text. `spelt` has the
letters of each passage three by three, for words that are only akin."""


class Lexicon:
    """Works on a connection that `SCHEMA` has been run on."""

    def __init__(self, connection: sqlite3.Connection, language: str = "") -> None:
        self._connection = connection
        self.language = language

    def add(self, passage: int, heading: str, text: str) -> int:
        """Take in a passage, and give its length in words. `settle` follows after the last one."""
        above, said = words(heading), words(text)
        self._connection.execute(
            "INSERT INTO said (rowid, heading, text) VALUES (?, ?, ?)", (passage, " ".join(above), " ".join(said))
        )
        self._connection.execute("INSERT INTO spelt (rowid, text) VALUES (?, ?)", (passage, _spelling(above, said)))
        return len(said)

    def remove(self, passage: int, heading: str, text: str) -> None:
        """Take out a passage, with exactly what it was added with."""
        above, said = words(heading), words(text)
        self._connection.execute(
            "INSERT INTO said (said, rowid, heading, text) VALUES ('delete', ?, ?, ?)",
            (passage, " ".join(above), " ".join(said)),
        )
        self._connection.execute(
            "INSERT INTO spelt (spelt, rowid, text) VALUES ('delete', ?, ?)", (passage, _spelling(above, said))
        )

    def settle(self) -> None:
        """Learn the language, if it is not known yet, and the words that are new."""
        if not self.language:
            counts = dict(self._connection.execute("SELECT term, cnt FROM said_often"))
            self.language = guess_language(counts)
        unknown = self._connection.execute(
            "SELECT term FROM said_often WHERE term NOT IN (SELECT word FROM words)"
        ).fetchall()
        self._connection.executemany(
            "INSERT INTO words (word, stem) VALUES (?, ?)",
            ((word, stem(word, self.language)) for (word,) in unknown),
        )

    def passages_with(self, word: str) -> list[tuple[int, int, int]]:
        """Passages that say `word`, with how often their headings and they themselves do."""
        return self._connection.execute(
            "SELECT doc, sum(col = 'heading'), sum(col = 'text') FROM said_where WHERE term = ? GROUP BY doc", (word,)
        ).fetchall()

    def passages_with_phrase(self, phrase: Sequence[str]) -> list[int]:
        """Passages that say the words of `phrase` one after the other."""
        quoted = " ".join(phrase).replace('"', '""')
        rows = self._connection.execute("SELECT rowid FROM said WHERE said MATCH ?", (f'text : "{quoted}"',))
        return [number for (number,) in rows]

    def count_spelling(self, letters: Sequence[str]) -> dict[str, int]:
        """In how many passages each of these three letters stand together; those that nowhere do are left out."""
        marks = ", ".join("?" * len(letters))
        statement = f"SELECT term, doc FROM spelt_often WHERE term IN ({marks})"
        return dict(self._connection.execute(statement, tuple(letters)))

    def passages_spelt_with(self, worth: Mapping[str, float]) -> list[tuple[int, float]]:
        """Passages with the sum of what the letters in them are worth. The letters are those of `count_spelling`."""
        marks = ", ".join(["(?, ?)"] * len(worth))
        statement = (
            f"WITH sought (letters, worth) AS (VALUES {marks}) SELECT doc, sum(worth) FROM sought "
            "CROSS JOIN spelt_where ON term = letters GROUP BY doc"
        )
        values = tuple(value for pair in worth.items() for value in pair)
        return self._connection.execute(statement, values).fetchall() if worth else []

    def has(self, word: str) -> bool:
        """Whether the document says `word`."""
        return self._connection.execute("SELECT 1 FROM words WHERE word = ?", (word,)).fetchone() is not None

    def with_stem(self, shared: str) -> list[str]:
        """The words whose stem is `shared`."""
        return self._words("SELECT word FROM words WHERE stem = ?", shared)

    def beginning_with(self, start: str) -> list[str]:
        """The words that begin with `start`."""
        return self._words("SELECT word FROM words WHERE word >= ? AND word < ?", start, start + "\U0010ffff")

    def containing(self, piece: str) -> list[str]:
        """The words that `piece` is in."""
        return self._words("SELECT word FROM words WHERE instr(word, ?)", piece)

    def all_words(self) -> list[str]:
        """Every word once."""
        return self._words("SELECT word FROM words")

    def _words(self, statement: str, *values: str) -> list[str]:
        return [word for (word,) in self._connection.execute(statement, values)]


def spelling(said: Iterable[str]) -> list[str]:
    """The letters of words, three by three, each once; pairs of characters of scripts without blanks have none."""
    return list(dict.fromkeys(word[at : at + 3] for word in said if _is_spelt(word) for at in range(len(word) - 2)))


def _spelling(heading: Sequence[str], text: Sequence[str]) -> str:
    return " ".join(word for word in dict.fromkeys((*heading, *text)) if _is_spelt(word))


def _is_spelt(word: str) -> bool:
    return len(word) > 2 and not is_unspaced(word)
