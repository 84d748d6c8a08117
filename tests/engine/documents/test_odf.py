"""What LibreOffice writes is read in its order."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.documents.document import DocumentError
from engine.documents.job import Job
from engine.documents.readers.odf import read
from tests.documents.office import odf

LISTS = (
    '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="a"/>'
    '<text:list-level-style-bullet text:level="2"/></text:list-style>'
    '<style:style style:name="P1" style:parent-style-name="Title"/>'
)
MASTER = (
    "<office:master-styles><style:master-page><style:header><text:p>Confidential</text:p></style:header>"
    "</style:master-page></office:master-styles>"
)


def test_a_text_is_read_with_headings_lists_tables_notes_and_margins(tmp_path: Path) -> None:
    path = odf(
        tmp_path / "a.odt",
        "text",
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
        '<text:p text:style-name="P1">Report</text:p>'
        '<text:h text:outline-level="1">One</text:h><text:p>Two  blanks<text:s text:c="2"/>kept,<text:tab/>a'
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Source</text:p></text:note-body>"
        "</text:note> note<office:annotation><dc:creator>Anna</dc:creator><text:p>Really?</text:p></office:annotation>."
        '</text:p><text:list text:style-name="L1"><text:list-item><text:p>first</text:p><text:list><text:list-item>'
        "<text:p>inner</text:p></text:list-item></text:list></text:list-item><text:list-item><text:p>second</text:p>"
        '</text:list-item></text:list><text:h text:outline-level="1">Two</text:h>'
        "<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>A</text:p></table:table-cell>"
        "<table:table-cell><text:p>B</text:p></table:table-cell></table:table-row></table:table-header-rows>"
        '<table:table-row><table:table-cell table:number-columns-spanned="2"><text:p>both</text:p></table:table-cell>'
        "<table:covered-table-cell/></table:table-row></table:table>"
        "<text:p><draw:frame><draw:text-box><text:p>boxed</text:p></draw:text-box></draw:frame></text:p>"
        "<text:p><draw:frame><draw:image/><svg:desc>A dog</svg:desc></draw:frame></text:p>",
        styles=MASTER,
        automatic=LISTS,
    )
    document = read(path, "a.odt", Job())
    assert document.title == "Report"
    assert [page.label for page in document.pages] == ["Report", "Two"]
    assert [(span.kind, span.text) for span in document.pages[0].spans] == [
        ("heading", "Report"), ("heading", "One"), ("text", "Two blanks  kept,\ta¹ note."), ("note", "¹ Source"),
        ("note", "Comment by Anna: Really?"), ("text", "a. first"), ("text", "  • inner"), ("text", "b. second"),
    ]  # fmt: skip
    assert document.pages[1].tables[0].rows == (("A", "B"), ("both", ""))
    assert [(span.kind, span.text) for span in document.pages[1].spans][-3:] == [
        ("text", "boxed"), ("caption", "A dog"), ("note", "Header: Confidential"),
    ]  # fmt: skip
    assert document.notes[0].startswith("It has tracked changes")
    assert "The picture in it was not looked at" in document.notes[1]


def test_slides_are_read_with_places_and_notes(tmp_path: Path) -> None:
    path = odf(
        tmp_path / "a.odp",
        "presentation",
        '<draw:page draw:name="page1"><draw:frame svg:x="2cm" svg:y="10cm" svg:width="4cm" svg:height="5cm">'
        "<draw:text-box><text:list><text:list-item><text:p>point</text:p></text:list-item></text:list></draw:text-box>"
        '</draw:frame><draw:frame presentation:class="title" svg:x="0cm" svg:y="0cm" svg:width="20cm" svg:height="2cm">'
        "<draw:text-box><text:p>Plans</text:p></draw:text-box></draw:frame><draw:g><draw:custom-shape>"
        "<text:p>In a group</text:p></draw:custom-shape></draw:g><presentation:notes><draw:frame><draw:text-box>"
        "<text:p>Say hello</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>"
        '<draw:page draw:style-name="dp2"><draw:frame><draw:object xlink:href="./Object 1"/></draw:frame></draw:page>',
        automatic='<style:page-layout><style:page-layout-properties fo:page-width="20cm" fo:page-height="15cm"/>'
        '</style:page-layout><style:style style:name="dp2"><style:drawing-page-properties '
        'presentation:visibility="hidden"/></style:style>',
        more={
            "Object 1/content.xml": '<d xmlns:chart="c" xmlns:table="t" xmlns:text="x"><chart:chart><table:table>'
            "<table:table-row><table:table-cell/><table:table-cell><text:p>Q1</text:p></table:table-cell></table:table-row>"
            "<table:table-row><table:table-cell><text:p>East</text:p></table:table-cell><table:table-cell><text:p>4</text:p>"
            "</table:table-cell></table:table-row></table:table></chart:chart></d>"
        },
    )
    document = read(path, "a.odp", Job())
    first, second = document.pages
    assert [(span.kind, span.text) for span in first.spans] == [
        ("heading", "Plans"), ("text", "• point"), ("text", "In a group"), ("note", "Say hello"),
    ]  # fmt: skip
    box = first.spans[1].box
    assert box is not None
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((0.1, 10 / 15, 0.3, 1.0))
    assert first.width == pytest.approx(20 * 72 / 2.54)
    assert second.label == "hidden"
    assert second.tables[0].rows == (("", "Q1"), ("East", "4"))


def test_a_file_with_a_password_says_what_to_do(tmp_path: Path) -> None:
    path = odf(tmp_path / "a.odt", "text", "", more={"META-INF/manifest.xml": "<m><encryption-data/></m>"})
    with pytest.raises(DocumentError, match=r"locked with a password.*save it without"):
        read(path, "a.odt", Job())
