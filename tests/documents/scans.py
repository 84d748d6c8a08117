"""Picture files with writing on them, as scanners make them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont


def scan(path: Path, *words: str) -> Path:
    """A picture file with a page of 900 x 400 pixels for each of `words`, which begins 40 pixels from its left."""
    font = ImageFont.load_default(60)
    pages = []
    for text in words:
        page = Image.new("RGB", (900, 400), "white")
        ImageDraw.Draw(page).text((40, 100), text, "black", font)
        pages.append(page)
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path
