"""A model on this machine, and what can be done to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.domain.models import Work
from app.look import Look
from app.ui.buttons import Button, IconButton
from app.ui.icons import Icons
from app.ui.models import words
from app.ui.models.parts import Ask, Chip, RowButton
from app.ui.progress import ProgressLine
from app.ui.text import ElidedLabel, label
from engine.protocol import Installed, ModelForm


@dataclass(frozen=True, slots=True)
class Here:
    """What a row says. `installed` is None for a folder that was used before and that nobody has looked into yet."""

    folder: str
    line: str
    in_use: bool
    apple: bool
    """Whether conversions are those for Apple chips."""
    installed: Installed | None = None

    @property
    def title(self) -> str:
        """The model's name, or the folder's."""
        return self.installed.title if self.installed is not None else Path(self.folder).name or self.folder


class WorkLine(QWidget):
    """How far something is that is done to a model, and the way to stop it."""

    stop_wanted = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ElidedLabel("", "caption")
        self._progress = ProgressLine(look)
        self._stop = Button(look, "Stop", "plain")
        self._stop.clicked.connect(self.stop_wanted)
        said = QVBoxLayout()
        said.setSpacing(look.sizes.space_1)
        said.addStretch(1)
        said.addWidget(self._words)
        said.addWidget(self._progress)
        said.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(look.sizes.space_3, 0, look.sizes.space_2, look.sizes.space_2)
        row.setSpacing(look.sizes.space_3)
        row.addLayout(said, 1)
        row.addWidget(self._stop)

    def set_work(self, work: Work | None) -> None:
        """Show `work`, or nothing."""
        self.setVisible(work is not None)
        if work is not None:
            self._words.set_whole(words.work_words(work))
            self._words.setToolTip(work.detail)
            self._progress.set_progress(work.done / work.total if work.total else None)
            self._stop.describe(f"Stop: {words.work_words(work)}")
            self._stop.setVisible(work.what != "removing")


class InstalledRow(QWidget):
    """A click chooses it, the menu does the rest."""

    picked = Signal(str)
    """Folder: chosen, not yet used."""
    use_wanted = Signal(str)
    check_wanted = Signal(str)
    repair_wanted = Signal(str)
    """Folder: what is damaged is to be fetched again."""
    convert_wanted = Signal(str, str)
    """Folder and the form to write."""
    move_wanted = Signal(str)
    remove_wanted = Signal(str)
    stop_wanted = Signal()

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        sizes = look.sizes
        self._here = Here("", "", in_use=False, apple=False)
        self._work: Work | None = None
        self.button = RowButton(look, icons)
        self._title = ElidedLabel("", "strong")
        self._line = ElidedLabel("", "small")
        self._problem = label("", "notice", wrap=True)
        self._repair = Button(look, "Get it again", "plain")
        self._used = Chip("in use")
        self.more = IconButton(look, icons, "more", "More")
        self.menu = QMenu(self)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.more.setMenu(self.menu)
        said = QVBoxLayout()
        said.setSpacing(sizes.space_1 // 2)
        said.addWidget(self._title)
        said.addWidget(self._line)
        said.addWidget(self._problem)
        self.button.inside.addLayout(said, 1)
        self.button.inside.addWidget(self._used)
        self.button.inside.addWidget(self._repair)
        self.button.inside.addWidget(self.more)
        self.work_line = WorkLine(look)
        self.work_line.hide()
        self._ask = Ask(look, "Remove", "Keep it")
        self._ask.setContentsMargins(sizes.space_3, 0, sizes.space_2, sizes.space_2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(sizes.space_2)
        column.addWidget(self.button)
        column.addWidget(self.work_line)
        column.addWidget(self._ask)
        self.button.clicked.connect(lambda: self.picked.emit(self._here.folder))
        self._repair.clicked.connect(lambda: self.repair_wanted.emit(self._here.folder))
        self.work_line.stop_wanted.connect(self.stop_wanted)
        self._ask.agreed.connect(lambda: self.remove_wanted.emit(self._here.folder))

    def set_here(self, here: Here) -> None:
        """Say what lies there."""
        self._here = here
        problem = here.installed.problem if here.installed is not None else ""
        self._title.set_whole(here.title)
        self._line.set_whole(here.line)
        self._line.setVisible(bool(here.line))
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._used.setVisible(here.in_use)
        self._repair.setVisible(here.installed is not None and here.installed.repairable)
        self._repair.describe(f"Get what is damaged of {here.title} again")
        self.button.setAccessibleName(", ".join(filter(None, (here.title, "in use" if here.in_use else "", here.line))))
        self.button.setAccessibleDescription(problem)
        self.button.setToolTip(here.folder)
        self.more.describe(f"More for {here.title}")

    def set_chosen(self, chosen: bool) -> None:
        """Whether it is the one that is taken next."""
        self.button.setChecked(chosen)

    def set_work(self, work: Work | None) -> None:
        """What is done to it now, or nothing."""
        stopped = work is None and self._work is not None and self._holds_focus()
        self._work = work
        self.work_line.set_work(work)
        if work is not None:
            self._ask.give_up()
        if stopped:
            self.button.setFocus()

    def _holds_focus(self) -> bool:
        focused = self.window().focusWidget()
        return focused is not None and self.work_line.isAncestorOf(focused)

    def _fill_menu(self) -> None:
        self.menu.clear()
        here, folder, idle = self._here, self._here.folder, self._work is None
        self.menu.addAction("Use").triggered.connect(lambda: self.use_wanted.emit(folder))
        self.menu.addAction("Check the files").triggered.connect(lambda: self.check_wanted.emit(folder))
        model = here.installed
        if model is None:
            self._enable(idle)
            return
        if model.form == "published":
            self.menu.addSeparator()
            for words_of_it, form in self._conversions():
                action = self.menu.addAction(words_of_it)
                action.triggered.connect(lambda _checked=False, to=form: self.convert_wanted.emit(folder, to))
        self.menu.addSeparator()
        if not model.linked:
            self.menu.addAction("Move…").triggered.connect(lambda: self.move_wanted.emit(folder))
        remove = self.menu.addAction("Forget…" if model.linked else "Remove…")
        remove.triggered.connect(lambda: self._ask_remove(model))
        self._enable(idle)

    def _enable(self, idle: bool) -> None:
        """One thing at a time is done to a model; it can be used meanwhile."""
        for action in self.menu.actions()[1:]:
            action.setEnabled(idle)

    def _conversions(self) -> tuple[tuple[str, ModelForm], ...]:
        if self._here.apple:
            return ("Convert to 8 bits", "mlx-8bit"), ("Convert to 4 bits", "mlx-4bit")
        return ("Convert to 8 bits", "int8"), ("Convert to 4 bits", "int4")

    def _ask_remove(self, model: Installed) -> None:
        self._ask.ask(words.remove_question(model), "Forget" if model.linked else "Remove", self.more)
