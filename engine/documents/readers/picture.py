"""Pictures: a page for each frame of a TIFF file, one for others. What is written on them is for OCR to find."""

from __future__ import annotations

from pathlib import Path

from engine.documents.document import Document, DocumentError, Page
from engine.documents.job import Job
from engine.documents.pictures import Frames, open_frames


def read(path: Path, name: str, job: Job) -> Document:
    """Read a picture file: pages without text, `scanned`. A frame that is damaged is in it with its `problem`.

    Raises:
        DocumentError: it can not be read at all; a file of one frame that is damaged, too.
        Stopped: from the job's checkpoint.
    """
    with open_frames(path, name, job.limits) as frames:
        total = min(frames.count, job.limits.pages)
        job.opened(total)
        pages: list[Page] = []
        for number in range(job.first, total + 1):
            job.checkpoint()
            page = _page(frames, number)
            if job.emit is None:
                pages.append(page)
            else:
                job.emit(page)
            job.progress(number, total)
        return Document("picture", Path(name).stem, "page", tuple(pages), notes=_notes(frames, total))


def _page(frames: Frames, number: int) -> Page:
    try:
        width, height = frames.size(number)
        frames.picture(number)  # Decoded once, so that damage is said now and not when it is shown.
    except DocumentError as error:
        if frames.count == 1:
            raise
        return Page(number, (), problem=str(error))
    return Page(number, (), width=width, height=height, scanned=True)


def _notes(frames: Frames, total: int) -> tuple[str, ...]:
    notes = []
    if frames.count > total:
        notes.append(f"It has {frames.count:,} pages. The first {total:,} were read.")
    if frames.moves:
        notes.append("It is a moving picture. The first of its pictures was read.")
    return tuple(notes)
