"""What the person has chosen, held in one place, told to who needs it, and kept at every change."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import cast

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.default_model import read_default, write_default
from app.look import Theme
from app.settings import Device, Dtype, Settings, ThemeChoice, load_with_notice, save, with_model, without_model
from engine.protocol import ImageBudget


class Preferences(QObject):
    """The settings of a running window, kept in the file `path`. Which model is used is also kept beside it, for the
    command line; what is said there when the window starts holds.

    Signals:
        changed: the new `Settings`, after every change, kept or not.
        problem: a sentence, when they could not be kept; they still hold until the program ends.
    """

    changed = Signal(object)
    problem = Signal(str)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._settings, self.notice = load_with_notice(path)
        default = read_default(path.parent)
        if default and default != self._settings.model_folder:
            # How another model was to run says nothing of this one.
            self._settings = dataclasses.replace(with_model(self._settings, default), dtype="auto")

    @property
    def settings(self) -> Settings:
        """What holds now."""
        return self._settings

    @Slot(str, str, str)
    def set_model(self, folder: str, device: str = "auto", dtype: str = "auto") -> None:
        """Another model folder, and how it runs."""
        chosen = with_model(self._settings, folder)
        self._set(dataclasses.replace(chosen, device=cast(Device, device), dtype=cast(Dtype, dtype)))
        self._keep_default(folder)

    @Slot(str)
    def forget_model(self, folder: str) -> None:
        """A model folder that is there no more."""
        if folder == self._settings.model_folder:
            self._keep_default("")
        self._set(without_model(self._settings, folder))

    @Slot(bool)
    def set_thinking(self, on: bool) -> None:
        """Whether the model thinks first."""
        self._set(dataclasses.replace(self._settings, thinking=on))

    @Slot(str)
    def set_detail(self, detail: str) -> None:
        """How closely pictures are looked at: an `ImageBudget`."""
        self._set(dataclasses.replace(self._settings, detail=cast(ImageBudget, detail)))

    @Slot(bool)
    def set_look_closer(self, on: bool) -> None:
        """Whether the model may ask for a part of a picture at full size."""
        self._set(dataclasses.replace(self._settings, look_closer=on))

    @Slot(int)
    def set_delay(self, seconds: int) -> None:
        """How long a capture waits: one of `app.settings.CAPTURE_DELAYS`."""
        self._set(dataclasses.replace(self._settings, capture_delay=seconds))

    @Slot(str)
    def set_theme(self, theme: str) -> None:
        """Light, dark, or as the system."""
        self._set(dataclasses.replace(self._settings, theme=cast(ThemeChoice, theme)))

    @Slot(str)
    def set_mirror(self, address: str) -> None:
        """Where models of Hugging Face are fetched from, empty for its own address."""
        self._set(dataclasses.replace(self._settings, mirror=address))

    def theme(self, scheme: Qt.ColorScheme) -> Theme:
        """The theme to show while the system has `scheme`."""
        if self._settings.theme == "system":
            return "dark" if scheme == Qt.ColorScheme.Dark else "light"
        return self._settings.theme

    def _set(self, settings: Settings) -> None:
        if settings == self._settings:
            return
        self._settings = settings
        try:
            save(self._path, settings)
        except OSError as error:
            self._tell_trouble(error)
        self.changed.emit(settings)

    def _keep_default(self, folder: str) -> None:
        try:
            write_default(self._path.parent, folder)
        except OSError as error:
            self._tell_trouble(error)

    def _tell_trouble(self, error: OSError) -> None:
        reason = error.strerror or type(error).__name__
        self.problem.emit(
            f"The settings could not be kept in {self._path} ({reason}). Make room or make the folder writable."
        )
