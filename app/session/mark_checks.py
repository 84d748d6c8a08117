"""`MarkChecks`: whether what the model points at is there, by the picture's text and the window's elements."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.conversation import Attachment
from app.engine_client.requests import ModelRequests
from app.pointing.finder import Finder
from app.session.answering import Answering
from engine.protocol import Event, Failed, Finished, Grounded, Image, LookAgain, Mark

GATHER_MILLISECONDS = 150
"""What the model says within it is weighed together: the picture is opened and compared once."""
TINY = 0.01
"""Of the picture's longer side: so small a thing is easily missed by as much as it is wide."""
MOST_LOOKS = 6
"""Second looks of one answer, each of which is a picture to read."""
NOT_AGAIN = "The model did not find this when it looked again."


@dataclass(slots=True)
class _Job:
    """An answer with marks that are not settled yet."""

    question: Answering
    said: dict[int, Grounded] = field(default_factory=dict)
    """All that was said, by number."""
    unsent: list[Grounded] = field(default_factory=list)
    checks: set[str] = field(default_factory=set)
    """Requests of the finder; those that are over do no harm."""
    looks: set[str] = field(default_factory=set)
    looked: set[int] = field(default_factory=set)
    open: int = 0
    """Checks and looks that have not ended."""
    is_over: bool = False
    """Nothing more is said."""


class MarkChecks(QObject):
    """Takes each mark as soon as the model makes it, and looks a second time at what is not sure or tiny once the
    answer is finished. A mark that got worse by it stays as it was.

    `changed` carries the `Answering` whose marks have changed, also after its end.
    """

    changed = Signal(object)

    def __init__(self, finder: Finder, model: ModelRequests, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._finder, self._model = finder, model
        self._jobs: dict[str, _Job] = {}
        """By turn."""
        self._gather = QTimer(self)
        self._gather.setSingleShot(True)
        self._gather.setInterval(GATHER_MILLISECONDS)
        self._gather.timeout.connect(self._check_unsent)

    def take(self, question: Answering, said: Grounded) -> None:
        """The answer of `question` points at something more."""
        job = self._jobs.get(question.turn.id)
        if job is None or job.question is not question:
            self.forget(question.turn.id)
            job = self._jobs[question.turn.id] = _Job(question)
        job.said[said.number] = said
        job.unsent.append(said)
        if not self._gather.isActive():
            self._gather.start()

    def end(self, question: Answering) -> None:
        """Its answer is over."""
        job = self._jobs.get(question.turn.id)
        if job is not None and job.question is question:
            job.is_over = True
            self._go_on(job)

    def forget(self, turn: str) -> None:
        """The answer of `turn` is gone, or asked again: what becomes of its marks is of no use."""
        job = self._jobs.pop(turn, None)
        if job is None:
            return
        for request_id in job.checks:
            self._finder.cancel(request_id)
        for request_id in job.looks:
            self._model.cancel(request_id)

    def forget_conversation(self, conversation: str) -> None:
        """As `forget`, of all its turns."""
        for turn, job in tuple(self._jobs.items()):
            if job.question.conversation == conversation:
                self.forget(turn)

    def close(self) -> None:
        """Forget everything."""
        self._gather.stop()
        for turn in tuple(self._jobs):
            self.forget(turn)

    # --- The first look ----------------------------------------------------------------------------------------------

    def _check_unsent(self) -> None:
        for job in tuple(self._jobs.values()):
            by_picture: dict[str, list[Grounded]] = {}
            for said in job.unsent:
                by_picture.setdefault(said.attachment, []).append(said)
            job.unsent = []
            for id_, group in by_picture.items():
                if (picture := job.question.picture(id_)) is not None:
                    self._check(job, picture, group)
            self._go_on(job)

    def _check(self, job: _Job, picture: Attachment, group: list[Grounded]) -> None:
        def told(marks: tuple[Mark, ...]) -> None:
            settled = [job.question.settle(said, mark) for said, mark in zip(group, marks, strict=True)]
            self._end_one(job, changed=any(settled))

        self._send_check(job, picture, group, told)

    def _send_check(
        self, job: _Job, picture: Attachment, group: list[Grounded], told: Callable[[tuple[Mark, ...]], None]
    ) -> None:
        job.open += 1
        failed = partial(self._on_unchecked, job)
        job.checks.add(self._finder.check(picture.id, picture.path, picture.elements, group, told, failed))

    def _on_unchecked(self, job: _Job, sentence: str) -> None:
        """What was not weighed stays unconfirmed, and is shown so."""
        self._end_one(job, changed=False)

    def _end_one(self, job: _Job, *, changed: bool) -> None:
        job.open -= 1
        if changed:
            self.changed.emit(job.question)
        self._go_on(job)

    # --- The second look ---------------------------------------------------------------------------------------------

    def _go_on(self, job: _Job) -> None:
        if not job.is_over or job.open or job.unsent or self._jobs.get(job.question.turn.id) is not job:
            return
        if self._model.model_is_there and job.question.answer().state == "finished":
            for mark in job.question.marks[:MOST_LOOKS]:
                picture = job.question.picture(mark.attachment)
                if picture is not None and mark.number not in job.looked and _is_unsure(mark, picture):
                    self._look_again(job, mark, picture)
        if not job.open:
            del self._jobs[job.question.turn.id]

    def _look_again(self, job: _Job, mark: Mark, picture: Attachment) -> None:
        seen: list[Grounded] = []

        def told(event: Event) -> None:
            if self._jobs.get(job.question.turn.id) is not job:
                return
            if isinstance(event, Grounded):
                seen.append(dataclasses.replace(event, number=mark.number, label=mark.label, attachment=picture.id))
            elif isinstance(event, Finished | Failed):
                if seen:
                    self._check_again(job, mark, picture, seen[-1])
                self._end_one(job, changed=isinstance(event, Finished) and not seen and self._doubt(job, mark, event))

        request_id = uuid.uuid4().hex
        job.looked.add(mark.number)
        job.looks.add(request_id)
        job.open += 1
        image = Image(picture.id, str(picture.path))
        self._model.ask(LookAgain(request_id, image, mark.label, mark.box, job.question.budget), told)

    def _check_again(self, job: _Job, first: Mark, picture: Attachment, seen: Grounded) -> None:
        def told(marks: tuple[Mark, ...]) -> None:
            better = [mark for mark in marks if _rank(mark) >= _rank(first)]
            settled = [job.question.settle(job.said[first.number], mark) for mark in better]
            self._end_one(job, changed=any(settled))

        self._send_check(job, picture, [seen], told)

    def _doubt(self, job: _Job, mark: Mark, event: Finished) -> bool:
        """The model did not see it again."""
        if event.reason == "cancelled" or mark.confirmed or mark.note:
            return False
        return job.question.settle(job.said[mark.number], dataclasses.replace(mark, note=NOT_AGAIN))


def _rank(mark: Mark) -> tuple[bool, float]:
    return mark.confirmed, mark.confidence


def _is_unsure(mark: Mark, picture: Attachment) -> bool:
    return not mark.confirmed or _is_tiny(mark, picture)


def _is_tiny(mark: Mark, picture: Attachment) -> bool:
    if mark.shape == "point":
        return False
    width, height = (mark.box.x1 - mark.box.x0) * picture.width, (mark.box.y1 - mark.box.y0) * picture.height
    return max(width, height) < TINY * max(picture.width, picture.height)
