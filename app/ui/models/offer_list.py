"""The catalogue: models that this machine can run, and downloads on their way."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.models import Download
from app.look import Look
from app.ui.buttons import Button
from app.ui.icons import Icons
from app.ui.models import words
from app.ui.models.offer_row import OfferRow
from app.ui.models.parts import Rows
from app.ui.text import label
from app.ui.themed import Themed
from engine.protocol import Offered, Surveyed

_BASE = "Base models continue a text"


class OfferList(QWidget, Themed):
    """Instruct models in the open, base models folded away."""

    pull_wanted = Signal(str, object)
    pause_wanted = Signal(str)
    discard_wanted = Signal(str)
    token_given = Signal(str, str)

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        sizes = look.sizes
        self._look = look
        self._icons = icons
        self._survey: Surveyed | None = None
        self._downloads: tuple[Download, ...] = ()
        self._machine = label("", "small", wrap=True)
        self.others = Rows[OfferRow](sizes.space_2)
        self.instruct = Rows[OfferRow](sizes.space_2)
        self.base = Rows[OfferRow](sizes.space_2)
        self.fold = Button(look, _BASE, "word", icons, "right")
        self.fold.setCheckable(True)
        self.fold.toggled.connect(self._unfold)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(sizes.space_2)
        column.addWidget(self._machine)
        column.addWidget(self.others)
        column.addWidget(self.instruct)
        column.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.base)
        self._show()

    def set_survey(self, survey: Surveyed | None) -> None:
        """What can be had, None while nobody has looked."""
        self._survey = survey
        self._show()

    def set_downloads(self, downloads: Sequence[Download]) -> None:
        """What is on its way."""
        before = {download.name for download in self._downloads}
        self._downloads = tuple(downloads)
        if before == {download.name for download in downloads}:
            self._show_downloads()
        else:
            self._show()

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look

    def _show(self) -> None:
        survey = self._survey
        self._machine.setText(words.machine_line(survey.machine) if survey is not None else "Looking at this machine…")
        offered = [each for each in (survey.offered if survey is not None else ()) if self._is_shown(each)]
        known = {each.id: each for each in offered}
        instruct = [each.id for each in offered if each.variant == "instruct"]
        base = [each.id for each in offered if each.variant == "base"]
        others = [
            download.name for download in self._downloads if not any(words.fetches(download, each) for each in offered)
        ]
        for rows, keys in ((self.instruct, instruct), (self.base, base), (self.others, others)):
            rows.sync(keys, lambda _key: self._make())
        for key, row in (*self.instruct.rows.items(), *self.base.rows.items()):
            row.set_offered(known[key])
        if any(words.fetches(download, known[each]) for each in base for download in self._downloads):
            self.fold.setChecked(True)
        self.fold.setVisible(bool(base))
        self._unfold(self.fold.isChecked())
        self._show_downloads()

    def _is_shown(self, offered: Offered) -> bool:
        going = any(words.fetches(download, offered) for download in self._downloads)
        return going or (bool(offered.fits) and not offered.installed)

    def _show_downloads(self) -> None:
        known = {each.id: each for each in (self._survey.offered if self._survey is not None else ())}
        for key, row in (*self.instruct.rows.items(), *self.base.rows.items()):
            row.set_download(next((each for each in self._downloads if words.fetches(each, known[key])), None))
        for key, row in self.others.rows.items():
            row.set_download(next((each for each in self._downloads if each.name == key), None))

    def _make(self) -> OfferRow:
        row = OfferRow(self._look, self._icons)
        row.pull_wanted.connect(self.pull_wanted)
        row.pause_wanted.connect(self.pause_wanted)
        row.discard_wanted.connect(self.discard_wanted)
        row.token_given.connect(self.token_given)
        return row

    def _unfold(self, opened: bool) -> None:
        self.fold.set_drawing("down" if opened else "right")
        self.base.setVisible(opened and bool(self.base.rows))
