"""`LocalWork`: what is done to models on this machine, one after another."""

from __future__ import annotations

import dataclasses
import logging
import uuid
from collections import deque
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.domain.models import Work
from app.engine_client import Service
from engine.protocol import (
    Cancel,
    CheckModel,
    ConvertModel,
    Done,
    Event,
    Failed,
    ImportModel,
    ModelForm,
    MoveModel,
    RemoveModel,
    WorkProgress,
    request_id_of,
)

WAITS = "This is done as soon as what is being done to a model now is through."

_log = logging.getLogger(__name__)


_Command = CheckModel | ConvertModel | RemoveModel | MoveModel | ImportModel


@dataclass(frozen=True, slots=True)
class _Job:
    """With `is_quiet` nobody has asked for it, and its end says nothing. `is_stopped`: it was to stop."""

    work: Work
    command: _Command
    is_quiet: bool = False
    is_stopped: bool = False


class LocalWork(QObject):
    """Has `service`, the process without a network, check, convert, move, import and remove.

    Signals:
        changed: the `Work` that runs now, or None.
        ended: a `Work`, and the folder where its model is now (``""``: nowhere any more; of a conversion, where the new
            one is), or None if it failed or was stopped, and all is as it was.
        note: a harmless sentence.
        problem: why something could not be done.
    """

    changed = Signal(object)
    ended = Signal(object, object)
    note = Signal(str)
    problem = Signal(str)

    def __init__(self, service: Service, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._jobs: deque[_Job] = deque()
        service.event_received.connect(self._on_event)

    def check(self, folder: str) -> None:
        """Compare every file with its published hash."""
        self._add(_Job(Work("checking", folder), CheckModel(_new_id(), folder)))

    def convert(self, folder: str, form: ModelForm) -> None:
        """Write a model anew with fewer bits."""
        self._add(_Job(Work("converting", folder), ConvertModel(_new_id(), folder, form)))

    def remove(self, folder: str) -> None:
        """Delete a model, or forget one that is linked."""
        self._add(_Job(Work("removing", folder), RemoveModel(_new_id(), folder)))

    def move(self, folder: str, to: str) -> None:
        """Move a model into the folder `to`."""
        self._add(_Job(Work("moving", folder), MoveModel(_new_id(), folder, to)))

    def import_folder(self, folder: str, is_quiet: bool = False) -> None:
        """List a folder that is here already, where it lies."""
        self._add(_Job(Work("importing", folder), ImportModel(_new_id(), folder), is_quiet))

    def stop(self) -> None:
        """Stop what runs now."""
        if self._jobs:
            self._jobs[0] = dataclasses.replace(self._jobs[0], is_stopped=True)
            self._service.send(Cancel(self._jobs[0].command.request_id))

    def close(self) -> None:
        """Listen no more."""
        self._service.event_received.disconnect(self._on_event)

    def _add(self, job: _Job) -> None:
        if any(_asks(waiting) == _asks(job) for waiting in self._jobs):
            return
        self._jobs.append(job)
        if len(self._jobs) == 1:
            self._begin(job)
        elif not job.is_quiet:
            self.note.emit(WAITS)

    def _begin(self, job: _Job) -> None:
        self.changed.emit(job.work)
        self._service.send(job.command)

    def _on_event(self, event: Event) -> None:
        if not self._jobs or request_id_of(event) != self._jobs[0].command.request_id:
            return
        job = self._jobs[0]
        if isinstance(event, WorkProgress):
            work = dataclasses.replace(job.work, done=event.done, total=event.total, detail=event.what)
            self._jobs[0] = dataclasses.replace(job, work=work)
            self.changed.emit(work)
            return
        self._jobs.popleft()
        # First of all, because who hears of the end may have more to do.
        if self._jobs:
            self._begin(self._jobs[0])
        else:
            self.changed.emit(None)
        self._tell_end(job, event)

    def _tell_end(self, job: _Job, event: Event) -> None:
        if isinstance(event, Failed):
            if job.is_quiet:
                _log.info("%s is not imported: %s", job.work.folder, event.message)
            else:
                self.problem.emit(event.message)
        elif isinstance(event, Done) and event.message and not job.is_quiet:
            self.note.emit(event.message)
        self.ended.emit(job.work, _place_after(job, event))


def _asks(job: _Job) -> _Command:
    """What tells one from another."""
    return dataclasses.replace(job.command, request_id="")


def _place_after(job: _Job, event: Event) -> str | None:
    """See `LocalWork.ended`. What was stopped in time ends as if it were done, with its model where it was."""
    if not isinstance(event, Done) or (job.is_stopped and event.folder == job.work.folder):
        return None
    return event.folder


def _new_id() -> str:
    return uuid.uuid4().hex
