"""A model that could be here: what it is for, whether it fits, and the way to get it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.domain.models import Download
from app.look import Look
from app.ui.buttons import Button, IconButton
from app.ui.icons import Icons
from app.ui.models import words
from app.ui.models.download_panel import DownloadPanel
from app.ui.models.parts import FitChip, Framed
from app.ui.text import ElidedLabel, label
from engine.protocol import Offered, SourceName


class OfferRow(Framed):
    """One entry of the catalogue; its download in the place of the button while there is one."""

    pull_wanted = Signal(str, object)
    """Name, and the source or None."""
    pause_wanted = Signal(str)
    discard_wanted = Signal(str)
    token_given = Signal(str, str)

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(look, parent)
        sizes = look.sizes
        self._offered: Offered | None = None
        self._going = False
        self._title = ElidedLabel("", "strong")
        self._size = label("", "small")
        self._chip = FitChip()
        self._get = Button(look, "Get", "plain")
        self._more = IconButton(look, icons, "more", "Choose the source")
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._more.setMenu(self._menu)
        head = QHBoxLayout()
        head.setSpacing(sizes.space_2)
        head.addWidget(self._title, 1)
        head.addWidget(self._size)
        head.addWidget(self._chip)
        head.addWidget(self._get)
        head.addWidget(self._more)
        self._purpose = label("", "caption", wrap=True)
        self._sentence = label("", "small", wrap=True)
        self.panel = DownloadPanel(look)
        self.panel.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(sizes.space_3, sizes.space_2, sizes.space_2, sizes.space_3)
        column.setSpacing(sizes.space_1)
        column.addLayout(head)
        column.addWidget(self._purpose)
        column.addWidget(self._sentence)
        column.addWidget(self.panel)
        self._get.clicked.connect(lambda: self._pull(None))
        self.panel.pull_wanted.connect(lambda name: self.pull_wanted.emit(name, None))
        self.panel.pull_from_wanted.connect(self.pull_wanted.emit)
        self.panel.pause_wanted.connect(self.pause_wanted)
        self.panel.discard_wanted.connect(self.discard_wanted)
        self.panel.token_given.connect(self.token_given)

    def set_offered(self, offered: Offered) -> None:
        """Say what it is and how it fits."""
        self._offered = offered
        fit = next(iter(offered.fits), None)
        fits = fit is not None and fit.verdict != "no"
        self._title.set_whole(offered.title)
        self._size.setText(words.size(offered.bytes))
        self._chip.set_fit(fit)
        self._purpose.setText(offered.purpose)
        self._sentence.setText(fit.sentence if fit is not None and fit.verdict != "fits" else "")
        self._get.describe(f"Get {offered.title}, {words.size(offered.bytes)}")
        self._get.setEnabled(fits)
        self._more.setEnabled(fits)
        self._show()

    def set_download(self, download: Download | None) -> None:
        """Show how far it is, or that it can be got."""
        going = download is not None
        moved = self._get.hasFocus() if going else self.panel.holds_focus()
        if download is not None:
            self.panel.set_download(download, words.sources_of(self._offered))
            if self._offered is None:
                self._title.set_whole(download.title)
        self._going = going
        self._show()
        if moved:
            self.panel.focus_main() if going else self._get.setFocus()

    def _show(self) -> None:
        """What can be got and what is on its way look different; nothing is shown in between."""
        open_to_get = self._offered is not None and not self._going
        self.panel.setVisible(self._going)
        for widget in (self._get, self._more, self._chip, self._purpose):
            widget.setVisible(open_to_get)
        self._sentence.setVisible(open_to_get and bool(self._sentence.text()))

    def _pull(self, source: SourceName | None) -> None:
        if self._offered is not None:
            self.pull_wanted.emit(self._offered.id, source)

    def _fill_menu(self) -> None:
        self._menu.clear()
        for source in words.sources_of(self._offered):
            action = self._menu.addAction(f"Get it from {words.SOURCE_NAMES[source]}")
            action.triggered.connect(lambda _checked=False, at=source: self._pull(at))
