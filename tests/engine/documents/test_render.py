"""What is shown of a page is what is on it: the right part, at the right size, never more than memory allows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from engine.documents.document import DocumentError, PasswordNeeded
from engine.documents.render import MOST_PIXELS, render
from engine.protocol import Box
from tests.documents import pdfs
from tests.documents.pdfs import HEIGHT, WIDTH, pdf


def _quarters(canvas: Canvas) -> None:
    for colour, x, y in (("red", 0, 1), ("lime", 1, 1), ("blue", 0, 0), ("yellow", 1, 0)):
        canvas.setFillColor(colour)
        canvas.rect(x * WIDTH / 2, y * HEIGHT / 2, WIDTH / 2, HEIGHT / 2, stroke=0, fill=1)


def _colour(picture: Image.Image, x: float, y: float) -> tuple[int, ...]:
    pixel = picture.getpixel((int(x * (picture.width - 1)), int(y * (picture.height - 1))))
    assert isinstance(pixel, tuple)
    return pixel


RED, LIME, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)


@pytest.mark.parametrize("kind", ["pdf", "picture"])
def test_a_page_and_its_parts(tmp_path: Path, kind: str) -> None:
    path = pdf(tmp_path / "a.pdf", _quarters)
    whole = render(path, "pdf", 1, 595, None, "")
    if kind == "picture":
        path = tmp_path / "a.png"
        whole.save(path)
        whole = render(path, "picture", 1, 595, None, "")
    assert whole.size == (595, 842)
    assert whole.mode == "RGB"
    corners = [_colour(whole, x, y) for y in (0.1, 0.9) for x in (0.1, 0.9)]
    assert corners == [RED, LIME, BLUE, YELLOW]
    part = render(path, kind, 1, 1000, Box(0.75, 0.25, 1.0, 0.75), "")  # type: ignore[arg-type]
    assert part.width == 1000
    assert part.height == pytest.approx(1000 * 2 * HEIGHT / WIDTH, abs=4)
    assert (_colour(part, 0.05, 0.05), _colour(part, 0.95, 0.95)) == (LIME, YELLOW)


def test_a_part_has_full_detail(tmp_path: Path) -> None:
    def stripes(canvas: Canvas) -> None:
        for x in range(100):
            canvas.rect(100 + x, 400, 0.5, 40, stroke=0, fill=1)

    path = pdf(tmp_path / "a.pdf", stripes)
    area = Box(100 / WIDTH, (HEIGHT - 430) / HEIGHT, 200 / WIDTH, (HEIGHT - 410) / HEIGHT)
    row = np.asarray(render(path, "pdf", 1, 800, area, "").convert("L"))[80]
    assert 95 <= np.count_nonzero(np.diff((row < 128).astype(int)) == 1) <= 101


def test_no_picture_is_larger_than_memory_allows(tmp_path: Path) -> None:
    picture = render(pdf(tmp_path / "a.pdf", _quarters), "pdf", 1, 100_000, None, "")
    assert 0.9 * MOST_PIXELS < picture.width * picture.height <= 1.01 * MOST_PIXELS


def test_what_can_not_be_drawn_is_said(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", _quarters)
    with pytest.raises(DocumentError, match="no page 2"):
        render(path, "pdf", 2, 100, None, "")
    with pytest.raises(DocumentError, match="no pages to look at"):
        render(path, "docx", 1, 100, None, "")
    locked = pdfs.encrypted(tmp_path / "b.pdf", "geheim", "owner")
    with pytest.raises(PasswordNeeded):
        render(locked, "pdf", 1, 100, None, "")
    assert render(locked, "pdf", 1, 100, None, "geheim").width == 100
