"""The page before there is a conversation: what can be done next, whatever state the model is in."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.domain.status import Status
from app.look import Look
from app.ui.buttons import Button
from app.ui.centred import CentredPage
from app.ui.first_run import FirstRunPage
from app.ui.flow import FlowLayout
from app.ui.icons import Icons
from app.ui.progress import ProgressLine
from app.ui.text import label
from app.ui.tries import Tries


class _ModelPage(CentredPage):
    """With a model: ready, loading or failed."""

    model_wanted = Signal()
    reload_wanted = Signal()

    def __init__(self, look: Look, icons: Icons) -> None:
        super().__init__(look, icons)
        sizes = look.sizes
        self._title = label("", "title", wrap=True)
        self._sentence = label("", "lead", wrap=True)
        self._progress = ProgressLine(look)
        self.tries = Tries(look, icons)
        reload = Button(look, "Try again", "big")
        reload.clicked.connect(self.reload_wanted)
        other = Button(look, "Choose another model…", "card")
        other.clicked.connect(self.model_wanted)
        self._steps = QWidget()
        buttons = FlowLayout(sizes.space_2, self._steps)
        buttons.addWidget(reload)
        buttons.addWidget(other)
        self.column.addWidget(self._title)
        self.column.addWidget(self._sentence)
        self.column.addWidget(self._progress)
        self.column.addSpacing(sizes.space_2)
        self.column.addWidget(self.tries)
        self.column.addWidget(self._steps)
        self.set_status(Status("stopped", ""))

    def set_status(self, status: Status) -> None:
        """What the model does now."""
        failed = status.state == "crashed" or (status.state == "stopped" and bool(status.sentence))
        loading = status.state in ("starting", "loading")
        if failed:
            title, sentence = "The model did not start", status.sentence
        elif loading:
            title = "The model is getting ready"
            sentence = status.sentence or "This takes a moment. Take a picture and type in the meantime."
        else:
            title, sentence = (
                "Ask about what you see",
                "Show a part of the screen or a picture, then ask. It stays on this computer.",
            )
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._progress.set_progress(status.progress)
        self._progress.setVisible(loading)
        self.tries.setVisible(not failed)
        self._steps.setVisible(failed)


class EmptyPage(QStackedWidget):
    """The first run while no model was chosen, then ready, loading or failed: each says one thing and offers one next
    step."""

    region_wanted = Signal()
    window_wanted = Signal()
    files_wanted = Signal()
    model_wanted = Signal()
    """Another model is to be chosen."""
    reload_wanted = Signal()
    """The same folder is to be tried again."""

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.first_run = FirstRunPage(look, icons)
        self._page = _ModelPage(look, icons)
        self.addWidget(self.first_run)
        self.addWidget(self._page)
        for each in (self.first_run, self._page.tries):
            each.region_wanted.connect(self.region_wanted)
            each.window_wanted.connect(self.window_wanted)
            each.files_wanted.connect(self.files_wanted)
        self.first_run.more_wanted.connect(self.model_wanted)
        self._page.model_wanted.connect(self.model_wanted)
        self._page.reload_wanted.connect(self.reload_wanted)

    def set_model_folder(self, folder: str) -> None:
        """The folder that is used, empty where none was chosen yet."""
        self.setCurrentWidget(self._page if folder else self.first_run)

    def set_status(self, status: Status) -> None:
        """What the model does now."""
        self._page.set_status(status)
