"""The models on this machine, those used before, and those that lie here unused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.models import Work
from app.look import Look
from app.ui.buttons import Button
from app.ui.icons import Icons
from app.ui.models import words
from app.ui.models.installed_row import Here, InstalledRow, WorkLine
from app.ui.models.parts import Rows
from app.ui.themed import Themed
from engine.protocol import Found, Installed, Surveyed

_MOST_RECENT = 5
"""Folders used before that are shown beside the models that are known to be here."""


class InstalledList(QWidget, Themed):
    """One row is chosen at a time."""

    picked = Signal(str)
    use_wanted = Signal(str)
    check_wanted = Signal(str)
    repair_wanted = Signal(str)
    convert_wanted = Signal(str, str)
    move_wanted = Signal(str)
    remove_wanted = Signal(str)
    import_wanted = Signal(str)
    stop_wanted = Signal()

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._icons = icons
        self._survey: Surveyed | None = None
        self._work: Work | None = None
        self._in_use, self._chosen = "", ""
        self._recent: tuple[str, ...] = ()
        self._gone: frozenset[str] = frozenset()
        self.rows = Rows[InstalledRow](look.sizes.space_1)
        self.found = Rows[Button](look.sizes.space_1)
        self._importing = WorkLine(look)
        self._importing.hide()
        self._importing.stop_wanted.connect(self.stop_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.sizes.space_1)
        column.addWidget(self.rows)
        column.addWidget(self.found)
        column.addWidget(self._importing)

    def set_survey(self, survey: Surveyed | None) -> None:
        """What was found, None while nobody has looked."""
        if self._survey is not None and survey is not None:
            here = {model.folder for model in survey.installed}
            # What was removed is still among the folders used before.
            self._gone = (self._gone | {model.folder for model in self._survey.installed}) - here
        self._survey = survey
        self._show()

    def set_choices(self, in_use: str, recent: Sequence[str]) -> None:
        """The folder that is used, and those used before."""
        self._in_use, self._recent = in_use, tuple(recent)
        self._gone -= {in_use}
        self._show()

    def set_chosen(self, folder: str) -> None:
        """The folder that is taken next."""
        self._chosen = folder
        for key, row in self.rows.rows.items():
            row.set_chosen(words.same_folder(key, folder))

    def set_work(self, work: Work | None) -> None:
        """What is done to a model now."""
        self._work = work
        self._show_work()

    def model(self, folder: str) -> Installed | None:
        """What is known of the model in `folder`."""
        known = self._survey.installed if self._survey is not None else ()
        return next((model for model in known if words.same_folder(model.folder, folder)), None)

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look

    def _show(self) -> None:
        here = {each.folder: each for each in self._everything()}
        self.rows.sync(list(here), self._make)
        for folder, each in here.items():
            self.rows.rows[folder].set_here(each)
        found = {each.folder: each for each in (self._survey.found if self._survey is not None else ())}
        self.found.sync(list(found), lambda folder: self._make_found(found[folder]))
        self.set_chosen(self._chosen)
        self._show_work()

    def _everything(self) -> list[Here]:
        survey, now = self._survey, datetime.now().astimezone()
        apple = survey is not None and survey.machine.device == "mps"
        installed = survey.installed if survey is not None else ()
        shown = [
            Here(
                model.folder,
                words.installed_line(model, now),
                words.same_folder(model.folder, self._in_use),
                apple,
                model,
            )
            for model in installed
        ]
        others = dict.fromkeys([*([self._in_use] if self._in_use else []), *self._recent])
        used_before = [folder for folder in others if self.model(folder) is None and folder not in self._gone]
        for folder in used_before[:_MOST_RECENT]:
            shown.append(Here(folder, folder, words.same_folder(folder, self._in_use), apple))
        return shown

    def _make(self, folder: str) -> InstalledRow:
        row = InstalledRow(self._look, self._icons)
        row.picked.connect(self.picked)
        row.use_wanted.connect(self.use_wanted)
        row.check_wanted.connect(self.check_wanted)
        row.repair_wanted.connect(self.repair_wanted)
        row.convert_wanted.connect(self.convert_wanted)
        row.move_wanted.connect(self.move_wanted)
        row.remove_wanted.connect(self.remove_wanted)
        row.stop_wanted.connect(self.stop_wanted)
        return row

    def _make_found(self, found: Found) -> Button:
        button = Button(self._look, f"{found.title} is already here: use it", "row", self._icons, "folder")
        button.setToolTip(found.folder)
        button.clicked.connect(lambda: self.import_wanted.emit(found.folder))
        return button

    def _show_work(self) -> None:
        work = self._work
        placed = False
        for folder, row in self.rows.rows.items():
            mine = work is not None and words.same_folder(folder, work.folder)
            row.set_work(work if mine else None)
            placed = placed or mine
        self._importing.set_work(None if placed else work)
