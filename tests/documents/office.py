"""Office files with known text at known places, made by other programs' libraries or by hand where there are none."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" '
    'xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" '
    'xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'
)
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">'
    '<!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">'
    '<!ENTITY g "&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;"><!ENTITY h "&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;">'
    '<!ENTITY s SYSTEM "file:///etc/passwd">]>'
)
"""The beginning of a file that grows to gigabytes where entities are expanded."""


def zip_of(path: Path, members: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def changed(path: Path, member: str, change: Callable[[str], str | bytes]) -> Path:
    """The zip at `path` with one of its members made anew."""
    with zipfile.ZipFile(path) as file:
        members: dict[str, str | bytes] = {name: file.read(name) for name in file.namelist()}
    members[member] = change(bytes(members[member]).decode() if member in members else "")  # type: ignore[arg-type]
    return zip_of(path, members)


def report(path: Path) -> Path:
    """A Word document with a title, two chapters, a table, lists, a comment, a header and a footer."""
    document = docx.Document()
    document.add_heading("Annual report", 0)
    document.add_paragraph("What this is about.")
    document.add_heading("Sales", 1)
    document.add_paragraph("Sales grew by 12 per cent in Zürich.")
    table = document.add_table(rows=3, cols=2)
    for row, cells in zip(table.rows, (("Region", "Sum"), ("North", "1,200"), ("South", "900")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.add_paragraph("After the table.")
    document.add_heading("Costs", 1)
    document.add_heading("Staff", 2)
    document.add_paragraph("First point", style="List Bullet")
    document.add_paragraph("Second point", style="List Bullet")
    document.add_paragraph("Step one", style="List Number")
    document.add_paragraph("Step two", style="List Number")
    commented = document.add_paragraph("Staff cost is 40.")
    document.add_comment(commented.runs, text="Is that so?", author="Anna")
    document.sections[0].header.paragraphs[0].text = "Confidential"
    document.sections[0].footer.paragraphs[0].text = "Page 1"
    document.save(str(path))
    return path


def word(path: Path, *paragraphs: str) -> Path:
    """A Word document of paragraphs in WordprocessingML, the prefix w and the others of Word being known."""
    document = docx.Document()
    for paragraph in paragraphs:
        document.element.body.insert_element_before(
            parse_xml(paragraph.replace(">", f" {nsdecls('w', 'wp', 'a', 'r', 'm')}>", 1)), "w:sectPr"
        )
    document.save(str(path))
    return path


def odf(
    path: Path, kind: str, body: str, styles: str = "", automatic: str = "", more: Mapping[str, str] | None = None
) -> Path:
    """An OpenDocument file; `kind` is "text", "presentation" or "spreadsheet"."""
    members = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "META-INF/manifest.xml": "<manifest/>",
        "meta.xml": f"<office:document-meta {ODF}/>",
        "styles.xml": f"<office:document-styles {ODF}>{styles}</office:document-styles>",
        "content.xml": f"<office:document-content {ODF}><office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>",
        **(more or {}),
    }
    return zip_of(path, members)


def ole(path: Path, *streams: str) -> Path:
    """A compound file whose root holds streams of these names and nothing in them."""
    size = 512
    head = bytearray(size)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    head[24:34] = b"\x3e\x00\x03\x00\xfe\xff\x09\x00\x06\x00"
    head[44:48] = (1).to_bytes(4, "little")  # sectors of the table
    head[48:52] = (1).to_bytes(4, "little")  # first sector of the directory
    head[76:512] = (0).to_bytes(4, "little") + b"\xff" * 432
    table = bytearray(b"\xff" * size)
    table[0:4] = (0xFFFFFFFD).to_bytes(4, "little")
    entries = []
    for index, name in enumerate(("Root Entry", *streams)):
        entry = bytearray(128)
        text = name.encode("utf-16-le") + b"\0\0"
        entry[: len(text)] = text
        entry[64:66] = len(text).to_bytes(2, "little")
        entry[66] = 2 if index else 5
        right = index + 1 if 0 < index < len(streams) else 0xFFFFFFFF
        child = 1 if index == 0 and streams else 0xFFFFFFFF
        entry[68:80] = b"\xff" * 4 + right.to_bytes(4, "little") + child.to_bytes(4, "little")
        entries.append(bytes(entry))
    directory = b"".join(entries)
    directory += bytes(-len(directory) % size)
    sectors = len(directory) // size
    for sector in range(1, sectors + 1):
        following = sector + 1 if sector < sectors else 0xFFFFFFFE
        table[sector * 4 : sector * 4 + 4] = following.to_bytes(4, "little")
    path.write_bytes(bytes(head) + bytes(table) + directory)
    return path
