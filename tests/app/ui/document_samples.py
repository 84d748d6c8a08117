"""A lease as a document: its pages drawn, its words with places, and an answer that cites it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from app.domain.conversation import Answer, Turn
from app.domain.documents import Citation, DocumentAttachment
from app.ui.document_viewer.viewer import DocumentViewer
from engine.protocol import (
    Box,
    DocumentInfo,
    OutlineEntry,
    PageInfo,
    PageShown,
    PassageFound,
    Searched,
    SourceRead,
    SpanShown,
)

LEASE = "a" * 64
_WIDTH, _HEIGHT = 595.0, 842.0
_TITLE, _TEXT = 15, 12.5
_LEFT, _TOP, _LINE = 58.0, 62.0, 21.0
QUOTE = (
    "The Tenant may terminate after the first twelve months by giving two months' notice in writing, to the end of a "
    "calendar month."
)
PARAGRAPHS = (
    ("heading", "5. Term and termination"),
    (
        "text",
        (
            "5.1 The lease begins on 1 April and is made for an indefinite time. The first twelve months are fixed for "
            "both parties."
        ),
    ),
    ("text", f"5.2 {QUOTE} Notice by electronic mail is valid when receipt is confirmed."),
    (
        "text",
        (
            "5.3 The Landlord may terminate for own use by giving six months' notice, stating the reasons. The Tenant "
            "may object within one month."
        ),
    ),
    (
        "text",
        "5.4 On termination the Tenant returns all keys and leaves the rooms swept. Small holes are filled.",
    ),
    ("heading", "6. Rent"),
    ("text", "6.1 The rent is due on the third working day of each month."),
)


def _font(kind: str) -> QFont:
    font = QFont("Noto Sans")
    font.setPixelSize(round(_TITLE if kind == "heading" else _TEXT))
    font.setBold(kind == "heading")
    return font


def _placed() -> list[tuple[str, str, list[tuple[str, Box]]]]:
    """Paragraphs with their words and where those stand on the page."""
    made = []
    y = _TOP
    for kind, text in PARAGRAPHS:
        metrics = QFontMetricsF(_font(kind))
        x, words = _LEFT, []
        for word in text.split():
            width = metrics.horizontalAdvance(word)
            if x + width > _WIDTH - _LEFT:
                x, y = _LEFT, y + _LINE
            box = Box(x / _WIDTH, (y - 12) / _HEIGHT, (x + width) / _WIDTH, (y + 4) / _HEIGHT)
            words.append((word, box))
            x += width + metrics.horizontalAdvance(" ")
        made.append((kind, text, words))
        y += _LINE * 1.9
    return made


def page_text(page: int) -> PageShown:
    spans = tuple(
        SpanShown(text, kind, int(kind == "heading"), tuple(word for word, _ in words), tuple(box for _, box in words))  # type: ignore[arg-type]
        for kind, text, words in _placed()
    )
    return PageShown("r", page, spans, 1)


def quote_boxes() -> tuple[Box, ...]:
    """The lines of `QUOTE`."""
    words = [pair for _, _, words in _placed() for pair in words]
    wanted = QUOTE.split()
    texts = [word for word, _ in words]
    at = next(index for index in range(len(texts)) if texts[index : index + len(wanted)] == wanted)
    lines: list[Box] = []
    for _, box in words[at : at + len(wanted)]:
        if lines and abs(lines[-1].y0 - box.y0) < 0.001:
            lines[-1] = Box(lines[-1].x0, lines[-1].y0, box.x1, lines[-1].y1)
        else:
            lines.append(box)
    return tuple(lines)


def page_picture(width: int) -> QImage:
    scale = width / _WIDTH
    image = QImage(width, round(_HEIGHT * scale), QImage.Format.Format_RGB32)
    image.fill(QColor("#ffffff"))
    painter = QPainter(image)
    painter.scale(scale, scale)
    painter.setPen(QColor("#222222"))
    for kind, _, words in _placed():
        painter.setFont(_font(kind))
        for word, box in words:
            place = QRectF(box.x0 * _WIDTH, box.y0 * _HEIGHT, 400, (box.y1 - box.y0) * _HEIGHT)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, word)
    painter.end()
    return image


def lease(pages: int = 24, document: str = LEASE, *, scanned: int = 0, problem: int = 0) -> DocumentInfo:
    """`pages` pages of A4, of which page `scanned` is a scan and page `problem` could not be read."""
    made = tuple(
        PageInfo(
            number,
            str(number),
            _WIDTH,
            _HEIGHT,
            900,
            number == scanned,
            number == scanned,
            "This page is damaged and could not be read." if number == problem else "",
        )
        for number in range(1, pages + 1)
    )
    outline = (
        OutlineEntry("1. Parties", 1, 1),
        OutlineEntry("2. Rooms", 1, 2),
        OutlineEntry("2.1 Cellar", 2, 3),
        OutlineEntry("5. Term and termination", 1, 7),
        OutlineEntry("6. Rent", 1, 7),
    )
    return DocumentInfo(document, "pdf", "Lease", "page", made, outline, (), pages * 3, pages * 900)


def notes_document(document: str = "b" * 64) -> DocumentInfo:
    """Sections without places."""
    pages = tuple(PageInfo(number, f"Section {number}", 0, 0, 700, False, False, "") for number in range(1, 6))
    return DocumentInfo(document, "docx", "Notes", "section", pages, (), ("2 pictures were left out.",), 9, 3_500)


def section_text(page: int) -> PageShown:
    rows = ("Case | Earliest | Notice", "Ordinary | after 12 months | 2 months", "Rent up over 5 % | at once | 1 month")
    spans = (
        SpanShown(f"Section {page}: when it ends", "heading", 1, (), ()),
        SpanShown(" ".join(text for _, text in PARAGRAPHS[1:3]), "text", 0, (), ()),
        SpanShown("Table 1. Ways to end the lease", "caption", 0, (), ()),
        *(SpanShown(row, "table", 0, (), ()) for row in rows),
        SpanShown("The parties have initialled every page.", "note", 0, (), ()),
    )
    return PageShown("r", page, spans, 1)


def passage(page: int = 7, text: str = QUOTE, boxes: tuple[Box, ...] = ()) -> PassageFound:
    return PassageFound(LEASE, "lease.pdf", 12, page, str(page), "5. Term and termination", text, boxes, 3.2)


def citations() -> tuple[Citation, ...]:
    boxes = quote_boxes()
    whole = " ".join(text for _, text in PARAGRAPHS[2:4])
    other = " ".join(text for _, text in PARAGRAPHS[3:5])
    return (
        Citation(1, passage(7, whole, boxes), QUOTE, True, boxes, 7),
        Citation(2, passage(9, other)),
        Citation(3, passage(19, other), "ends at once", False),
    )


def answer() -> Answer:
    text = (
        "You can end the lease **after the first twelve months**, with **two months' written notice**, to the end of "
        "a month [1]. If the rent goes up by more than 5 % you may leave with one month's notice [2].\n\n"
        "| Case | Earliest | Notice | |\n|---|---|---|---|\n| Ordinary | after 12 months | 2 months | [1] |\n"
        "| Rent up over 5 % | at once | 1 month | [2] |\n| Death of the tenant | ends at once | none | [3] |\n"
    )
    return Answer(
        "finished",
        text,
        citations=citations(),
        sources=(
            SourceRead(LEASE, "lease.pdf", False, (12, 13), (7, 8, 9, 19), 24, 2_140, "Pages 20 to 24 are scans."),
        ),
        searches=(Searched("r", "death of the tenant", (passage(19),)),),
        total_seconds=8.2,
        tokens_per_second=14.0,
        model="Qwen3.5-4B",
    )


def document(identity: str = LEASE, name: str = "lease.pdf", **values: object) -> DocumentAttachment:
    known: dict[str, object] = {"kind": "pdf", "pages": 24, "state": "ready", **values}
    return DocumentAttachment(identity, Path("/home/ada") / name, name, **known)  # type: ignore[arg-type]


def documents() -> tuple[DocumentAttachment, ...]:
    return (
        document(notes=("3 attachments were not opened.", "Page 4 could not be read.")),
        document("c" * 64, "annual report of the year 2025, final version.pdf", state="reading", done=120, total=312),
        document("d" * 64, "offer.docx", kind=None, state="failed", sentence="The file is damaged. Save it again."),
        document("e" * 64, "payslip.pdf", state="password"),
        document("f" * 64, "costs.xlsx", kind="xlsx", pages=3, page_word="sheet"),
    )


def turn() -> Turn:
    question = "When can I cancel, and where does it say so?"
    return Turn("t1", question, (), answer(), 0.0, ("t1",), (document(),))


def serve(viewer: DocumentViewer) -> None:
    """Answer what the viewer asks for, as the reader process would."""

    def picture(document_: str, page: int, width: int) -> None:
        viewer.set_page_picture(document_, page, page_picture(width))

    def text(document_: str, page: int) -> None:
        viewer.set_page_text(document_, page_text(page) if document_ == LEASE else section_text(page))

    viewer.page_wanted.connect(picture, Qt.ConnectionType.QueuedConnection)
    viewer.text_wanted.connect(text, Qt.ConnectionType.QueuedConnection)
