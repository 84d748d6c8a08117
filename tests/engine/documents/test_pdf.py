"""PDF files as people have them: every word is found where it stands, in the order in which it is read."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from engine.documents.document import Document, DocumentError, Page, PasswordNeeded
from engine.documents.job import Job, Stopped
from engine.documents.limits import Limits
from engine.documents.readers.pdf import read
from tests.documents import pdfs
from tests.documents.pdfs import HEIGHT, WIDTH, Drawn, pdf, write

HEBREW = Path("/usr/share/fonts/truetype/noto/NotoSansHebrew-Regular.ttf")


def _read(path: Path, **job: object) -> Document:
    return read(path, path.name, Job(**job))  # type: ignore[arg-type]


def _texts(page: Page) -> list[str]:
    return [span.text for span in page.spans]


@pytest.mark.parametrize("size", [8.0, 11.0, 12.0])
def test_words_are_where_they_were_put(tmp_path: Path, size: float) -> None:
    drawn = Drawn()

    def page(canvas: Canvas) -> None:
        for number, text in enumerate(pdfs.lines("clause", 40)):
            write(canvas, drawn, text, 60 + number, 780 - 18 * number, size, ("Helvetica", "Times-Roman")[number % 2])

    found = [word for span in _read(pdf(tmp_path / "a.pdf", page)).pages[0].spans for word in span.words]
    assert [word.text for word in found] == [word[0] for word in drawn.words]
    near = 0
    for word, (_, left, right, base) in zip(found, drawn.words, strict=True):
        top, bottom = HEIGHT - base - 0.8 * size, HEIGHT - base + 0.2 * size
        sides = (word.box.x0 * WIDTH, word.box.x1 * WIDTH, word.box.y0 * HEIGHT, word.box.y1 * HEIGHT)
        near += all(abs(is_ - was) <= 2 for is_, was in zip(sides, (left, right, top, bottom), strict=True))
    assert near >= 0.95 * len(found)


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    page = _read(pdf(tmp_path / "a.pdf", pdfs.two_columns)).pages[0]
    assert (page.spans[0].kind, page.spans[0].level) == ("heading", 1)
    numbers = [(side, int(number)) for side, number in re.findall(r"(left|right) (\d+)", page.text)]
    assert numbers == [("left", number) for number in range(1, 31)] + [("right", number) for number in range(1, 31)]
    assert page.text.startswith("A title that goes over both of the columns")
    assert page.text.endswith("as in papers.")
    assert not page.tables


ROWS = [
    ["Item", "Amount", "Price in EUR", "Note"],
    ["Paper, white", "12", "1.250,00", "recycled"],
    ["Ink", "3", "89,90", "-"],
    ["Desk lamp with switch", "1", "45,00", "two years"],
]


@pytest.mark.parametrize("ruled", [True, False])
def test_tables_are_tables(tmp_path: Path, ruled: bool) -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(72, 760, "The order of last week is listed here, with prices before taxes and discounts.")
        pdfs.table(canvas, ROWS, 72, 600, ruled=ruled)
        canvas.drawString(72, 560, "Payment is due within thirty days of delivery, and not later than that.")

    read_page = _read(pdf(tmp_path / "a.pdf", page)).pages[0]
    (table,) = read_page.tables
    assert [list(row) for row in table.rows] == ROWS
    kinds = [span.kind for span in read_page.spans]
    assert kinds == ["text", "table", "table", "table", "table", "text"]
    assert read_page.spans[2].text == "Paper, white | 12 | 1.250,00 | recycled"
    assert table.box is not None
    assert all(span.box is not None and table.box.y0 <= span.box.y0 <= table.box.y1 for span in read_page.spans[1:5])


def test_joined_cells_keep_their_text_together(tmp_path: Path) -> None:
    rows = [["A heading over all of the columns of it", "", "", ""], *ROWS[1:]]
    page = _read(pdf(tmp_path / "a.pdf", lambda canvas: pdfs.table(canvas, rows, 72, 600, ruled=True, spans=True)))
    assert [list(row) for row in page.pages[0].tables[0].rows] == rows


def test_a_list_is_no_table(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for number in range(6):
            canvas.drawString(72, 700 - 16 * number, f"{number + 1}.")
            canvas.drawString(100, 700 - 16 * number, f"point {number + 1} is about something that takes a few words")

    read_page = _read(pdf(tmp_path / "a.pdf", page)).pages[0]
    assert not read_page.tables
    assert _texts(read_page)[1] == "2. point 2 is about something that takes a few words"


def test_paragraphs_end_where_they_are_set_off(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for y, text in (
            (700, "The first paragraph runs over two lines of about the same length and"),
            (686, "ends here with a full stop at the end of the second of its lines."),
            (660, "After some space the second paragraph begins, which has an exam-"),
            (646, "ple of a divided word, and one that is well known as the X-"),
            (632, "Ray of every text."),
        ):
            canvas.drawString(72, y, text)

    first, second = _texts(_read(pdf(tmp_path / "a.pdf", page)).pages[0])
    assert first.endswith("of its lines.")
    assert "an example of a divided word" in second
    assert "the X-Ray of every text" in second


def test_a_page_that_is_turned_and_cropped_has_its_places_as_shown(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", lambda canvas: canvas.drawString(100, 700, "Corner"))
    with pypdfium2.PdfDocument(path) as document:
        document[0].set_cropbox(90, 600, 390, 800)
        document[0].set_rotation(90)
        document.save(tmp_path / "b.pdf")
    page = _read(tmp_path / "b.pdf").pages[0]
    assert (round(page.width), round(page.height)) == (200, 300)
    (span,) = page.spans
    assert span.text == "Corner"
    assert span.box is not None
    # 10 points from the left of the crop become 10 from the top; the baseline is 100 from the right of 200.
    assert span.box.y0 * 300 == pytest.approx(10, abs=2)
    assert span.box.x0 * 200 == pytest.approx(100, abs=4)
    with pypdfium2.PdfDocument(path) as document:
        document[0].set_cropbox(300, 0, 500, 500)
        document.save(tmp_path / "c.pdf")
    assert not _read(tmp_path / "c.pdf").pages[0].spans


def test_what_else_is_in_a_file_is_read(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.bookmarkPage("one")
        canvas.addOutlineEntry("Terms", "one", 0)
        canvas.addPageLabel(0, style="ROMAN_LOWER", start=3)
        canvas.setTitle("Rental contract")
        canvas.drawString(72, 700, "Name")
        canvas.acroForm.textfield(
            name="tenant", tooltip="Tenant", value="Anna Schäfer", x=120, y=690, width=200, height=20
        )
        canvas.acroForm.checkbox(name="agree", tooltip="Agreed", checked=True, x=120, y=650)
        canvas.textAnnotation("Ask about the deposit.", [300, 300, 320, 320])

    path = pdf(tmp_path / "a.pdf", page)
    with pypdfium2.PdfDocument(path) as document:
        document.new_attachment("invoice.xml").set_data(b"<invoice/>")
        document.save(tmp_path / "b.pdf")
    document = _read(tmp_path / "b.pdf")
    assert document.title == "Rental contract"
    assert [(entry.title, entry.level, entry.page) for entry in document.outline] == [("Terms", 1, 1)]
    assert document.notes == ("Files attached to it were not opened: invoice.xml.",)
    assert document.pages[0].label == "iii"
    said = {span.text: span.kind for span in document.pages[0].spans}
    assert said["Tenant: Anna Schäfer"] == "form"
    assert said["Ask about the deposit."] == "note"


def test_ligatures_are_letters(tmp_path: Path) -> None:
    pdfmetrics.registerFont(TTFont("Noto", "resources/fonts/NotoSans-Regular.ttf"))

    def page(canvas: Canvas) -> None:
        canvas.setFont("Noto", 12)
        canvas.drawString(72, 700, "Ärger mit der ﬁnalen Oﬀerte über 12 €")

    assert _read(pdf(tmp_path / "a.pdf", page)).pages[0].text == "Ärger mit der finalen Offerte über 12 €"


@pytest.mark.skipif(not HEBREW.exists(), reason="no Hebrew font")
def test_text_from_right_to_left_is_in_the_order_in_which_it_is_read(tmp_path: Path) -> None:
    pdfmetrics.registerFont(TTFont("Hebrew", str(HEBREW)))
    text = ("השוכר משלם את שכר הדירה", "ביום השלישי של החודש")

    def page(canvas: Canvas) -> None:
        canvas.setFont("Hebrew", 14)
        for number, line in enumerate(text):
            canvas.drawRightString(500, 700 - 20 * number, line[::-1])  # As programs draw it: from left to right.

    (span,) = _read(pdf(tmp_path / "a.pdf", page)).pages[0].spans
    assert span.text == " ".join(text)
    assert span.words[0].box.x0 > span.words[1].box.x0


def test_passwords(tmp_path: Path) -> None:
    path = pdfs.encrypted(tmp_path / "a.pdf", "geheim", "owner")
    with pytest.raises(PasswordNeeded, match="needs a password") as needed:
        _read(path)
    assert needed.value.code == "password_needed"
    with pytest.raises(PasswordNeeded, match="does not open"):
        _read(path, password="wrong")
    assert _texts(_read(path, password="geheim").pages[0]) == ["Secret clause"]
    assert _texts(_read(pdfs.encrypted(tmp_path / "b.pdf", "", "owner")).pages[0]) == ["Secret clause"]


def test_damaged_files_are_repaired_or_said(tmp_path: Path) -> None:
    data = pdf(tmp_path / "a.pdf", *pdfs.prose(3)).read_bytes()
    at = data.rindex(b"startxref")
    (tmp_path / "b.pdf").write_bytes(data[:at] + b"startxref\n99\n%%EOF")
    assert len(_read(tmp_path / "b.pdf").pages) == 3
    for broken in (data[:200], b"%PDF-1.7 nothing else"):
        (tmp_path / "c.pdf").write_bytes(broken)
        with pytest.raises(DocumentError, match="damaged or cut short"):
            _read(tmp_path / "c.pdf")
    with pytest.raises(DocumentError, match="not there"):
        _read(tmp_path / "gone.pdf")


def test_scans_are_known(tmp_path: Path) -> None:
    picture = tmp_path / "scan.png"
    Image.new("RGB", (400, 600), "gray").save(picture)

    def scan(canvas: Canvas) -> None:
        canvas.drawImage(str(picture), 0, 0, WIDTH, HEIGHT)

    def stamped(canvas: Canvas) -> None:
        scan(canvas)
        canvas.drawString(20, 20, "Received by fax")

    def figure(canvas: Canvas) -> None:
        canvas.drawImage(str(picture), 100, 100, 200, 300)
        canvas.drawString(72, 700, "A figure, and text that belongs to it.")

    pages = _read(pdf(tmp_path / "a.pdf", scan, stamped, figure, lambda canvas: None)).pages
    assert [page.scanned for page in pages] == [True, True, False, False]


def test_pages_over_the_cap_are_said_and_the_rest_can_be_read_from_any_page(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", *pdfs.prose(6))
    opened: list[int] = []
    got: list[Page] = []
    done: list[tuple[int, int]] = []
    job = Job(
        limits=Limits(pages=5), first=3, opened=opened.append, emit=got.append, progress=lambda *two: done.append(two)
    )
    document = read(path, "long.pdf", job)
    assert (document.pages, opened, done) == ((), [5], [(3, 5), (4, 5), (5, 5)])
    assert [page.number for page in got] == [3, 4, 5]
    assert all(f"needle {page.number} line" in page.text for page in got)
    assert document.notes == ("It has 6 pages. The first 5 were read.",)


def test_reading_stops_when_it_is_of_no_more_use(tmp_path: Path) -> None:
    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        _read(pdf(tmp_path / "a.pdf", *pdfs.prose(2)), checkpoint=stop)
