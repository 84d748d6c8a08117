"""The process ``reader``: reads the files that people drop, searches them, and draws their pages.

Five things go on beside each other, each one command after another: a document is read, pages without text are
recognised, a page is drawn, what was read is looked into, and things are found on pictures. So a page is there at once
while a thousand others are read. Files are opened in processes of their own alone, which are killed when they crash,
hang or eat memory.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import psutil

from engine.protocol import (
    Cancel,
    CheckMarks,
    Command,
    Event,
    Failed,
    FindOnScreen,
    FindPassages,
    FindText,
    LocateQuote,
    ReadDocument,
    RenderPage,
    SaveTable,
    ShowPage,
)
from engine.worker.channel import Channel
from engine.worker.lanes import Lane, Task
from engine.worker.service import CommandService

if TYPE_CHECKING:
    from engine.worker.reader_ocr import Scans
    from engine.worker.reader_pointing import Pointing

PointRequest = FindOnScreen | CheckMarks
Request = ReadDocument | RenderPage | FindPassages | FindText | ShowPage | LocateQuote | SaveTable | PointRequest

STOPPED = "This was stopped. Add the document again to read it."
NOT_POINTED = "The search on the screen was stopped. Ask again to see where it is."


def serve(channel: Channel, lines: Iterable[bytes | None]) -> int:
    """Work on the calling thread and others until the input ends; returns the exit code."""
    return ReaderWorker(channel).run(lines)


class ReaderWorker:
    """Takes commands until the input ends."""

    def __init__(self, channel: Channel) -> None:
        self._service = CommandService(channel, self._accept, self._close)
        self._lock = threading.Lock()
        self._tasks: list[Task[Any]] = []
        self._reading: Lane[ReadDocument] = Lane(self._read)
        self._recognising: Lane[Scans] = Lane(self._recognise)
        # None: a page is likely to be wanted soon.
        self._drawing: Lane[RenderPage | None] = Lane(self._draw)
        self._looking: Lane[Any] = Lane(self._look)
        self._pointing: Lane[PointRequest] = Lane(self._point)
        self._for_pointing: Pointing | None = None

    def run(self, lines: Iterable[bytes | None]) -> int:
        """Read documents on the calling thread; returns the exit code."""
        self._service.listen(lines)
        # Here and not above: Hello and the end of the input must not wait for NumPy.
        from engine.documents.sandbox.isolate import Isolation  # noqa: PLC0415

        with ExitStack() as end:
            self._for_reading, self._for_drawing, for_scans = Isolation(), Isolation(), Isolation()
            for isolation in (self._for_reading, self._for_drawing, for_scans):
                end.callback(isolation.close)
            # The next import goes on while this process starts.
            self._for_reading.warm()
            from engine.worker.reader_ocr import Recognition  # noqa: PLC0415

            self._recognition = Recognition(for_scans, self._service.send)
            self._folder = Path(end.enter_context(tempfile.TemporaryDirectory(prefix="fingerpost-pages-")))
            threads = [self._drawing.start("drawing"), self._looking.start("looking")]
            threads += [self._recognising.start("recognising"), self._pointing.start("pointing")]
            self._reading.run()
            for thread in threads:
                thread.join()
        return 0

    # --- On the thread that listens ----------------------------------------------------------------------------------

    def _accept(self, command: Command) -> None:
        match command:
            case ReadDocument():
                self._begin(self._reading, command)
            case RenderPage():
                self._begin(self._drawing, command)
            case FindPassages() | FindText() | ShowPage() | LocateQuote() | SaveTable():
                self._begin(self._looking, command)
            case FindOnScreen() | CheckMarks():
                self._make_way()
                self._begin(self._pointing, command)
            case Cancel():
                self._cancel(command.request_id)
            case _:
                self._service.refuse(command)

    def _begin(self, lane: Lane[Any], command: Request) -> None:
        task = Task(command)
        with self._lock:
            self._tasks.append(task)
        lane.put(task)

    def _make_way(self) -> None:
        """What only reads a picture ahead ends for what is asked for now, which goes on with what was read so far."""
        with self._lock:
            for task in self._tasks:
                if isinstance(task.command, FindOnScreen) and not task.command.queries:
                    task.cancelled.set()

    def _cancel(self, request_id: str) -> None:
        """A reading ends by itself in a moment. What else runs may not look up for seconds: it ends here and now, and
        what it does then is of no use."""
        with self._lock:
            found = [task for task in self._tasks if task.command.request_id == request_id]
            ended = [task for task in found if not isinstance(task.command, ReadDocument)]
            for task in ended:
                self._tasks.remove(task)
        for task in found:
            task.cancelled.set()
        for task in ended:
            stopped = NOT_POINTED if isinstance(task.command, FindOnScreen | CheckMarks) else STOPPED
            self._service.send(Failed(request_id, "bad_request", stopped))

    def _close(self) -> None:
        with self._lock:
            for task in self._tasks:
                task.cancelled.set()
        for lane in (self._reading, self._recognising, self._drawing, self._looking, self._pointing):
            lane.close()
        # One of them may be deep in a page: it has nobody to read it for.
        for child in psutil.Process().children():
            with suppress(psutil.NoSuchProcess):
                child.kill()

    # --- On the threads of the lanes ---------------------------------------------------------------------------------

    def _read(self, task: Task[ReadDocument]) -> None:
        from engine.worker.reader_work import read  # noqa: PLC0415

        def work() -> Event | None:
            event, scans = read(task, self._for_reading, self._service.send)
            if scans is None:
                return event
            self._service.send(event)
            with self._lock:
                self._tasks.append(later := Task(scans, task.cancelled))
            self._recognising.put(later)
            return None

        self._end(task, work)
        self._drawing.put(Task(None))
        if not self._service.closing.is_set():
            self._for_reading.warm()

    def _recognise(self, task: Task[Scans]) -> None:
        self._end(task, lambda: self._recognition.recognise(task))

    def _draw(self, task: Task[RenderPage | None]) -> None:
        from engine.worker.reader_work import draw  # noqa: PLC0415

        if (command := task.command) is None:
            self._for_drawing.warm()
        else:
            self._end(task, lambda: draw(command, task.cancelled, self._for_drawing, self._folder))

    def _look(self, task: Task[Any]) -> None:
        from engine.worker.reader_work import look  # noqa: PLC0415

        self._end(task, lambda: look(task))

    def _point(self, task: Task[PointRequest]) -> None:
        from engine.worker.reader_pointing import Pointing  # noqa: PLC0415 - as in run

        pointing = self._for_pointing = self._for_pointing or Pointing()
        self._end(task, lambda: pointing.point(task))

    def _end(self, task: Task[Any], work: Callable[[], Event | None]) -> None:
        """Do `work`, and tell how it ended; None says that it goes on elsewhere."""
        from engine.worker.reader_work import failed  # noqa: PLC0415

        command = cast(Request, task.command)
        try:
            event = work()
        except Exception as error:  # noqa: BLE001 - the outermost boundary of a command: it ends in an event, come what may
            event = failed(command.request_id, error)
        with self._lock:
            is_told = task not in self._tasks
            if not is_told:
                self._tasks.remove(task)
        if event is not None and not is_told and not self._service.closing.is_set():
            self._service.send(event)
