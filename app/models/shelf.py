"""`ModelShelf`: what a person can do with the models on this machine, and what the window shows of it."""

from __future__ import annotations

import uuid
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.models import Work
from app.engine_client import Service
from app.models.downloads import Downloads, has_unfinished
from app.models.work import LocalWork
from engine.protocol import Event, Failed, Installed, ModelForm, Offered, SourceName, Survey, Surveyed


class ModelShelf(QObject):
    """The models of one window, over two processes: `models`, without a network, and `downloads`. `data` is the folder
    that they keep everything in.

    After everything that may change what is here it looks again by itself. The first look also goes on with the
    downloads that were not paused.

    Signals:
        surveyed: a `Surveyed`.
        not_surveyed: a look has failed; `problem` says why.
        downloads_changed: a tuple of `Download`.
        work_changed: the `Work` that is done to a model now, or None.
        work_ended: a `Work`, and the folder where its model is now (``""``: nowhere any more), or None if all is as it
            was.
        ready: the folder of a model that has arrived or was imported, and the name it was fetched by (``""``: it was
            not).
        note: a harmless sentence.
        problem: what could not be done, and what to do next. Why a download failed is in its `Download`.
    """

    surveyed = Signal(object)
    not_surveyed = Signal()
    downloads_changed = Signal(object)
    work_changed = Signal(object)
    work_ended = Signal(object, object)
    ready = Signal(str, str)
    note = Signal(str)
    problem = Signal(str)

    def __init__(self, models: Service, downloads: Service, data: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._data = data
        self._services = (models, downloads)
        self._survey = ""
        self._must_look_again = False
        self._found: Surveyed | None = None
        self._closed = False
        models.event_received.connect(self._on_event)

        self._downloads = Downloads(downloads, self)
        self._downloads.changed.connect(self.downloads_changed)
        self._downloads.arrived.connect(self._on_arrived)
        self._downloads.discarded.connect(self._look_again)
        self._work = LocalWork(models, self)
        self._work.changed.connect(self.work_changed)
        self._work.ended.connect(self._on_work_ended)
        for part in (self._downloads, self._work):
            part.note.connect(self.note)
            part.problem.connect(self.problem)

    @property
    def found(self) -> Surveyed | None:
        """What the last look found."""
        return self._found

    def has_unfinished(self) -> bool:
        """Whether a download was begun and is not through, paused or not: then a look is worth a process."""
        return has_unfinished(self._data)

    def offered(self, name: str) -> Offered | None:
        """The model of the catalogue with this id or this repository, as the last look saw it."""
        models = () if self._found is None else self._found.offered
        names = ((model, {model.id, *(source.repo for source in model.sources)}) for model in models)
        return next((model for model, known in names if name.lower() in {each.lower() for each in known}), None)

    @Slot()
    def look(self) -> None:
        """Look around. While that is done already, this is the same look."""
        if self._survey or self._closed:
            return
        self._survey = uuid.uuid4().hex
        self._must_look_again = False
        self._downloads.begin_survey()
        self._services[0].send(Survey(self._survey))

    @Slot()
    def close(self) -> None:
        """Let both processes end. What is being fetched goes on at the next start. The caller then shuts them down."""
        if self._closed:
            return
        self._closed = True
        self._downloads.close()
        self._work.close()
        self._services[0].event_received.disconnect(self._on_event)
        for service in self._services:
            service.stop()

    # --- Downloads ---------------------------------------------------------------------------------------------------

    @Slot(str, object)
    def pull(self, name: str, source: SourceName | None = None) -> None:
        """Fetch a model, an id of the catalogue or of a repository, or go on with one that was paused or failed."""
        offered = self.offered(name)
        self._downloads.pull(name, source, offered.title if offered is not None else "")

    def repair(self, model: Installed) -> None:
        """Fetch what is damaged of a model that is here; `ready` comes with the name of its repository."""
        self._downloads.pull(model.repo, None, model.title, model.revision)

    @Slot(str)
    def set_mirror(self, address: str) -> None:
        """Where models of Hugging Face are fetched from, empty for its own address."""
        self._downloads.set_mirror(address)

    @Slot(str)
    def pause(self, name: str) -> None:
        """Stop fetching it for now."""
        self._downloads.pause(name)

    @Slot(str)
    def discard(self, name: str) -> None:
        """Give it up, and delete what was fetched of it."""
        self._downloads.discard(name)

    @Slot(str, str)
    def keep_token(self, source: SourceName, token: str) -> None:
        """Keep an access token in the system's keyring; what failed for the want of it is tried again."""
        self._downloads.keep_token(source, token)

    # --- On this machine ---------------------------------------------------------------------------------------------

    @Slot(str)
    def check(self, folder: str) -> None:
        """Compare every file of a model with its published hash."""
        self._work.check(folder)

    @Slot(str, str)
    def convert(self, folder: str, form: ModelForm) -> None:
        """Write a model anew with fewer bits, beside the others."""
        self._work.convert(folder, form)

    @Slot(str)
    def remove(self, folder: str) -> None:
        """Delete a model, or forget one that is linked. No process may have it loaded."""
        self._work.remove(folder)

    @Slot(str, str)
    def move(self, folder: str, to: str) -> None:
        """Move a model into the folder `to`. No process may have it loaded."""
        self._work.move(folder, to)

    @Slot(str)
    def import_folder(self, folder: str) -> None:
        """Check a folder that is here already, and list it where it lies."""
        self._work.import_folder(folder)

    def adopt(self, folder: str) -> None:
        """As `import_folder`, for a folder that is used already: nothing is said of it."""
        self._work.import_folder(folder, is_quiet=True)

    @Slot()
    def stop_work(self) -> None:
        """Stop what is being done to a model."""
        self._work.stop()

    # --- Events ------------------------------------------------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        if not isinstance(event, Surveyed | Failed) or event.request_id != self._survey:
            return
        self._survey = ""
        if isinstance(event, Failed):
            self.problem.emit(event.message)
            self.not_surveyed.emit()
            return
        self._found = event
        self._downloads.compare(event)
        self.surveyed.emit(event)
        if self._must_look_again:
            self.look()

    def _look_again(self) -> None:
        """What is under way may not have seen what has changed."""
        self._must_look_again = bool(self._survey)
        self.look()

    def _on_arrived(self, folder: str, name: str) -> None:
        self._look_again()
        self.ready.emit(folder, name)

    def _on_work_ended(self, work: Work, folder: str | None) -> None:
        # Even what failed may have found that a model is not what it was.
        self._look_again()
        self.work_ended.emit(work, folder)
        if folder and work.what == "importing":
            self.ready.emit(folder, "")
