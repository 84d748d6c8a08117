"""Books are read in the order of their chapters, with their own contents."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.documents.document import DocumentError
from engine.documents.job import Job
from engine.documents.readers.epub import read
from tests.documents.office import LAUGHS, zip_of

CONTAINER = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'


def _book(path: Path, **more: str) -> Path:
    package = (
        '<package><metadata xmlns:dc="d"><dc:title>Das Buch</dc:title></metadata><manifest>'
        '<item id="b" href="zwei.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="a" href="text/eins%20a.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/></manifest>'
        '<spine><itemref idref="a"/><itemref idref="b"/><itemref idref="gone"/></spine></package>'
    )
    navigation = (
        '<html xmlns:epub="e"><nav epub:type="toc"><ol><li><a href="text/eins%20a.xhtml">Eins</a><ol>'
        '<li><a href="text/eins%20a.xhtml#s1">Eins, Teil 1</a></li></ol></li>'
        '<li><a href="zwei.xhtml">Zwei</a></li></ol>'
        "</nav></html>"
    )
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": package,
        "OEBPS/nav.xhtml": navigation,
        "OEBPS/text/eins a.xhtml": "<?xml version='1.0' encoding='utf-8'?><html><head><title>x</title></head><body>"
        "<h1>Kapitel Eins</h1><p>Es war&nbsp;einmal in Köln.</p></body></html>",
        "OEBPS/zwei.xhtml": "<html><body><p>Das Ende.</p></body></html>",
        **more,
    }
    return zip_of(path, members)


def test_chapters_come_in_the_order_of_the_book_under_their_names(tmp_path: Path) -> None:
    document = read(_book(tmp_path / "b.epub"), "b.epub", Job())
    assert document.title == "Das Buch"
    assert document.page_word == "section"
    assert [(page.number, page.label) for page in document.pages] == [(1, "Eins"), (2, "Zwei")]
    assert [span.text for span in document.pages[0].spans] == ["Kapitel Eins", "Es war einmal in Köln."]
    assert [(entry.title, entry.level, entry.page) for entry in document.outline] == [
        ("Eins", 1, 1), ("Eins, Teil 1", 2, 1), ("Zwei", 1, 2),
    ]  # fmt: skip
    assert document.notes == ("1 of its chapters are missing in the file.",)


def test_scrambled_fonts_do_no_harm_but_a_locked_book_is_refused(tmp_path: Path) -> None:
    lock = '<encryption><CipherReference URI="OEBPS/{}"/></encryption>'
    place = "META-INF/encryption.xml"
    assert read(_book(tmp_path / "f.epub", **{place: lock.format("font.otf")}), "f.epub", Job()).pages
    with pytest.raises(DocumentError, match="locked by the shop"):
        read(_book(tmp_path / "l.epub", **{place: lock.format("zwei.xhtml")}), "l.epub", Job())


def test_damaged_contents_do_not_lose_the_book_and_a_bomb_does_not_grow(tmp_path: Path) -> None:
    bomb = LAUGHS + "<html><body><p>safe &h;</p></body></html>"
    path = _book(tmp_path / "b.epub", **{"OEBPS/nav.xhtml": "<html><nav", "OEBPS/zwei.xhtml": bomb})
    document = read(path, "b.epub", Job())
    assert document.pages[0].label == "Kapitel Eins"
    assert "safe" in document.pages[1].text
    assert len(document.pages[1].text) < 1_000
