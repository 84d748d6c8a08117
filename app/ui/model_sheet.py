"""Choosing the model: a folder, and how it is to run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.domain.status import EngineState
from app.look import Look
from app.ui.buttons import Button, Choice, ChoiceButton
from app.ui.flow import FlowLayout
from app.ui.icons import Icons
from app.ui.sheet import Sheet
from app.ui.text import ElidedLabel, label
from app.ui.words import model_line
from engine.protocol import ModelInfo

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
_MOST_RECENT = 5


class ModelSheet(Sheet):
    """What runs now, folders used before, another folder, device and precision."""

    chosen = Signal(str, str, str)
    """Folder, device and dtype, as `engine.protocol.LoadModel` takes them."""

    def __init__(self, look: Look, icons: Icons, parent: QWidget) -> None:
        super().__init__(look, "Model", parent)
        self._icons = icons
        self._folder = ""
        self._model: ModelInfo | None = None
        self._state: EngineState = "stopped"
        self._current = label("", "lead", wrap=True)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(look.sizes.space_1)
        browse = Button(look, "Choose a folder…", "plain", icons, "folder")
        browse.clicked.connect(self.browse)
        devices = [Choice(value, words.capitalize(), f"Device: {value}") for value, words in _DEVICES.items()]
        dtypes = [Choice(value, words, f"Precision: {value}") for value, words in _DTYPES.items()]
        self._device = ChoiceButton(look, "Device", devices)
        self._dtype = ChoiceButton(look, "Precision", dtypes)
        options = FlowLayout(look.sizes.space_1)
        options.addWidget(self._device)
        options.addWidget(self._dtype)
        self._use = Button(look, "Use this model", "primary")
        self._use.clicked.connect(self._finish)
        close = Button(look, "Close", "plain")
        close.clicked.connect(self.close_over)
        last = QHBoxLayout()
        last.setSpacing(look.sizes.space_2)
        last.addStretch(1)
        last.addWidget(close)
        last.addWidget(self._use)
        self._path = ElidedLabel("", "small")
        self.column.addWidget(label("Model", "title"))
        self.column.addWidget(self._current)
        self.column.addLayout(self._recent)
        self.column.addWidget(browse, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self._path)
        self.column.addLayout(options)
        self.column.addSpacing(look.sizes.space_2)
        self.column.addLayout(last)
        self.set_model(None)
        self.set_choices("", (), "auto", "auto")

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
        while (item := self._recent.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for path in list(dict.fromkeys([*([folder] if folder else []), *recent]))[:_MOST_RECENT]:
            button = Button(self._look, Path(path).name, "row", self._icons, "folder")
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.setToolTip(path)
            button.setChecked(path == folder)
            button.clicked.connect(lambda _checked=False, at=path: self._take(at))
            self._recent.addWidget(button)
        self._take(folder)

    def browse(self) -> None:
        """Ask for a folder with the system's own dialog."""
        start = str(Path(self._folder).parent) if self._folder else ""
        folder = QFileDialog.getExistingDirectory(self, "Choose a model folder", start)
        if folder:
            self.take_folder(folder)

    def take_folder(self, folder: str) -> None:
        """Use `folder` now, with the device and precision shown."""
        self._take(folder)
        self._finish()

    def _show_current(self) -> None:
        model = self._model
        if model is None:
            loading = self._state in ("starting", "loading")
            self._current.setText(
                "A model is being loaded. Another one can be chosen meanwhile."
                if loading
                else "No model runs now. Choose a folder with a Qwen3.5 model."
            )
            return
        where = _DEVICES.get(model.device.split(":")[0], model.device)
        self._current.setText(
            f"{model_line(model)}, runs on the {where}. Up to {model.context_limit:,} tokens fit into the memory."
        )

    def _take(self, folder: str) -> None:
        self._folder = folder
        self._path.set_whole(folder)
        self._path.setVisible(bool(folder))
        self._use.setEnabled(bool(folder))

    def _finish(self) -> None:
        self.chosen.emit(self._folder, self._device.value(), self._dtype.value())
        self.close_over()
