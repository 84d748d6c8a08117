"""One download: how far it is, where it comes from, and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.models import Download
from app.look import Look
from app.ui.buttons import Button
from app.ui.flow import FlowLayout
from app.ui.models import words
from app.ui.models.parts import Ask, set_kind
from app.ui.progress import ProgressLine
from app.ui.text import ElidedLabel, label
from engine.protocol import SourceName

_NO_OTHER_SOURCE = ("disk_full", "folder_refused", "in_use")
"""Failures that another source would meet as well."""


class DownloadPanel(QWidget):
    """Running, paused or failed. It keeps its height while a download runs."""

    pull_wanted = Signal(str)
    """Name: go on, or try again."""
    pull_from_wanted = Signal(str, str)
    """Name, and the source to take instead."""
    pause_wanted = Signal(str)
    discard_wanted = Signal(str)
    token_given = Signal(str, str)
    """Source and its access token. `pull_wanted` follows."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        sizes = look.sizes
        self._download: Download | None = None
        self._other: SourceName | None = None
        self._step = ElidedLabel("", "caption")
        self._percent = label("", "caption")
        head = QHBoxLayout()
        head.setSpacing(sizes.space_2)
        head.addWidget(self._step, 1)
        head.addWidget(self._percent)
        self._progress = ProgressLine(look)
        self._amount = ElidedLabel("", "small")
        self._origin = label("", "small", wrap=True)
        self._sentence = label("", "notice", wrap=True)
        self._token = _TokenRow(look)
        self._main = Button(look, "Pause", "plain")
        self._elsewhere = Button(look, "Use the other source", "plain")
        self._discard = Button(look, "Discard", "plain")
        self._buttons = QWidget()
        buttons = FlowLayout(sizes.space_2, self._buttons)
        for button in (self._main, self._elsewhere, self._discard):
            buttons.addWidget(button)
        self._ask = Ask(look, "Discard", "Keep it")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(sizes.space_2)
        column.addLayout(head)
        column.addWidget(self._progress)
        column.addWidget(self._amount)
        column.addWidget(self._origin)
        column.addWidget(self._sentence)
        column.addWidget(self._token)
        column.addWidget(self._buttons)
        column.addWidget(self._ask)
        self._main.clicked.connect(self._act)
        self._elsewhere.clicked.connect(self._pull_elsewhere)
        self._discard.clicked.connect(self._ask_discard)
        self._ask.agreed.connect(lambda: self.discard_wanted.emit(self._name()))
        self._token.given.connect(self._give_token)

    def set_download(self, download: Download, sources: tuple[SourceName, ...]) -> None:
        """Show `download`, which can be had from `sources`."""
        before, self._download = self._download, download
        running, failed = download.state == "running", download.state == "failed"
        gated = failed and download.code == "gated"
        self._step.set_whole(words.step_words(download))
        self._percent.setText(words.percent(download.done, download.total))
        begun = running or download.done > 0
        self._percent.setVisible(begun)
        self._progress.setVisible(begun)
        self._amount.setVisible(begun)
        self._progress.set_progress(download.done / download.total if download.total else None)
        self._amount.set_whole(words.amount_words(download))
        self._origin.setText(words.origin_words(download))
        self._origin.setVisible(running)
        self._sentence.setText(download.sentence)
        self._sentence.setVisible(bool(download.sentence) and not running)
        set_kind(self._sentence, "notice" if failed else "small")
        self._token.setVisible(gated)
        self._token.set_source(download.source or "huggingface")
        self._main.set_words("Pause" if running else "Try again" if failed else "Go on")
        self._main.describe(f"{self._main.text()}: {download.title}")
        set_kind(self._main, "primary" if failed and not gated else "plain")
        self._discard.describe(f"Discard what was fetched of {download.title}")
        self._other = self._other_source(download, sources)
        self._elsewhere.setVisible(self._other is not None)
        if self._other is not None:
            self._elsewhere.set_words(f"Use {words.SOURCE_NAMES[self._other]} instead")
        if before is not None and before.state != download.state:
            self._ask.give_up()

    def focus_main(self) -> None:
        """Put the focus on Pause, Go on or Try again."""
        self._main.setFocus(Qt.FocusReason.OtherFocusReason)

    def holds_focus(self) -> bool:
        """Whether one of its buttons or its field has the focus."""
        focused = self.window().focusWidget()
        return focused is not None and self.isAncestorOf(focused)

    def _other_source(self, download: Download, sources: tuple[SourceName, ...]) -> SourceName | None:
        if download.state != "failed" or download.code in _NO_OTHER_SOURCE:
            return None
        now = download.source or "huggingface"
        return next((source for source in sources if source != now), None)

    def _name(self) -> str:
        return self._download.name if self._download is not None else ""

    def _act(self) -> None:
        running = self._download is not None and self._download.state == "running"
        (self.pause_wanted if running else self.pull_wanted).emit(self._name())

    def _pull_elsewhere(self) -> None:
        if self._other is not None:
            self.pull_from_wanted.emit(self._name(), self._other)

    def _ask_discard(self) -> None:
        download = self._download
        if download is None:
            return
        if download.done:
            question = f"Discard the {words.size(download.done)} of {download.title} that are here?"
            self._ask.ask(question, "Discard", self._discard)
        else:
            self.discard_wanted.emit(download.name)

    def _give_token(self, source: str, token: str) -> None:
        self.token_given.emit(source, token)
        self.pull_wanted.emit(self._name())


class _TokenRow(QWidget):
    """A field for an access token."""

    given = Signal(str, str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._field = QLineEdit()
        self._field.setEchoMode(QLineEdit.EchoMode.Password)
        self._field.setFixedHeight(look.sizes.control + look.sizes.space_1 // 2)
        self._go = Button(look, "Keep it and try again", "primary")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.sizes.space_2)
        row.addWidget(self._field, 1)
        row.addWidget(self._go)
        self._field.textChanged.connect(lambda text: self._go.setEnabled(bool(text.strip())))
        self._field.returnPressed.connect(self._give)
        self._go.clicked.connect(self._give)
        self._go.setEnabled(False)
        self.set_source("huggingface")

    def set_source(self, source: SourceName) -> None:
        """Say whose token is meant."""
        self._source: SourceName = source
        words_of_it = f"Access token of {words.SOURCE_NAMES[source]}"
        self._field.setPlaceholderText(words_of_it)
        self._field.setAccessibleName(words_of_it)

    def _give(self) -> None:
        token = self._field.text().strip()
        if token:
            self._field.clear()
            self.given.emit(self._source, token)
