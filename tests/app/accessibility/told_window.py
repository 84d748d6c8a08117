"""A program that tells of its window: fields, a password, a list, and a grid of buttons. Run as a script.

It prints one JSON object with the rectangles of its widgets (global, Qt's) as soon as it stands, and a line for each
press.
"""

from __future__ import annotations

import json
import sys

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLineEdit,
    QListWidget,
    QPushButton,
    QSlider,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

TITLE = "Invoice 4711"
SECRET = "correct horse battery"


def build(buttons: int) -> QWidget:
    window = QWidget()
    window.setWindowTitle(TITLE)
    column = QVBoxLayout(window)
    save = QPushButton("Save")
    save.clicked.connect(lambda: print("pressed Save", flush=True))
    away = QPushButton("Away")
    away.setEnabled(False)
    customer, password = QLineEdit("Müller & Söhne"), QLineEdit(SECRET)
    customer.setAccessibleName("Customer")
    customer.textChanged.connect(lambda text: print(f"written {text}", flush=True))
    password.setAccessibleName("Password")
    password.setEchoMode(QLineEdit.EchoMode.Password)
    paid = QCheckBox("Paid")
    paid.setChecked(True)
    paper = QComboBox()
    paper.addItems(["A4", "A5"])
    amount = QSlider()
    amount.setValue(42)
    amount.setAccessibleName("Amount")
    amount.setMaximumHeight(40)
    ledger = QTableWidget(500, 20)
    for column_number in range(20):
        for row in range(500):
            ledger.setItem(row, column_number, QTableWidgetItem(f"R{row}C{column_number}"))
    ledger.setFixedHeight(120)
    rows = QListWidget()
    rows.addItems([f"Item {number}" for number in range(1, 200)])
    rows.setFixedHeight(90)
    tabs = QTabWidget()
    tabs.addTab(QWidget(), "Lines")
    tabs.addTab(QPushButton("Hidden"), "Notes")
    tabs.setFixedHeight(60)
    for widget in (save, away, customer, password, paid, paper, amount, rows, tabs, ledger):
        column.addWidget(widget)
    grid = QGridLayout()
    for number in range(buttons):
        grid.addWidget(QPushButton(f"Key {number}"), number // 15, number % 15)
    column.addLayout(grid)
    window.setGeometry(140, 40, 420, 600)
    return window


def tell(window: QWidget) -> None:
    places = {}
    for widget in window.findChildren(QWidget):
        if isinstance(widget, QPushButton | QLineEdit) and widget.isVisible():
            corner = widget.mapToGlobal(QPoint(0, 0))
            name = widget.accessibleName() or widget.text()
            places[name] = [corner.x(), corner.y(), widget.width(), widget.height()]
    print(json.dumps(places), flush=True)


def main() -> None:
    application = QApplication([])
    application.setStyle("Fusion")
    window = build(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    window.show()
    QTimer.singleShot(300, lambda: tell(window))
    sys.exit(application.exec())


if __name__ == "__main__":
    main()
