"""Draws the pictures of docs/ that show what an answer points at, without a screen:

    python tests/e2e/pointing_pictures.py

The answer and the dialog on its picture are made by hand, as in `pictures.py`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from app.domain.status import Status
from app.jobs import Jobs
from tests.app.ui import mark_samples, samples
from tests.app.ui.gallery import settle

PICTURES = samples.RESOURCES.parent / "docs" / "pictures"


def main() -> None:
    application = QApplication([])
    for font in (samples.RESOURCES / "fonts").glob("*.ttf"):
        QFontDatabase.addApplicationFont(str(font))
    application.setFont(QFont("Noto Sans"))
    jobs = Jobs()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shown = mark_samples.picture(samples.draw_screenshot(folder / "screenshot.png"))
        for theme in ("light", "dark"):
            window = samples.make_window(samples.look_of(theme), jobs)
            window.resize(1240, 860)
            window.set_model(samples.MODEL)
            window.sidebar.set_summaries(samples.summaries(shown))
            window.show()
            text = mark_samples.TEXT.replace("; see also ⑨", "")
            turn = samples.turn(
                "t1",
                mark_samples.QUESTION,
                samples.finished(text, image_tokens=1222, marks=mark_samples.marks()),
                shown,
            )
            window.set_conversation(samples.conversation(turn))
            window.set_status(Status("idle", "Ready. Qwen3.5-4B answers on this computer."))
            settle()
            window.grab().save(str(PICTURES / f"pointing-{theme}.png"))
            window.close()
    jobs.close()


if __name__ == "__main__":
    main()
