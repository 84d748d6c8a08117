"""The model that is proposed on a first run, and the others that could be taken instead."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.look import Look
from app.ui.icons import Icons
from app.ui.models import words
from app.ui.models.parts import FitChip, Framed, RowButton, Rows, set_kind
from app.ui.text import ElidedLabel, label
from app.ui.themed import Themed
from engine.protocol import MachineInfo, Offered


def can_run(offered: Offered) -> bool:
    """Whether it fits at one precision at least."""
    return any(fit.verdict != "no" for fit in offered.fits)


class ChoiceCard(Framed):
    """What would be fetched, how long that takes, and how it would run here."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, parent)
        sizes = look.sizes
        self._title = ElidedLabel("", "heading")
        self._chip = FitChip()
        self._purpose = label("", "caption", wrap=True)
        self._size = label("", "small", wrap=True)
        self._fit = label("", "small", wrap=True)
        self._disk = label("", "notice", wrap=True)
        head = QHBoxLayout()
        head.setSpacing(sizes.space_2)
        head.addWidget(self._title, 1)
        head.addWidget(self._chip)
        column = QVBoxLayout(self)
        column.setContentsMargins(sizes.space_4, sizes.space_3, sizes.space_3, sizes.space_3)
        column.setSpacing(sizes.space_1)
        column.addLayout(head)
        column.addWidget(self._purpose)
        column.addSpacing(sizes.space_1)
        column.addWidget(self._size)
        column.addWidget(self._fit)
        column.addWidget(self._disk)
        self.set_looking()

    def set_looking(self) -> None:
        """Nobody has looked yet. As high as a proposal, so that little moves when it comes."""
        self.set_chosen(False)
        self._chip.set_fit(None)
        self._say("Looking at this machine…", "What fits depends on its memory and its graphics.", " ", " ", "")

    def set_unknown(self) -> None:
        """Looking has failed; why is told elsewhere."""
        self.set_chosen(False)
        self._chip.set_fit(None)
        self._say("This machine could not be looked at", "Look again, or use a folder that holds a model.", "", "", "")

    def set_offered(self, offered: Offered, machine: MachineInfo) -> None:
        """Propose `offered`."""
        self.set_chosen(True)
        fit = next(iter(offered.fits), None)
        here = bool(offered.installed)
        amount = f"{words.size(offered.bytes)} to fetch · {words.time_to_fetch(offered.bytes)}"
        self._chip.set_fit(fit)
        self._say(
            offered.title,
            offered.purpose,
            "It is on this machine already." if here else amount,
            fit.sentence if fit is not None else "",
            "" if here else words.disk_sentence(offered, machine),
        )

    def set_nothing(self, smallest: Offered | None) -> None:
        """No model fits. `smallest` is the one that comes nearest."""
        self.set_chosen(False)
        self._chip.set_fit(None)
        advice = "Close other programs and start Fingerpost again, or use a machine with more memory."
        if smallest is None:
            self._say("No model runs on this machine", advice, "", "", "")
            return
        fit = next(iter(smallest.fits), None)
        self._say(
            "No model fits this machine",
            f"The smallest is {smallest.title}, {words.size(smallest.bytes)} to fetch.",
            fit.sentence if fit is not None else "",
            advice,
            "",
        )

    def _say(self, title: str, purpose: str, size: str, fit: str, disk: str) -> None:
        self._title.set_whole(title)
        self._chip.setVisible(bool(self._chip.text()))
        for shown, text in ((self._purpose, purpose), (self._size, size), (self._fit, fit), (self._disk, disk)):
            shown.setText(text)
            shown.setVisible(bool(text))


class _TierRow(RowButton):
    """One line: title, size, verdict."""

    def __init__(self, look: Look, icons: Icons) -> None:
        super().__init__(look, icons)
        self._title = ElidedLabel("", "strong")
        self._size = label("", "small")
        self._chip = FitChip()
        self.inside.addWidget(self._title, 1)
        self.inside.addWidget(self._size)
        self.inside.addWidget(self._chip)

    def set_offered(self, offered: Offered) -> None:
        """Say what it is and whether it fits."""
        fit = next(iter(offered.fits), None)
        self._title.set_whole(offered.title)
        self._size.setText(words.size(offered.bytes))
        self._chip.set_fit(fit)
        set_kind(self._title, "strong" if can_run(offered) else "caption")
        self.setEnabled(can_run(offered))
        self.setAccessibleName(f"{offered.title}, {words.size(offered.bytes)}, {self._chip.text()}")
        self.setAccessibleDescription(fit.sentence if fit is not None else "")
        self.setToolTip(offered.purpose)


class TierRows(QWidget, Themed):
    """The sizes to choose from."""

    picked = Signal(str)
    """Id."""

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._icons = icons
        self._rows = Rows[_TierRow](look.sizes.space_1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._rows)

    def set_offered(self, offered: Sequence[Offered], chosen: str) -> None:
        """The models, and the id of the one that is chosen."""
        self._rows.sync([each.id for each in offered], self._make)
        for each in offered:
            row = self._rows.rows[each.id]
            row.set_offered(each)
            row.setChecked(each.id == chosen)

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look

    def _make(self, key: str) -> _TierRow:
        row = _TierRow(self._look, self._icons)
        row.clicked.connect(lambda: self.picked.emit(key))
        return row
