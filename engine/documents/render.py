"""A page as a picture, or a part of one in full detail."""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image

from engine.documents.document import DocumentError
from engine.documents.limits import Limits
from engine.documents.pdf.pdfium import PageError, open_pdf
from engine.documents.pictures import open_frames
from engine.protocol import Box, DocumentKind

MOST_PIXELS = 32_000_000
"""Of a page that is drawn; it is made smaller where more is asked for."""
LONGEST_SIDE = 16_000
_WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def render(path: Path, kind: DocumentKind, page: int, width: int, area: Box | None, password: str) -> Image.Image:
    """Page `page` (from 1) as RGB, `width` pixels wide or less where that were too many; only its part `area`, then
    `width` is that of the part.

    Raises:
        PasswordNeeded: the file is encrypted, and `password` does not open it.
        DocumentError: the file or the page can not be read, there is no such page, or files of this kind have no pages
            to draw.
    """
    part = _within(area or _WHOLE)
    if kind == "pdf":
        return _pdf(path, page, width, part, password)
    if kind == "picture":
        return _picture(path, page, width, part)
    raise DocumentError("bad_request", f"{path.name} has no pages to look at. Its text is shown instead.")


def _pdf(path: Path, number: int, width: int, part: Box, password: str) -> Image.Image:
    with open_pdf(path, path.name, password) as pdf:
        _check_number(number, pdf.pages, path.name)
        try:
            with pdf.page(number) as page:
                wide, high = page.width, page.height
            if not (wide > 0 and high > 0):
                raise DocumentError("document_unreadable", f"Page {number} of {path.name} has no size to be drawn in.")
            wanted = _fitting(width, (part.y1 - part.y0) * high / ((part.x1 - part.x0) * wide))
            scale = wanted[0] / ((part.x1 - part.x0) * wide)
            cut = (part.x0 * wide, (1 - part.y1) * high, (1 - part.x1) * wide, part.y0 * high)
            picture = pdf.draw(number, scale, cut)
        except PageError as error:
            raise DocumentError("document_unreadable", f"Page {number} of {path.name} is damaged.") from error
    # Sides are rounded up one by one where a page is cut.
    return picture if picture.size == wanted else picture.resize(wanted, Image.Resampling.BILINEAR)


def _picture(path: Path, number: int, width: int, part: Box) -> Image.Image:
    with open_frames(path, path.name, Limits()) as frames:
        _check_number(number, frames.count, path.name)
        picture = frames.picture(number)
    edges = (part.x0 * picture.width, part.y0 * picture.height, part.x1 * picture.width, part.y1 * picture.height)
    left, top, right, bottom = math.floor(edges[0]), math.floor(edges[1]), math.ceil(edges[2]), math.ceil(edges[3])
    seen = picture.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    wanted = _fitting(width, seen.height / seen.width)
    return seen if seen.size == wanted else seen.resize(wanted, Image.Resampling.LANCZOS)


def _fitting(width: int, ratio: float) -> tuple[int, int]:
    """Width and height in pixels near `width`, with `ratio` times the width as the height, within the limits."""
    most = min(math.sqrt(MOST_PIXELS / ratio), LONGEST_SIDE / max(ratio, 1.0))
    fitting = max(1, int(min(width, most)))
    return fitting, min(max(1, round(fitting * ratio)), LONGEST_SIDE)


def _within(area: Box) -> Box:
    """`area` on the page, and not empty."""
    x0, y0 = min(max(area.x0, 0.0), 0.999), min(max(area.y0, 0.0), 0.999)
    return Box(x0, y0, max(min(area.x1, 1.0), x0 + 0.001), max(min(area.y1, 1.0), y0 + 0.001))


def _check_number(number: int, pages: int, name: str) -> None:
    if not 1 <= number <= pages:
        raise DocumentError("bad_request", f"{name} has no page {number:,}. Its last is page {pages:,}.")
