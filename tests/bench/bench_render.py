"""Time to take in, lay out and paint one delta of a streamed answer, against ``QTextBrowser.setMarkdown`` of all.

    python tests/bench/bench_render.py [--words 1000 5000 10000] [--no-reference]

A delta is 12 tokens of about 5 characters, which is what 33 ms bring. Both are shown in a window of 784 x 800 pixels
that follows the end, and a delta ends when the visible part has been painted.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication, QScrollArea, QTextBrowser, QVBoxLayout, QWidget

from app.look import load_look
from app.render.maths import load_typesetter
from app.render.view import AnswerView

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
DELTA = 60
"""Characters: 12 tokens of 5."""
SECTION = """\
## Part {number}: what the settings do

Open **Format → Page Style** and pick the *Page* tab; the values under `Margins` are in centimetres. Every page that
uses this style changes at once, so a document with several styles needs the same change in each of them. See the
[handbook](https://example.org/handbook/{number}) for the details, which differ a little from version to version.

1. Choose **Format**, then *Page Style*.
2. Under **Margins**, type the new values, left and right first:
   - the inner margin is the one at the binding,
   - the outer margin is the one at the edge of the sheet.
3. Press **OK** and look at the first page.

| Setting | Default | Range |
|:--------|--------:|:-----:|
| Left | 2.00 cm | 0 – 10 |
| Right | 2.00 cm | 0 – 10 |
| Gutter {number} | 0.00 cm | 0 – 5 |

```python
def margins(page: Page, left: float = {number}.0) -> Margins:
    \"\"\"Set the margins of a page, in centimetres.\"\"\"
    if left < 0:
        raise ValueError(f"left must not be negative: {{left}}")
    return Margins(left=left, right=left, top=2.5, bottom=2.5)
```

The width of the text is $w - m_l - m_r$, and its height is what remains of the sheet when the margins above and below
are taken away. A narrow column reads better than a wide one; sixty to seventy letters in a line are a good measure, and
the line spacing should grow with the length of the line. Nothing in this paragraph is special, it is there to be read.

"""


def answer(words: int) -> str:
    """Markdown of about so many words."""
    text, number = "", 0
    while len(text.split()) < words:
        number += 1
        text += SECTION.format(number=number)
    return " ".join(text.split(" "))


class Reference(QTextBrowser):
    """All of the text set again with each delta."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def append_markdown(self, text: str) -> None:
        """Add a delta."""
        self._text += text
        self.setMarkdown(self._text)
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())


def measure(application: QApplication, text: str, add: Callable[[str], None]) -> list[float]:
    """Milliseconds of each delta, painting included."""
    times = []
    for at in range(0, len(text), DELTA):
        begun = time.perf_counter()
        add(text[at : at + DELTA])
        application.processEvents()
        times.append((time.perf_counter() - begun) * 1000)
    return times


def stream_ours(application: QApplication, text: str) -> tuple[list[float], float]:
    """Deltas and the final pass."""
    area = QScrollArea(widgetResizable=True, frameShape=QScrollArea.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    page = QWidget()
    layout = QVBoxLayout(page)
    view = AnswerView(load_look("light", RESOURCES / "look"))
    layout.addWidget(view)
    layout.addStretch(1)
    area.setWidget(page)
    bar = area.verticalScrollBar()
    bar.rangeChanged.connect(lambda _, last: bar.setValue(last))
    area.resize(784, 800)
    area.show()

    def add(delta: str) -> None:
        view.append(delta)
        view.flush()

    times = measure(application, text, add)
    begun = time.perf_counter()
    view.finish()
    application.processEvents()
    return times, (time.perf_counter() - begun) * 1000


def stream_reference(application: QApplication, text: str) -> list[float]:
    """The same deltas in one QTextBrowser."""
    browser = Reference()
    browser.resize(784, 800)
    browser.show()
    return measure(application, text, browser.append_markdown)


def report(name: str, times: list[float], last: int) -> str:
    """Median and 99th percentile of all deltas, and the median of the last ones, when the answer is longest."""
    ordered = sorted(times)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    end = statistics.median(times[-last:])
    return f"{name:>12}: median {statistics.median(times):7.2f} ms   p99 {p99:7.2f} ms   at the end {end:7.2f} ms"


def main() -> None:
    """Print one group of lines for each length."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, nargs="+", default=[1000, 5000, 10000])
    parser.add_argument("--no-reference", action="store_true", help="leave out the slow one")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    for name in ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"):
        QFontDatabase.addApplicationFont(str(RESOURCES / "fonts" / name))
    application.setFont(QFont("Noto Sans"))
    load_typesetter()
    for words in arguments.words:
        text = answer(words)
        print(f"{words} words, {len(text)} characters, {len(text) // DELTA} deltas")
        ours, finish = stream_ours(application, text)
        print(report("AnswerView", ours, 50), f"  finish {finish:.1f} ms")
        if arguments.no_reference:
            continue
        theirs = stream_reference(application, text)
        print(report("setMarkdown", theirs, 50))
        print(f"{'ratio':>12}: {statistics.median(theirs) / statistics.median(ours):.1f} x at the median")


if __name__ == "__main__":
    main()
