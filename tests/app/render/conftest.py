"""Blocks in the product's own font, so that widths are the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from tests.app.render.palette import RESOURCES


@pytest.fixture(autouse=True)
def _font(qapp: QApplication) -> Iterator[None]:
    before = QApplication.font()
    added = [
        QFontDatabase.addApplicationFont(str(RESOURCES / "fonts" / name))
        for name in ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf")
    ]
    QApplication.setFont(QFont("Noto Sans"))
    yield
    QApplication.setFont(before)
    for font in added:
        QFontDatabase.removeApplicationFont(font)
