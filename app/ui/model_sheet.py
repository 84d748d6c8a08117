"""The models: which one runs and how, what is here, and what could be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.domain.models import Download, Work
from app.domain.status import EngineState
from app.look import Look
from app.ui.buttons import Button, Choice, ChoiceButton
from app.ui.flow import FlowLayout
from app.ui.icons import Icons
from app.ui.models.installed_list import InstalledList
from app.ui.models.mirror_field import MirrorField
from app.ui.models.offer_list import OfferList
from app.ui.models.parts import FitChip
from app.ui.models.repository_field import RepositoryField
from app.ui.models.words import fit_of
from app.ui.sheet import Sheet
from app.ui.text import ElidedLabel, label
from app.ui.words import model_line
from engine.protocol import ModelInfo, Surveyed

_DEVICES = {
    "auto": "best available",
    "cpu": "processor",
    "cuda": "NVIDIA or AMD graphics",
    "xpu": "Intel graphics",
    "mps": "Apple graphics",
}
_DTYPES = {
    "auto": "as the model is stored",
    "int8": "8 bits, the fastest on a processor",
    "int4": "4 bits, the least memory",
    "bfloat16": "bfloat16",
    "float16": "float16",
    "float32": "float32",
}


class ModelSheet(Sheet):
    """What runs now, the models on this machine, those to get, device and precision."""

    chosen = Signal(str, str, str)
    """Folder, device and dtype, as `engine.protocol.LoadModel` takes them."""
    look_wanted = Signal()
    """It is opened: what is on this machine is to be looked at anew."""
    pull_wanted = Signal(str, object)
    """Name, and the source or None."""
    pause_wanted = Signal(str)
    discard_wanted = Signal(str)
    check_wanted = Signal(str)
    repair_wanted = Signal(str)
    """Folder of a model of which some files are to be fetched again."""
    convert_wanted = Signal(str, str)
    """Folder and form."""
    remove_wanted = Signal(str)
    """Folder. The person has been asked."""
    move_wanted = Signal(str, str)
    """Folder, and the folder to move it into."""
    import_wanted = Signal(str)
    stop_work_wanted = Signal()
    token_given = Signal(str, str)
    """Source and its access token."""
    mirror_given = Signal(str)
    """Address of a mirror of Hugging Face, empty for none."""

    def __init__(self, look: Look, icons: Icons, parent: QWidget) -> None:
        super().__init__(look, "Models", parent)
        sizes = look.sizes
        self._folder = ""
        self._model: ModelInfo | None = None
        self._state: EngineState = "stopped"
        self._current = label("", "lead", wrap=True)
        self.installed = InstalledList(look, icons)
        self.offers = OfferList(look, icons)
        self.repository = RepositoryField(look, icons)
        self.mirror = MirrorField(look, icons)
        self._path = ElidedLabel("", "small")
        self._fit = ElidedLabel("", "small")
        self._chip = FitChip()
        devices = [Choice(value, words.capitalize(), f"Device: {value}") for value, words in _DEVICES.items()]
        dtypes = [Choice(value, words, f"Precision: {value}") for value, words in _DTYPES.items()]
        self._device = ChoiceButton(look, "Device", devices)
        self._dtype = ChoiceButton(look, "Precision", dtypes)
        self._dtype.chosen.connect(self._show_fit)
        self._use = Button(look, "Use this model", "primary")
        self._use.clicked.connect(self._finish)
        browse = Button(look, "Use a folder I have…", "plain", icons, "folder")
        browse.clicked.connect(self.browse)
        self.column.addWidget(label("Models", "title"))
        self.column.addWidget(self._current)
        self.column.addSpacing(sizes.space_1)
        self.column.addWidget(label("On this machine", "heading"))
        self.column.addWidget(self.installed)
        self.column.addWidget(browse, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addSpacing(sizes.space_2)
        self.column.addWidget(label("Get another", "heading"))
        self.column.addWidget(self.offers)
        self.column.addWidget(self.repository)
        self.column.addWidget(self.mirror)
        self._fill_foot()
        self._connect()
        self.set_model(None)
        self.set_choices("", (), "auto", "auto")

    # --- What is shown ---

    def set_model(self, model: ModelInfo | None) -> None:
        """Say what runs now."""
        self._model = model
        self._show_current()

    def set_state(self, state: EngineState) -> None:
        """Say whether one is about to run."""
        self._state = state
        self._show_current()

    def set_choices(self, folder: str, recent: Sequence[str], device: str, dtype: str) -> None:
        """The folder in use, those used before, and how they run."""
        self._device.set_value(device if device in _DEVICES else "auto")
        self._dtype.set_value(dtype if dtype in _DTYPES else "auto")
        self.installed.set_choices(folder, recent)
        self._take(folder)

    def set_survey(self, survey: Surveyed | None) -> None:
        """What was found on this machine, None while nobody has looked."""
        self.installed.set_survey(survey)
        self.offers.set_survey(survey)
        self._show_fit()

    def set_downloads(self, downloads: Sequence[Download]) -> None:
        """What is on its way."""
        self.offers.set_downloads(downloads)

    def set_work(self, work: Work | None) -> None:
        """What is done to a model here."""
        self.installed.set_work(work)

    # --- What is done ---

    def open_over(self) -> None:  # noqa: D102
        super().open_over()
        self.look_wanted.emit()

    def browse(self) -> None:
        """Ask for a folder with the system's own dialog."""
        start = str(Path(self._folder).parent) if self._folder else ""
        folder = QFileDialog.getExistingDirectory(self.window(), "Choose a model folder", start)
        if folder:
            self.take_folder(folder)

    def take_folder(self, folder: str) -> None:
        """Use `folder` now, with the device and precision shown."""
        self._take(folder)
        self._finish()

    def _fill_foot(self) -> None:
        """What is chosen and how it would run; it stays in sight while the lists scroll."""
        sizes = self._look.sizes
        options = FlowLayout(sizes.space_1)
        options.addWidget(self._device)
        options.addWidget(self._dtype)
        close = Button(self._look, "Close", "plain")
        close.clicked.connect(self.close_over)
        fit = QHBoxLayout()
        fit.setSpacing(sizes.space_2)
        fit.addWidget(self._chip)
        fit.addWidget(self._fit, 1)
        said = QVBoxLayout()
        said.setSpacing(sizes.space_1)
        said.addWidget(self._path)
        said.addLayout(fit)
        last = QHBoxLayout()
        last.setSpacing(sizes.space_2)
        last.addLayout(options, 1)
        last.addWidget(close)
        last.addWidget(self._use)
        self.foot.addLayout(said)
        self.foot.addLayout(last)

    def _connect(self) -> None:
        installed, offers = self.installed, self.offers
        installed.picked.connect(self._take)
        installed.use_wanted.connect(self.take_folder)
        installed.check_wanted.connect(self.check_wanted)
        installed.repair_wanted.connect(self.repair_wanted)
        installed.convert_wanted.connect(self.convert_wanted)
        installed.move_wanted.connect(self._ask_where)
        installed.remove_wanted.connect(self.remove_wanted)
        installed.import_wanted.connect(self.import_wanted)
        installed.stop_wanted.connect(self.stop_work_wanted)
        offers.pull_wanted.connect(self.pull_wanted)
        offers.pause_wanted.connect(self.pause_wanted)
        offers.discard_wanted.connect(self.discard_wanted)
        offers.token_given.connect(self.token_given)
        self.repository.given.connect(lambda name: self.pull_wanted.emit(name, None))
        self.mirror.given.connect(self.mirror_given)

    def _ask_where(self, folder: str) -> None:
        to = QFileDialog.getExistingDirectory(self.window(), "Move the model into", str(Path(folder).parent))
        if to:
            self.move_wanted.emit(folder, to)

    def _show_current(self) -> None:
        model = self._model
        if model is None:
            loading = self._state in ("starting", "loading")
            self._current.setText(
                "A model is being loaded. Another one can be chosen meanwhile."
                if loading
                else "No model runs now. Use one that is here, or get one."
            )
            return
        where = _DEVICES.get(model.device.split(":")[0], model.device)
        self._current.setText(
            f"{model_line(model)}, runs on the {where}. Up to {model.context_limit:,} tokens fit into the memory."
        )

    def _show_fit(self) -> None:
        model = self.installed.model(self._folder)
        fit = fit_of(model.fits, model.form, self._dtype.value()) if model is not None else None
        self._chip.set_fit(fit)
        self._chip.setVisible(fit is not None)
        self._fit.set_whole(fit.sentence if fit is not None else "")

    def _take(self, folder: str) -> None:
        self._folder = folder
        self._path.set_whole(folder or "Nothing is chosen yet.")
        self._use.setEnabled(bool(folder))
        self.installed.set_chosen(folder)
        self._show_fit()

    def _finish(self) -> None:
        self.chosen.emit(self._folder, self._device.value(), self._dtype.value())
        self.close_over()
