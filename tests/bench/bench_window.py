"""How late the window's event loop is while an answer is made, against the same window at rest in the same run.

    python tests/bench/bench_window.py [--model DIR] [--seconds 20]

A timer that is due every 5 ms notes how late it comes; the window is drawn for real (Qt's offscreen platform), and the
model runs in its own process as in the program. Without `--model` a tiny random checkpoint is used: it writes fast, so
that the window has the most to do; a checkpoint of the 4B's shape keeps the processor busiest.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PIL import Image
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.capture.files import read_picture
from app.capture.x11 import X11Source
from app.domain.conversation import Picture
from app.main import build
from app.paths import Paths
from app.session import ChatSession
from app.store import Store
from app.wiring import Parts
from tests.checkpoints import make_tiny

PERIOD_MS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fingerpost-bench-") as folder:
        model = options.model or make_tiny(Path(folder) / "model", real_vocabulary=True, endless=True)
        measure(Path(folder), model, options.seconds)


def measure(folder: Path, model: Path, seconds: float) -> None:
    application = QApplication([])
    application.setStyle("Fusion")
    paths = Paths(folder / "data", folder / "cache", folder / "logs")
    with ExitStack() as end:
        parts, wiring = build(application, paths, Store(paths.data), X11Source(), end)
        parts.window.show()
        wiring.begin(str(model), ())
        wait(lambda: parts.client.state == "idle")
        ask_and_measure(folder, parts, seconds)


def ask_and_measure(folder: Path, parts: Parts, seconds: float) -> None:
    session, attachments = parts.session, parts.attachments
    print(f"{'':34}{'median':>8}{'p99':>8}{'max':>8}   ms late")
    lateness("at rest", seconds / 2)
    attachments.add(picture(folder))
    wait(lambda: bool(attachments.all))
    attachments.take(lambda taken: session.ask("What is this?", taken))
    lateness("while the picture is read", seconds, lambda: writing(session))
    wait(lambda: writing(session))
    lateness("while the answer is written", seconds)
    session.stop()


def lateness(name: str, seconds: float, over: Callable[[], bool] = lambda: False) -> None:
    """Run the event loop for a while, or until it is `over`, and print how late the timer came."""
    late: list[float] = []
    loop, timer = QEventLoop(), QTimer()
    due = time.perf_counter() + PERIOD_MS / 1000
    end = time.perf_counter() + seconds

    def tick() -> None:
        nonlocal due
        now = time.perf_counter()
        late.append(max(0.0, now - due) * 1000)
        due = now + PERIOD_MS / 1000
        if now > end or over():
            loop.quit()

    timer.setTimerType(timer.timerType().PreciseTimer)
    timer.timeout.connect(tick)
    timer.start(PERIOD_MS)
    loop.exec()
    timer.stop()
    ranked = sorted(late)
    p99 = ranked[int(len(ranked) * 0.99)]
    print(f"{name:34}{statistics.median(ranked):8.1f}{p99:8.1f}{ranked[-1]:8.1f}")


def writing(session: ChatSession) -> bool:
    conversation = session.conversation
    return conversation is not None and bool(conversation.turns) and conversation.turns[-1].answer.state == "streaming"


def wait(done: Callable[[], bool]) -> None:
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if done() else None)
    timer.start(20)
    if not done():
        loop.exec()


def picture(folder: Path) -> Picture:
    path = folder / "screen.png"
    Image.effect_noise((1920, 1080), 60).convert("RGB").save(path)
    return read_picture(path, "file")


if __name__ == "__main__":
    main()
