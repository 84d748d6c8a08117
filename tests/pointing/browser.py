"""Pages in headless Chromium: a picture of each, and what stands where on it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

from tests.pointing.pages import Page
from tests.pointing.parts import Part

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FOOT = 200
"""Logical pixels by which the window is higher than the page: the size that is asked for may count its bars."""
PATIENCE = 60.0
"""Seconds for one page."""


def find_browser() -> str | None:
    """The program's path, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def shown(browser: str, page: Page) -> tuple[QImage, tuple[Part, ...]]:
    """The page as it looks and its parts in pixels of that picture."""
    with tempfile.TemporaryDirectory(prefix="fingerpost-page-") as scratch:
        source, picture = Path(scratch, "page.html"), Path(scratch, "page.png")
        source.write_text(page.html, "utf-8")
        common = [
            browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", f"--user-data-dir={scratch}/profile",
            f"--force-device-scale-factor={page.scale}", f"--window-size={page.width},{page.height + FOOT}",
        ]  # fmt: skip
        _run([*common, f"--screenshot={picture}", source.as_uri()])
        document = _run([*common, "--dump-dom", source.as_uri()])
        image = QImage(str(picture)).convertToFormat(QImage.Format.Format_RGB32)
    found = re.search(r'<script type="application/json" id="parts">(.*?)</script>', document, re.DOTALL)
    if found is None or image.isNull():
        raise RuntimeError("the browser did not show the page")
    size = (round(page.width * page.scale), round(page.height * page.scale))
    parts = tuple(_part(told, page.scale) for told in json.loads(found[1])["parts"])
    return image.copy(0, 0, *size), parts


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
    return done.stdout.decode("utf-8")


def _part(told: dict, scale: float) -> Part:
    label = told["label"]
    return Part(
        told["role"], told["name"], _rect(told["rect"], scale), told["text"], told["phrase"], tuple(told["states"]),
        told["value"], parent=told["parent"], clear=told["clear"], label=label and _rect(label, scale),
    )  # fmt: skip


def _rect(sides: list[float], scale: float) -> QRectF:
    return QRectF(*(side * scale for side in sides))
