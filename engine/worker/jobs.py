"""What the child process has to do: at most one question and what is read ahead of it, or second looks."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from engine.protocol import Generate, ImageProgress, LookAgain, PrefillProgress, Prepare

Asked = Generate | Prepare | LookAgain


@dataclass(slots=True, eq=False)
class Job:
    """A request on its way through the process. `accepted` is when it came in, of `time.perf_counter`; `progress` what
    it told last."""

    request: Asked
    accepted: float = field(default_factory=time.perf_counter)
    cancelled: threading.Event = field(default_factory=threading.Event)
    started: bool = False
    progress: ImageProgress | PrefillProgress | None = None

    @property
    def request_id(self) -> str:
        """The id of its request."""
        return self.request.request_id


class Jobs:
    """The jobs that run or wait, oldest first: a question has no other behind it. Used by two threads: one adds, the
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
    def progress(self) -> ImageProgress | PrefillProgress | None:
        """What the job that runs told last, None when it is stopping."""
        with self._lock:
            return self._jobs[0].progress if self._jobs and not self._jobs[0].cancelled.is_set() else None

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
        """Cancel a request and all that was to be read before it. A job that runs stops at its next checkpoint; those
        that had not begun are over, and returned."""
        with self._lock:
            ids = [job.request_id for job in self._jobs]
            before = self._jobs[: ids.index(request_id) + 1] if request_id in ids else []
            return self._cancel(
                [job for job in before if job.request_id == request_id or isinstance(job.request, Prepare)]
            )

    def make_way(self, request: Asked) -> list[Job]:
        """Cancel, as `cancel` does, all that `request` shall not wait for."""
        with self._lock:
            return self._cancel([job for job in self._jobs if not _may_finish(job.request, request)])

    def cancel_all(self) -> list[Job]:
        """Cancel every request, as `cancel` does."""
        with self._lock:
            return self._cancel(self._jobs)

    def _cancel(self, cancelled: list[Job]) -> list[Job]:
        for job in cancelled:
            job.cancelled.set()
        self._jobs = [job for job in self._jobs if job.started or job not in cancelled]
        return [job for job in cancelled if not job.started]


def _may_finish(earlier: Asked, request: Asked) -> bool:
    """Whether `request` waits for `earlier`: a second look is short, but a question goes first."""
    if isinstance(earlier, LookAgain):
        return not isinstance(request, Generate)
    return is_ahead_of(earlier, request)


def is_ahead_of(earlier: Asked, request: Asked) -> bool:
    """Whether `earlier` only reads what `request` begins with. Thinking makes no difference before the question."""
    if not isinstance(earlier, Prepare) or isinstance(request, LookAgain):
        return False
    if isinstance(request, Generate) and (request.raw or request.task in ("guide", "act")):
        return False
    if not earlier.messages or len(earlier.messages) != len(request.messages):
        return False
    shown, asked = earlier.messages[-1], request.messages[-1]
    return (
        earlier.messages[:-1] == request.messages[:-1]
        and (shown.role, shown.parts) == (asked.role, asked.parts[: len(shown.parts)])
        and (earlier.system, earlier.image_budget, earlier.tools, earlier.zoom, earlier.point)
        == (request.system, request.image_budget, request.tools, request.zoom, request.point)
    )
