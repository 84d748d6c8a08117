"""One small real file or more of each kind, for the fuzz run."""

from __future__ import annotations

import zipfile
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pptx
import pypdfium2
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from tests.documents import pdfs

ROWS = [["Item", "Amount", "Price"], ["Paper", "12", "1250"], ["Ink", "3", "89"], ["Lamp", "1", "45"]]
CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest>'
    '<item id="one" href="one.xhtml" media-type="application/xhtml+xml"/></manifest>'
    '<spine><itemref idref="one"/></spine></package>'
)
OFFICE = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
)
PARAGRAPHS = "".join(f'<text:h text:outline-level="1">Part {n}</text:h><text:p>{pdfs.PROSE}</text:p>' for n in range(3))
CELLS = "".join(
    "<table:table-row>" + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
    + "</table:table-row>"
    for row in ROWS
)  # fmt: skip
TEXTS = {
    "a.html": f"<!doctype html><html><head><title>T</title></head><body><h1>Part</h1><p>{pdfs.PROSE}</p>"
    "<table><tr><td>1</td><td>2</td></tr></table></body></html>",
    "a.md": f"# Part\n\n{pdfs.PROSE}\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nprint(1)\n```\n",
    "a.txt": f"{pdfs.PROSE}\n\n" * 5,
    "a.py": "def answer() -> int:\n    return 42\n" * 10,
    "a.csv": "\n".join(",".join(row) for row in ROWS * 5),
    "a.json": '{"name": "Anna", "rows": [[1, 2.5, null], {"a": "b"}], "deep": {"x": {"y": [true]}}}',
}


def make_seeds(folder: Path) -> list[Path]:
    """The files, in `folder`, which is made."""
    folder.mkdir(parents=True)
    _pdfs(folder)
    _pictures(folder)
    _office(folder)
    frame = f"<draw:frame><draw:text-box>{PARAGRAPHS}</draw:text-box></draw:frame>"
    _open_document(folder / "a.odt", "text", PARAGRAPHS)
    _open_document(folder / "a.ods", "spreadsheet", f'<table:table table:name="One">{CELLS}</table:table>')
    _open_document(folder / "a.odp", "presentation", f'<draw:page draw:name="One">{frame}</draw:page>')
    _zip(folder / "a.epub", {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "book.opf": PACKAGE,
        "one.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>One</h1><p>{pdfs.PROSE}</p></body></html>',
    })  # fmt: skip
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Anna <a@example.org>", "b@example.org", "Größe"
    message.set_content(pdfs.PROSE)
    message.add_attachment(b"\x00\x01", maintype="application", subtype="octet-stream", filename="x.bin")
    (folder / "a.eml").write_bytes(bytes(message))
    return sorted(folder.iterdir())


def _pdfs(folder: Path) -> None:
    def everything(canvas: Canvas) -> None:
        canvas.bookmarkPage("one")
        canvas.addOutlineEntry("Terms", "one", 0)
        canvas.addPageLabel(0, style="ROMAN_LOWER", start=3)
        canvas.acroForm.textfield(name="tenant", value="Anna", x=120, y=690, width=200, height=20)
        canvas.textAnnotation("A note.", [300, 300, 320, 320])
        pdfs.table(canvas, ROWS, 72, 500, ruled=True)
        pdfs.table(canvas, ROWS, 72, 300, ruled=False)

    pdfs.pdf(folder / "plain.pdf", *pdfs.prose(3), pageCompression=0)
    pdfs.pdf(folder / "packed.pdf", pdfs.two_columns, everything, pageCompression=1)
    pdfs.pdf(folder / "open.pdf", pdfs.two_columns, everything, pageCompression=0)
    pdfs.encrypted(folder / "owner.pdf", "", "owner")
    with pypdfium2.PdfDocument(folder / "open.pdf") as document:
        document.new_attachment("a.xml").set_data(b"<a/>")
        document[0].set_rotation(90)
        document.save(folder / "saved.pdf")


def _pictures(folder: Path) -> None:
    picture = Image.effect_noise((60, 40), 80).convert("RGB")
    for suffix in ("png", "jpg", "webp", "gif", "bmp", "avif"):
        picture.save(folder / f"a.{suffix}")
    for name, packed in (("a", None), ("b", "tiff_lzw"), ("c", "tiff_deflate"), ("d", "jpeg")):
        picture.save(folder / f"{name}.tiff", save_all=True, append_images=[picture, picture], compression=packed)


def _office(folder: Path) -> None:
    text = docx.Document()
    text.add_heading("Contract", 1)
    text.add_paragraph(pdfs.PROSE)
    table = text.add_table(rows=0, cols=3)
    for row in ROWS:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = value
    text.save(str(folder / "a.docx"))
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "Plan"
    slide.placeholders[1].text = pdfs.PROSE
    slide.notes_slide.notes_text_frame.text = "Say this."
    show.save(str(folder / "a.pptx"))
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.active["D2"] = "=B2*C2"
    book.save(folder / "a.xlsx")


def _open_document(path: Path, kind: str, body: str) -> None:
    inner = f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    content = f"<office:document-content {OFFICE}>{inner}</office:document-content>"
    _zip(path, {"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content})


def _zip(path: Path, members: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
