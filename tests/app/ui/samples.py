"""A drawn screenshot, conversations around it, and a window that shows them."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QWidget

from app.domain.conversation import Answer, Attachment, CloserLook, Conversation, ConversationSummary, Turn
from app.domain.geometry import Rect
from app.jobs import Jobs
from app.look import Look, Theme, load_look
from app.render.view import AnswerView
from app.ui.icons import Icons
from app.ui.main_window import MainWindow
from app.ui.thumbnails import Thumbnails
from engine.protocol import ModelInfo

RESOURCES = Path(__file__).parent.parent.parent.parent / "resources"

MODEL = ModelInfo("Qwen3.5-4B", "4B", "torch", "cpu", "bfloat16", 4_660_000_000, 9_320_000_000, 32_768, True)

ANSWER = (
    "Type the new values under **Margins**, left and right first, then press **OK** to apply them to every page that "
    "uses this style.\n\n"
    "1. Select the text of the field **Left** and type `2.5 cm`.\n"
    "2. Press Tab to go to **Right** and type the same.\n"
)


def look_of(theme: Theme = "light") -> Look:
    return load_look(theme, RESOURCES / "look")


def icons() -> Icons:
    return Icons(RESOURCES / "icons")


def answer_view(look: Look, parent: QWidget) -> AnswerView:
    return AnswerView(look, parent)


def draw_screenshot(path: Path, width: int = 1920, height: int = 1080) -> Path:
    """A settings window on a desktop, as a picture file."""
    image = QImage(1920, 1080, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(image.rect(), QColor("#e3e8ee"))
    painter.setPen(Qt.PenStyle.NoPen)
    for spread in range(24, 0, -2):
        painter.setBrush(QColor(30, 40, 60, 5))
        painter.drawRoundedRect(QRectF(300, 110, 1320, 860).adjusted(-spread, -spread, spread, spread), 20, 20)
    painter.setBrush(QColor("#fdfdfd"))
    painter.drawRoundedRect(QRectF(300, 100, 1320, 860), 14, 14)
    painter.setBrush(QColor("#dfe4ea"))
    painter.drawRoundedRect(QRectF(300, 100, 1320, 70), 14, 14)
    painter.drawRect(QRectF(300, 140, 1320, 30))
    font = QFont("Noto Sans")
    font.setPixelSize(28)

    def words(x: int, y: int, text: str, *, bold: bool = False) -> None:
        font.setBold(bold)
        painter.setFont(font)
        painter.setPen(QColor("#22262e"))
        painter.drawText(x, y, text)
        painter.setPen(Qt.PenStyle.NoPen)

    def field(x: int, y: int, text: str, wide: int = 210) -> None:
        painter.setPen(QColor("#b9c0ca"))
        painter.setBrush(QColor("#ffffff"))
        painter.drawRoundedRect(QRectF(x, y, wide, 56), 7, 7)
        words(x + 16, y + 38, text)

    words(330, 146, "Page Style: Default", bold=True)
    for number, tab in enumerate(("General", "Page", "Area", "Header", "Footer", "Columns")):
        painter.setBrush(QColor("#ffffff" if number == 1 else "#eef1f5"))
        painter.drawRoundedRect(QRectF(330 + number * 165, 196, 155, 60), 8, 8)
        words(352 + number * 165, 236, tab, bold=number == 1)
    painter.fillRect(QRectF(300, 256, 1320, 2), QColor("#ccccdd"))
    words(350, 350, "Paper format")
    field(600, 312, "A4", 280)
    words(350, 490, "Margins", bold=True)
    for row, (left, right) in enumerate((("Left", "Top"), ("Right", "Bottom"))):
        words(350, 580 + row * 90, left)
        field(600, 542 + row * 90, "2.00 cm")
        words(960, 580 + row * 90, right)
        field(1140, 542 + row * 90, "2.00 cm")
    field(1360, 860, "        OK", 200)
    painter.end()
    if (width, height) != (1920, 1080):
        image = image.scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio)
    image.save(str(path))
    return path


def attachment(
    path: Path, identity: str = "a" * 64, title: str = "Writer", size: tuple[int, int] = (1920, 1080)
) -> Attachment:
    return Attachment(identity, path, "image/png", size[0], size[1], "region", title)


def turn(identity: str, question: str, answer: Answer, *pictures: Attachment, siblings: tuple[str, ...] = ()) -> Turn:
    return Turn(identity, question, pictures, answer, time.time(), siblings or (identity,))


def finished(text: str = ANSWER, **values: object) -> Answer:
    known: dict[str, object] = {"total_seconds": 1.9, "tokens_per_second": 14.2, "model": "Qwen3.5-4B", **values}
    return Answer("finished", text, **known)  # type: ignore[arg-type]


def closer_look(picture: Attachment, at: int = 0) -> CloserLook:
    """At the margins of the drawn dialog."""
    return CloserLook(picture, Rect(0.17, 0.47, 0.55, 0.18), "the values under Margins", at)


def conversation(*turns: Turn, title: str = "Change the page margins") -> Conversation:
    return Conversation("c1", title, turns, time.time(), time.time())


def summaries(picture: Attachment | None) -> tuple[ConversationSummary, ...]:
    now, day = time.time(), 86_400
    return (
        ConversationSummary("c1", "Change the page margins", "Writer", picture, now),
        ConversationSummary("c2", "When can I cancel the lease, and where does it say so?", "2 pictures", picture, now),
        ConversationSummary("c3", "What does this error mean", "Terminal", picture, now),
        ConversationSummary("c4", "Compare the two offers", "", None, now - day),
        ConversationSummary("c5", "Export as PDF, step by step", "Writer", picture, now - day),
        ConversationSummary("c6", "Which of these fonts is the most legible", "specimen.png", None, now - 4 * day),
    )


def make_window(look: Look, jobs: Jobs) -> MainWindow:
    return MainWindow(look, RESOURCES, Thumbnails(jobs))
