"""Small pieces that rows of models are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.look import Look
from app.ui.buttons import Button
from app.ui.icons import Icons
from app.ui.painting import paint_surface
from app.ui.text import label
from app.ui.themed import Themed
from engine.protocol import Fit, Verdict

_VERDICTS: dict[Verdict, str] = {"fits": "fits well", "tight": "tight", "no": "does not fit"}
_Row = TypeVar("_Row", bound=QWidget)


def set_kind(widget: QWidget, kind: str) -> None:
    """Give `widget` another kind, and the look of it at once."""
    if widget.property("kind") != kind:
        widget.setProperty("kind", kind)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Chip(QLabel):
    """One or two words in a pill."""

    def __init__(self, text: str = "", kind: str = "chip-plain", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("kind", kind)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)


class FitChip(Chip):
    """Whether a model fits this machine; the whole sentence as its tool tip."""

    def set_fit(self, fit: Fit | None) -> None:
        """Say the verdict, or nothing. It is not shown or hidden by that."""
        if fit is None:
            self.setText("")
            return
        self.setText(_VERDICTS[fit.verdict])
        self.setToolTip(fit.sentence)
        set_kind(self, f"chip-{fit.verdict}")


class Framed(QWidget, Themed):
    """A surface with a hairline around it."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._chosen = False

    def set_chosen(self, chosen: bool) -> None:
        """Whether the line is the accent's."""
        self._chosen = chosen
        self.update()

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, sizes = self._look.palette, self._look.sizes
        line = colours.accent if self._chosen else colours.line
        paint_surface(painter, QRectF(self.rect()), sizes.radius_m, colours.surface, line)


class RowButton(Button):
    """A row to choose: a button as high as the words that lie on it, in `inside`."""

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(look, "", "row", icons, parent=parent)
        sizes = look.sizes
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.inside = QHBoxLayout(self)
        self.inside.setContentsMargins(sizes.space_3, sizes.space_2, sizes.space_2, sizes.space_2)
        self.inside.setSpacing(sizes.space_2)

    def sizeHint(self) -> QSize:  # noqa: D102
        return self.inside.sizeHint()

    def minimumSizeHint(self) -> QSize:  # noqa: D102
        return self.inside.minimumSize()

    def nextCheckState(self) -> None:
        """A click chooses it and never takes the choice away."""
        self.setChecked(True)


class Ask(QWidget):
    """A question before something is deleted, in the place where it was asked for."""

    agreed = Signal()

    def __init__(self, look: Look, yes: str, no: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._question = label("", wrap=True)
        self._yes = Button(look, yes, "plain")
        self._no = Button(look, no, "plain")
        self._from: QWidget | None = None
        buttons = QHBoxLayout()
        buttons.setSpacing(look.sizes.space_2)
        buttons.addWidget(self._yes)
        buttons.addWidget(self._no)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.sizes.space_2)
        column.addWidget(self._question)
        column.addLayout(buttons)
        self._yes.clicked.connect(self._agree)
        self._no.clicked.connect(self.give_up)
        self.hide()

    def ask(self, question: str, yes: str, origin: QWidget) -> None:
        """Show the question with the focus on the harmless answer. The focus goes back to `origin`."""
        self._question.setText(question)
        self._yes.set_words(yes)
        self._from = origin
        self.show()
        self._no.setFocus(Qt.FocusReason.OtherFocusReason)

    def give_up(self) -> None:
        """Leave everything as it is."""
        if self.isHidden():
            return
        focused = self._yes.hasFocus() or self._no.hasFocus()
        self.hide()
        if focused and self._from is not None:
            self._from.setFocus(Qt.FocusReason.OtherFocusReason)

    def _agree(self) -> None:
        self.give_up()
        self.agreed.emit()


class Rows(QWidget, Generic[_Row]):
    """Rows known by a key. Those that stay are never built anew, so that focus and place are kept."""

    def __init__(self, spacing: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, _Row] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(spacing)

    def sync(self, keys: Sequence[str], make: Callable[[str], _Row]) -> None:
        """Have one row for each of `keys`, in that order."""
        for key in [key for key in self.rows if key not in keys]:
            row = self.rows.pop(key)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        for at, key in enumerate(keys):
            if key not in self.rows:
                self.rows[key] = make(key)
                self._column.insertWidget(at, self.rows[key])
            elif self._column.indexOf(self.rows[key]) != at:
                self._column.removeWidget(self.rows[key])
                self._column.insertWidget(at, self.rows[key])
        self.setVisible(bool(keys))
