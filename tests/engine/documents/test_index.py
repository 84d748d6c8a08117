"""What was read of a document is kept whole or not at all, comes back as it was, and every process can read it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from engine.documents.document import Document, DocumentError, Page, Span, Table, Word
from engine.documents.places import documents_folder
from engine.documents.search.index import Index, IndexDamaged, delete
from engine.documents.search.passages import passages
from engine.documents.search.retrieval import search
from engine.protocol import Box, OutlineEntry

DIGEST = "ab" * 32
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
DOCUMENT = Document(
    kind="pdf",
    title="Bericht",
    page_word="page",
    pages=(
        Page(
            1,
            (
                Span("Grundwasser", "heading", 1, Box(0.1, 0.05, 0.5, 0.08)),
                Span(
                    "Chrom wurde nicht gefunden.",
                    words=tuple(
                        Word(word, Box(0.1 * at, 0.1, 0.1 * at + 0.08, 0.12))
                        for at, word in enumerate(("Chrom", "wurde", "nicht", "gefunden."))
                    ),
                ),
                Span("Brunnen | Tiefe", "table"),
                Span("W1 | 6,5 m", "table"),
            ),
            label="i",
            width=595.0,
            height=842.0,
            tables=(
                Table((("Brunnen", "Tiefe"), ("W1", "6,5 m")), Box(0, 0, 1, 1), "Tab. 1", (("", ""), ("", "=A1"))),
            ),
        ),
        Page(2, (), width=595.0, height=842.0, scanned=True),
        Page(3, (Span("Arsen kommt aus dem Torf."),)),
        Page(4, (), problem="Page 4 could not be read."),
    ),
    outline=(OutlineEntry("Grundwasser", 1, 1),),
    notes=("An attachment was not opened.",),
)  # fmt: skip
RECOGNISED = Page(2, (Span("Blei und Cadmium sind unbedenklich."),), width=595.0, height=842.0, recognised=True)


def test_a_document_comes_back_as_it_was_read(tmp_path: Path) -> None:
    with Index.build(tmp_path, DIGEST, DOCUMENT) as index:
        for page in DOCUMENT.pages:
            back = index.page(page.number)
            assert replace(back, spans=()) == replace(page, spans=())
            assert [(span.text, span.kind, span.level) for span in back.spans] == [
                (span.text, span.kind, span.level) for span in page.spans
            ]
        word, original = index.page(1).spans[1].words[2], DOCUMENT.pages[0].spans[1].words[2]
        assert word.text == original.text
        assert word.box.x0 == pytest.approx(original.box.x0, abs=1e-5)
        assert index.table(1, 0) == DOCUMENT.pages[0].tables[0]
        info = index.info()
        assert (info.document, info.kind, info.title, info.page_word) == (DIGEST, "pdf", "Bericht", "page")
        assert (info.outline, info.notes) == (DOCUMENT.outline, DOCUMENT.notes)
        assert [page.scanned for page in info.pages] == [False, True, False, False]
        assert info.pages[3].problem == "Page 4 could not be read."
        assert info.characters == sum(len(span.text) for page in DOCUMENT.pages for span in page.spans)
        made = passages(DOCUMENT)
        assert info.passages == len(made)
        assert [replace(one, boxes=()) for one in index.passages()] == [replace(one, boxes=()) for one in made]
        for missing in (lambda: index.page(5), lambda: index.table(3, 0), lambda: index.passage(99)):
            with pytest.raises(KeyError):
                missing()


def test_the_second_time_it_is_there_already_also_for_another_process(tmp_path: Path) -> None:
    assert Index.open(tmp_path, DIGEST) is None
    Index.build(tmp_path, DIGEST, DOCUMENT).close()
    code = (
        "import sys; from pathlib import Path; from engine.documents.search.index import Index; "
        "print(Index.open(Path(sys.argv[1]), sys.argv[2]).passage(1).page)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(tmp_path), DIGEST],
        capture_output=True,
        text=True,
        check=True,
        env=ENVIRONMENT,
    )
    assert done.stdout == "1\n"
    assert [path.name for path in tmp_path.iterdir()] == [f"{DIGEST}.sqlite"]


def test_a_recognised_page_can_be_searched_and_changes_no_number(tmp_path: Path) -> None:
    with Index.build(tmp_path, DIGEST, DOCUMENT) as index, Index.open(tmp_path, DIGEST) or index as other:
        before = {passage.number: passage for passage in index.passages()}
        assert search([("a", other)], "Cadmium") == [] or search([("a", other)], "Cadmium")[0].page != 2
        index.update_page(RECOGNISED)
        assert index.page(2) == RECOGNISED
        (new,) = index.passages(2)
        assert (new.number, new.heading) == (len(before) + 1, "Grundwasser")
        assert [one.page for one in index.passages()] == [1, 2, 3]
        for number, passage in before.items():
            assert index.passage(number) == passage
        assert search([("a", other)], "Cadmium")[0].page == 2
        index.update_page(RECOGNISED)
        assert index.passages(2) == [new]


def test_an_older_or_damaged_index_is_built_again(tmp_path: Path) -> None:
    path = tmp_path / f"{DIGEST}.sqlite"
    Index.build(tmp_path, DIGEST, DOCUMENT).close()
    whole = path.read_bytes()
    older = bytearray(whole)
    older[60:64] = (99).to_bytes(4, "big")
    for damaged in (b"", b"not a database", whole[: len(whole) // 2], bytes(older)):
        path.write_bytes(damaged)
        assert Index.open(tmp_path, DIGEST) is None
        with Index.build(tmp_path, DIGEST, DOCUMENT) as index:
            assert index.page_count == 4


def test_a_disk_that_lost_bytes_is_said(tmp_path: Path) -> None:
    Index.build(tmp_path, DIGEST, DOCUMENT).close()
    with closing(sqlite3.connect(tmp_path / f"{DIGEST}.sqlite", isolation_level=None)) as connection:
        connection.execute("UPDATE pages SET said = x'0123' WHERE number = 1")
        connection.execute("UPDATE passages SET boxes = x'0123' WHERE number = 2")
    with Index.open(tmp_path, DIGEST) or Index.build(tmp_path, DIGEST, DOCUMENT) as index:
        assert index.page(3) == DOCUMENT.pages[2]
        with pytest.raises(IndexDamaged, match="damaged"):
            index.page(1)
        with pytest.raises(IndexDamaged, match="damaged"):
            index.passages()


def test_a_process_that_is_killed_while_a_page_is_written_changes_nothing(tmp_path: Path) -> None:
    Index.build(tmp_path, DIGEST, DOCUMENT).close()
    code = (
        "import os, sys; from pathlib import Path; import engine.documents.search.index as index; "
        "from engine.documents.document import Page, Span; from engine.documents.search.lexicon import Lexicon; "
        "Lexicon.settle = lambda self: (self._connection.execute('PRAGMA cache_spill = 1'), os._exit(9)); "
        "opened = index.Index.open(Path(sys.argv[1]), sys.argv[2]); "
        "opened._connection.execute('PRAGMA cache_size = 1'); "
        "opened.update_page(Page(2, tuple(Span(f'word{n} ' * 200) for n in range(300))))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code, str(tmp_path), DIGEST], check=False, env=ENVIRONMENT)
    assert done.returncode == 9
    with Index.open(tmp_path, DIGEST) or Index.build(tmp_path, DIGEST, DOCUMENT) as index:
        assert index.page(2) == DOCUMENT.pages[1]
        assert [one.page for one in index.passages()] == [1, 3]
        assert search([("a", index)], "word7") == []


def test_a_build_that_fails_leaves_nothing_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.documents.search.index._keep", full)
    with pytest.raises(DocumentError, match="The disk is full") as caught:
        Index.build(tmp_path, DIGEST, DOCUMENT)
    assert caught.value.code == "disk_full"
    assert list(tmp_path.iterdir()) == []


def test_a_build_that_is_killed_leaves_nothing_that_is_taken_for_an_index(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; import engine.documents.search.index as index; "
        "from engine.documents.document import Document, Page, Span; index._keep = lambda *_: os._exit(9); "
        "index.Index.build(Path(sys.argv[1]), sys.argv[2], Document('text', '', 'page', (Page(1, (Span('a'),)),)))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code, str(tmp_path), DIGEST], check=False, env=ENVIRONMENT)
    assert done.returncode == 9
    assert Index.open(tmp_path, DIGEST) is None
    assert len(list(tmp_path.iterdir())) == 1
    delete(tmp_path, DIGEST)
    assert list(tmp_path.iterdir()) == []


def test_broken_characters_of_a_font_are_kept_from_breaking_the_index(tmp_path: Path) -> None:
    document = Document("pdf", "", "page", (Page(1, (Span("half a pair \ud800 and a zero \0 byte, found"),)),))
    with Index.build(tmp_path, DIGEST, document) as index:
        assert search([("a", index)], "byte found")[0].page == 1
        assert index.page(1).spans[0].text == document.pages[0].spans[0].text


def test_a_document_without_any_text_is_a_document(tmp_path: Path) -> None:
    for pages in ((), (Page(1, ()),)):
        with Index.build(tmp_path, DIGEST, Document("text", "", "part", pages)) as index:
            assert index.info().passages == 0
            assert search([("a", index)], "anything") == []


def test_a_name_that_is_no_hash_never_becomes_a_path(tmp_path: Path) -> None:
    for digest in ("../escape", "", "AB" * 32):
        with pytest.raises(ValueError, match="sha256"):
            Index.open(tmp_path, digest)


def test_documents_lie_beside_the_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path))
    assert documents_folder() == tmp_path / "data" / "documents"
