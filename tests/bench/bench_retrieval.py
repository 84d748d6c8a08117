"""How often the search finds the right page, against plain BM25 of SQLite over the same passages.

    python tests/bench/bench_retrieval.py [--missed]

Where ``wordllama`` is installed, also with the order by meaning. The questions have known pages
(`tests/data/retrieval`). Each is asked twice: of its own document, and of all documents at once, where the page must be
one of the right document. A page counts as found at k when one of the first k passages stands on it; MRR is the mean of
one over the place of the first that does, among 10.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine.documents.search.index import Index
from engine.documents.search.meaning import Meaning
from engine.documents.search.retrieval import search
from tests.retrieval_set import Question, indexes, questions

TOP = 10
Place = tuple[str, int]
"""Name of a document and a page of it."""
Ask = Callable[[str, str], list[Place]]
"""From a question and the name of a document, ``""`` for all, to the places of the passages found."""


class PlainBm25:
    """What SQLite does by itself: FTS5 with unicode61, all words of the question joined by OR, `bm25()`."""

    def __init__(self, found: dict[str, Index], tokenizer: str) -> None:
        self._tables = {name: self._table({name: index}, tokenizer) for name, index in found.items()}
        self._tables[""] = self._table(found, tokenizer)
        self._trigram = "trigram" in tokenizer

    def __call__(self, question: str, document: str) -> list[Place]:
        words = "".join(char if char.isalnum() else " " for char in question).split()
        if self._trigram:
            words = [word[at : at + 3] for word in words for at in range(max(1, len(word) - 2))]
        rows = self._tables[document].execute(
            "SELECT document, page FROM said WHERE said MATCH ? ORDER BY bm25(said, 0, 0, 1, 1) LIMIT ?",
            (" OR ".join(f'"{word}"' for word in words), TOP),
        )
        return rows.fetchall()

    @staticmethod
    def _table(found: dict[str, Index], tokenizer: str) -> sqlite3.Connection:
        table = sqlite3.connect(":memory:")
        table.execute(
            "CREATE VIRTUAL TABLE said USING fts5(document UNINDEXED, page UNINDEXED, heading, text, "
            f'tokenize="{tokenizer}")'
        )
        for name, index in found.items():
            rows = ((name, passage.page, passage.heading, passage.text) for passage in index.passages())
            table.executemany("INSERT INTO said VALUES (?, ?, ?, ?)", rows)
        return table


def ours(found: dict[str, Index], meaning: Meaning | None) -> Ask:
    def ask(question: str, document: str) -> list[Place]:
        chosen = [(document, found[document])] if document else list(found.items())
        return [(passage.name, passage.page) for passage in search(chosen, question, TOP, meaning)]

    return ask


def measure(ask: Ask, asked: Sequence[Question], together: bool) -> tuple[list[int], float]:
    """The place of the right page for each question, from 1, 0 for not found, and the median time in ms."""
    places, times = list[int](), list[float]()
    for one in asked:
        began = time.perf_counter()
        found = ask(one.question, "" if together else one.document)
        times.append(time.perf_counter() - began)
        right = (one.document, one.page)
        places.append(found.index(right) + 1 if right in found else 0)
    return places, 1000 * statistics.median(times)


def report(title: str, places: Sequence[int]) -> None:
    def within(most: int) -> float:
        return 100 * sum(0 < place <= most for place in places) / len(places)

    rank = statistics.fmean(1 / place if place else 0 for place in places)
    print(f"{title:<34}{len(places):>5}{within(1):>8.1f}{within(5):>8.1f}{rank:>8.3f}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--missed", action="store_true", help="print the questions whose page is not in the first 5")
    chosen = options.parse_args()
    asked = questions()
    languages = list(dict.fromkeys(one.language for one in asked))
    with tempfile.TemporaryDirectory() as folder:
        found = indexes(Path(folder))
        ways: dict[str, Ask] = {
            "plain BM25 (unicode61)": PlainBm25(found, "unicode61 remove_diacritics 2"),
            "plain BM25 (trigram)": PlainBm25(found, "trigram"),
            "this search": ours(found, None),
        }
        if meaning := Meaning.load():
            ways["this search, with meaning"] = ours(found, meaning)
        for together in (False, True):
            print("\n" + ("All documents at once" if together else "One document"))
            print(f"{'':<34}{'n':>5}{'R@1 %':>8}{'R@5 %':>8}{'MRR':>8}")
            for name, ask in ways.items():
                places, took = measure(ask, asked, together)
                report(name, places)
                for language in languages:
                    report(
                        f"    {language}", [p for p, one in zip(places, asked, strict=True) if one.language == language]
                    )
                print(f"    {took:.1f} ms a question")
                if chosen.missed and name == list(ways)[-1]:
                    for place, one in zip(places, asked, strict=True):
                        if not 0 < place <= 5:
                            print(f"      {place:>2} {one.document} {one.page}: {one.question}")
        for index in found.values():
            index.close()


if __name__ == "__main__":
    main()
