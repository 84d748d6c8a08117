"""What can be done with an answer, quietly under it."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.conversation import Answer, Turn
from app.look import Look
from app.ui.buttons import Button, IconButton
from app.ui.flow import FlowLayout
from app.ui.icons import Icons
from app.ui.text import label
from app.ui.words import speed_line

_COPIED_MS = 1500


class ActionsRow(QWidget):
    """Copy, Again, Edit, Walk me through where the picture's window may still be there, Do it for me where that is
    switched on, the way between siblings, and how long it took."""

    copy_wanted = Signal()
    again_wanted = Signal()
    edit_wanted = Signal()
    turn_chosen = Signal(str)
    walk_wanted = Signal()
    act_wanted = Signal()

    def __init__(self, look: Look, icons: Icons, turn: Turn, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        sizes = look.sizes
        self._copy = Button(look, "Copy", "link")
        self._again = Button(look, "Again", "link")
        self._edit = Button(look, "Edit", "link")
        self._again.setToolTip("Ask the same question once more")
        self._edit.setToolTip("Change the question")
        self._walk = Button(look, "Walk me through", "link")
        self._walk.setToolTip("Show each step where it is, one after the other")
        self._act = Button(look, "Do it for me…", "link")
        self._act.setToolTip("Show each action first, and do it when you allow it")
        self._acting = self._is_finished = False
        self._walks = bool(turn.attachments) and turn.attachments[-1].window is not None
        self._detail = label("", "small")
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(_COPIED_MS)
        self._copied.timeout.connect(lambda: self._copy.set_words("Copy"))
        row = FlowLayout(sizes.space_3 + sizes.space_1 // 2)
        for button in (self._copy, self._again, self._edit, self._walk, self._act):
            row.addWidget(button)
        if len(turn.siblings) > 1:
            row.addWidget(self._switcher(look, icons, turn))
        row.addWidget(self._detail)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        self._copy.clicked.connect(self._on_copy)
        self._again.clicked.connect(self.again_wanted)
        self._edit.clicked.connect(self.edit_wanted)
        self._walk.clicked.connect(self.walk_wanted)
        self._act.clicked.connect(self.act_wanted)

    def set_answer(self, answer: Answer) -> None:
        """Show what fits the state of `answer`."""
        over = answer.state not in ("waiting", "streaming")
        self._copy.setVisible(bool(answer.text))
        self._again.setVisible(over)
        self._edit.setVisible(over)
        self._is_finished = answer.state == "finished" and bool(answer.text)
        self._offer()
        self._detail.setText(speed_line(answer) if over else "")
        self._detail.setVisible(bool(self._detail.text()))

    def set_acting(self, on: bool) -> None:
        """Whether to offer to do it."""
        self._acting = on
        self._offer()

    def _offer(self) -> None:
        self._walk.setVisible(self._walks and self._is_finished)
        self._act.setVisible(self._walks and self._is_finished and self._acting)

    def _switcher(self, look: Look, icons: Icons, turn: Turn) -> QWidget:
        box = QWidget()
        at = turn.siblings.index(turn.id) if turn.id in turn.siblings else 0
        earlier = IconButton(look, icons, "left", "Earlier answer")
        later = IconButton(look, icons, "right", "Later answer")
        earlier.setEnabled(at > 0)
        later.setEnabled(at < len(turn.siblings) - 1)
        earlier.clicked.connect(lambda: self.turn_chosen.emit(turn.siblings[at - 1]))
        later.clicked.connect(lambda: self.turn_chosen.emit(turn.siblings[at + 1]))
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(earlier)
        row.addWidget(label(f"{at + 1} of {len(turn.siblings)}", "small"))
        row.addWidget(later)
        return box

    def _on_copy(self) -> None:
        self.copy_wanted.emit()
        self._copy.set_words("Copied")
        self._copied.start()
