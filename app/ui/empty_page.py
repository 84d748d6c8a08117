"""The page before there is a conversation: what can be done next, whatever state the model is in."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.domain.status import Status
from app.look import Look
from app.ui.buttons import Button
from app.ui.flow import FlowLayout
from app.ui.icons import Icons
from app.ui.progress import ProgressLine
from app.ui.text import label
from app.ui.themed import Themed


class _Mark(QWidget):
    """The product's sign."""

    def __init__(self, icons: Icons, size: int) -> None:
        super().__init__()
        self._icons = icons
        self.setFixedSize(QSize(size, size))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._icons.paint(painter, "fingerpost", "", QRectF(self.rect()))


class EmptyPage(QScrollArea, Themed):
    """Ready, no model chosen, loading, or failed: each says one thing and offers one next step."""

    region_wanted = Signal()
    window_wanted = Signal()
    files_wanted = Signal()
    model_wanted = Signal()
    """Another folder is to be chosen."""
    reload_wanted = Signal()
    """The same folder is to be tried again."""

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        sizes = look.sizes
        self.setObjectName("page")
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._title = label("", "title", wrap=True)
        self._sentence = label("", "lead", wrap=True)
        self._progress = ProgressLine(look)
        self._tries = self._make_tries(look, icons)
        self._choose = Button(look, "Choose a model folder…", "big")
        self._choose.clicked.connect(self.model_wanted)
        self._reload = Button(look, "Try again", "big")
        self._reload.clicked.connect(self.reload_wanted)
        self._other = Button(look, "Choose another folder…", "card")
        self._other.clicked.connect(self.model_wanted)
        steps = QWidget()
        buttons = FlowLayout(sizes.space_2, steps)
        for button in (self._choose, self._reload, self._other):
            buttons.addWidget(button)
        self._steps = steps
        self._place(_Mark(icons, 2 * sizes.space_5))
        self._folder = ""
        self._status = Status("stopped", "")
        self._show()

    def set_model_folder(self, folder: str) -> None:
        """The folder that is used, empty where none was chosen yet."""
        self._folder = folder
        self._show()

    def set_status(self, status: Status) -> None:
        """What the model does now."""
        self._status = status
        self._show()

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look

    def _place(self, mark: QWidget) -> None:
        """A column in the middle, a little above the centre."""
        sizes = self._look.sizes
        inner = QWidget()
        inner.setMaximumWidth(sizes.question_width)
        inner.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(sizes.space_3)
        column.addWidget(mark)
        column.addSpacing(sizes.space_2)
        column.addWidget(self._title)
        column.addWidget(self._sentence)
        column.addWidget(self._progress)
        column.addSpacing(sizes.space_2)
        column.addWidget(self._tries)
        column.addWidget(self._steps)
        content = QWidget()
        content.setObjectName("column")
        outer = QVBoxLayout(content)
        outer.setContentsMargins(sizes.space_5, sizes.space_5, sizes.space_5, sizes.space_5)
        outer.addStretch(2)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(inner, 1000)
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(3)
        self.setWidget(content)

    def _make_tries(self, look: Look, icons: Icons) -> QWidget:
        box = QWidget()
        tries = FlowLayout(look.sizes.space_2, box)
        for icon, words, signal in (
            ("region", "Grab a region", self.region_wanted),
            ("window", "Look at a window", self.window_wanted),
            ("picture", "Choose or drop a picture", self.files_wanted),
        ):
            card = Button(look, words, "card", icons, icon)
            card.clicked.connect(signal)
            tries.addWidget(card)
        return box

    def _show(self) -> None:
        state = self._status.state
        failed = bool(self._folder) and (state == "crashed" or (state == "stopped" and bool(self._status.sentence)))
        loading = bool(self._folder) and state in ("starting", "loading")
        if not self._folder:
            title = "Choose a model to start"
            sentence = (
                "Fingerpost needs a folder with a Qwen3.5 model. Qwen3.5-4B is the one to start with; it takes 9.3 GB."
            )
        elif failed:
            title, sentence = "The model did not start", self._status.sentence
        elif loading:
            title = "The model is getting ready"
            sentence = self._status.sentence or "This takes a moment. Take a picture and type in the meantime."
        else:
            title, sentence = (
                "Ask about what you see",
                "Show a part of the screen or a picture, then ask. It stays on this computer.",
            )
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._progress.set_progress(self._status.progress)
        self._progress.setVisible(loading)
        self._tries.setVisible(bool(self._folder) and not failed)
        self._choose.setVisible(not self._folder)
        self._reload.setVisible(failed)
        self._other.setVisible(failed)
        self._steps.setVisible(failed or not self._folder)
