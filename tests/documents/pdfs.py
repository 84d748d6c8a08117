"""PDF files for tests: known words at known places, drawn with reportlab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table, TableStyle

WIDTH, HEIGHT = A4
PROSE = (
    "The tenant pays the agreed rent on the third working day of each month and the landlord confirms every payment "
    "in writing while repairs of small damage remain with the tenant up to a yearly limit that both sides have set"
)


@dataclass
class Drawn:
    """Words as they were put on a page: text, left, right and baseline in points from the bottom left corner."""

    words: list[tuple[str, float, float, float]] = field(default_factory=list)


def write(
    canvas: Canvas, drawn: Drawn, text: str, x: float, y: float, size: float = 11, font: str = "Helvetica"
) -> None:
    """Draw a line, and note where each of its words comes to stand."""
    canvas.setFont(font, size)
    canvas.drawString(x, y, text)
    at = x
    for word in text.split(" "):
        width = stringWidth(word, font, size)
        drawn.words.append((word, at, at + width, y))
        at += width + stringWidth(" ", font, size)


def pdf(path: Path, *pages: Callable[[Canvas], None], **options: object) -> Path:
    """A file with a page for each of `pages`, which draws it."""
    canvas = Canvas(str(path), pagesize=A4, invariant=1, **options)
    for page in pages:
        page(canvas)
        canvas.showPage()
    canvas.save()
    return path


def encrypted(path: Path, password: str, owner: str) -> Path:
    """A page that needs `password`; none where it is ``""``."""
    return pdf(
        path, lambda canvas: canvas.drawString(72, 700, "Secret clause"), encrypt=StandardEncryption(password, owner)
    )


def lines(text: str, count: int) -> list[str]:
    """`count` different lines of prose, each of which says `text` and its number."""
    words = PROSE.split()
    return [f"{text} {number} " + " ".join(words[number % 20 : number % 20 + 5]) for number in range(1, count + 1)]


def two_columns(canvas: Canvas) -> None:
    """A title over two columns, drawn line by line across both, as some programs do."""
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(72, 780, "A title that goes over both of the columns")
    canvas.setFont("Helvetica", 10)
    for number, (left, right) in enumerate(zip(lines("left", 30), lines("right", 30), strict=True)):
        canvas.drawString(72, 740 - 13 * number, left)
        canvas.drawString(310, 740 - 13 * number, right)
    canvas.drawString(72, 320, "After the columns there is a last line over the whole width of the page, as in papers.")


def table(canvas: Canvas, rows: list[list[str]], x: float, y: float, *, ruled: bool, spans: bool = False) -> None:
    """A table whose lower left corner is at (x, y)."""
    style: list[tuple[object, ...]] = [("GRID", (0, 0), (-1, -1), 0.5, "black")] if ruled else []
    if spans:
        style.append(("SPAN", (0, 0), (-1, 0)))
    drawn = Table(rows, style=TableStyle(style))
    drawn.wrapOn(canvas, 500, 500)
    drawn.drawOn(canvas, x, y)


def prose(pages: int) -> list[Callable[[Canvas], None]]:
    """Pages of 45 lines, with a heading and the words ``needle N`` on page N."""

    def draw(number: int) -> Callable[[Canvas], None]:
        def page(canvas: Canvas) -> None:
            canvas.setFont("Helvetica-Bold", 18)
            canvas.drawString(72, 780, f"Chapter {number}")
            canvas.setFont("Helvetica", 10)
            for line, text in enumerate(lines(f"needle {number} line", 45)):
                canvas.drawString(72, 750 - 14 * line, text)

        return page

    return [draw(number) for number in range(1, pages + 1)]
