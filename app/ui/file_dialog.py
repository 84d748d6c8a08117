"""The system's own dialogs for the files of a question, and for pictures that are saved."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

PICTURES = "png jpg jpeg webp bmp gif tif tiff"
DOCUMENTS = "pdf docx pptx xlsx xls ods odt odp epub html htm md txt csv tsv json eml"


def choose_files(parent: QWidget) -> list[Path]:
    """What the person chose, nothing if they gave up. Any file may be chosen: what it is is told by its content."""
    everything = _filter("Documents and pictures", f"{DOCUMENTS} {PICTURES}")
    filters = ";;".join((everything, _filter("Pictures", PICTURES), "All files (*)"))
    paths, _ = QFileDialog.getOpenFileNames(parent, "Add files to the question", "", filters)
    return [Path(path) for path in paths]


def choose_saved_picture(parent: QWidget, proposed: str) -> Path | None:
    """Where a picture shall be saved, None if the person gave up. Its name ends in ``.png``."""
    chosen, _ = QFileDialog.getSaveFileName(parent, "Save the marked picture", proposed, _filter("Pictures", "png"))
    if not chosen:
        return None
    return Path(chosen if chosen.lower().endswith(".png") else f"{chosen}.png")


def _filter(words: str, endings: str) -> str:
    return f"{words} ({' '.join(f'*.{ending}' for ending in endings.split())})"
