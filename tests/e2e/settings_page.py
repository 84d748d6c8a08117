"""Another program's window to ask about: a page-style dialog. Run as a script; it stays until it is ended."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QGroupBox,
    QLabel,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

TITLE = "Page Style: Default"


def build() -> QWidget:
    window = QWidget()
    window.setWindowTitle(TITLE)
    paper = QComboBox()
    paper.addItems(["A4", "A5", "Letter"])
    form = QFormLayout()
    form.addRow("Paper format", paper)
    margins = QGroupBox("Margins")
    grid = QGridLayout(margins)
    for index, side in enumerate(("Left", "Right", "Top", "Bottom")):
        field = QDoubleSpinBox()
        field.setSuffix(" cm")
        field.setValue(2.0)
        grid.addWidget(QLabel(side), index % 2, index // 2 * 2)
        grid.addWidget(field, index % 2, index // 2 * 2 + 1)
    page = QWidget()
    column = QVBoxLayout(page)
    column.addLayout(form)
    column.addWidget(margins)
    column.addStretch(1)
    tabs = QTabWidget()
    for name in ("General", "Page", "Area", "Header", "Footer", "Columns"):
        tabs.addTab(page if name == "Page" else QWidget(), name)
    tabs.setCurrentWidget(page)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
    outer = QVBoxLayout(window)
    outer.addWidget(tabs)
    outer.addWidget(buttons)
    window.setGeometry(120, 120, 620, 320)
    return window


def main() -> None:
    application = QApplication([])
    application.setStyle("Fusion")
    application.styleHints().setColorScheme(Qt.ColorScheme.Light)
    window = build()
    window.show()
    sys.exit(application.exec())


if __name__ == "__main__":
    main()
