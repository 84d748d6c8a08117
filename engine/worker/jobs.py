"""What the child process has to do: at most one question, and what is read ahead of it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from engine.protocol import Generate, ImageProgress, PrefillProgress, Prepare


@dataclass(slots=True, eq=False)
class Job:
    """A request on its way through the process. `accepted` is when it came in, of `time.perf_counter`; `progress` what
    it told last."""

    request: Generate | Prepare
    accepted: float = field(default_factory=time.perf_counter)
    cancelled: threading.Event = field(default_factory=threading.Event)
    started: bool = False
    progress: ImageProgress | PrefillProgress | None = None

    @property
    def request_id(self) -> str:
        """The id of its request."""
        return self.request.request_id


class Jobs:
    """The jobs that run or wait, oldest first: a question has no other behind it. Used by two threads; one adds, the
    other one works."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: list[Job] = []

    @property
    def question(self) -> Job | None:
        """The question that is being answered or waits."""
        with self._lock:
            return next((job for job in self._jobs if isinstance(job.request, Generate)), None)

    @property
    def last(self) -> Job | None:
        """The one that came in last and is not over."""
        with self._lock:
            return self._jobs[-1] if self._jobs else None

    def add(self, job: Job) -> None:
        """The job that comes after all others."""
        with self._lock:
            self._jobs.append(job)

    def begin(self, job: Job) -> bool:
        """Whether `job` is still wanted; it counts as started then."""
        with self._lock:
            job.started = job in self._jobs
            return job.started

    def end(self, job: Job) -> None:
        """`job` is over."""
        with self._lock:
            self._jobs.remove(job)

    def cancel(self, request_id: str) -> list[Job]:
        """Cancel a request and all that was to be done before it. A job that runs stops at its next checkpoint; those
        that had not begun are over, and returned."""
        with self._lock:
            ids = [job.request_id for job in self._jobs]
            return self._cancel(ids.index(request_id) + 1 if request_id in ids else 0)

    def cancel_all(self) -> list[Job]:
        """Cancel every request, as `cancel` does."""
        with self._lock:
            return self._cancel(len(self._jobs))

    def _cancel(self, count: int) -> list[Job]:
        cancelled = self._jobs[:count]
        for job in cancelled:
            job.cancelled.set()
        self._jobs = [job for job in self._jobs if job.started or job not in cancelled]
        return [job for job in cancelled if not job.started]


def is_ahead_of(prepare: Prepare, question: Generate) -> bool:
    """Whether what `prepare` reads is what `question` begins with. Thinking makes no difference before the question."""
    if question.raw or not prepare.messages or len(prepare.messages) != len(question.messages):
        return False
    shown, asked = prepare.messages[-1], question.messages[-1]
    return (
        prepare.messages[:-1] == question.messages[:-1]
        and (shown.role, shown.parts) == (asked.role, asked.parts[: len(shown.parts)])
        and (prepare.system, prepare.image_budget, prepare.tools)
        == (question.system, question.image_budget, question.tools)
    )
