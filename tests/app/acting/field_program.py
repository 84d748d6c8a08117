"""A window with a button and a field that prints what happens to them, for tests of synthesised input."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget


def main() -> None:
    application = QApplication([])
    window = QWidget()
    window.setWindowTitle("Two fields")
    column = QVBoxLayout(window)
    button, field = QPushButton("Press me"), QLineEdit()
    column.addWidget(button)
    column.addWidget(field)
    window.setGeometry(100, 100, 400, 200)
    button.clicked.connect(lambda: print("clicked", flush=True))
    field.textChanged.connect(lambda text: print("text", text, flush=True))
    application.focusChanged.connect(lambda _, now: print("focus", type(now).__name__, flush=True))
    window.show()
    button.setFocus()

    def tell() -> None:
        for widget in (button, field):
            at = widget.mapToGlobal(QPoint(widget.width() // 2, widget.height() // 2))
            print("at", at.x(), at.y(), flush=True)
        print("ready", flush=True)

    QTimer.singleShot(500, tell)
    application.exec()


if __name__ == "__main__":
    main()
