"""``fingerpost models`` on a terminal, in a pipe, or as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column, Table

from engine.protocol import (
    Done,
    DownloadProgress,
    Failed,
    Fit,
    Installed,
    ModelForm,
    Offered,
    Paused,
    Pulled,
    Surveyed,
    Verdict,
)
from engine.wire import to_json

End = Done | Failed | Paused | Pulled

FORMS: dict[ModelForm, str] = {
    "published": "as published",
    "int8": "8 bits",
    "int4": "4 bits",
    "mlx-8bit": "8 bits, Apple chips",
    "mlx-4bit": "4 bits, Apple chips",
}
VERDICTS: dict[Verdict, str] = {"fits": "fits well", "tight": "fits tightly", "no": "does not fit"}
STATES = {"waiting": "Waiting for", "listing": "Looking for", "fetching": "Fetching", "checking": "Checking"}
PIPE_STEP = 0.1
"""Share of the whole after which a line is written where there is no terminal."""
SHORTEST_BAR = 12
"""Columns of a terminal that the bar gets, with the blanks beside it, however narrow the terminal is."""


class Show(Protocol):
    """Where what a verb finds and does is told. A context in which progress may be shown."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def installed(self, found: Surveyed) -> None:
        """What is on this machine."""

    def fits(self, found: Surveyed) -> None:
        """What would run here."""

    def progress(self, event: DownloadProgress) -> None:
        """Where a download is."""

    def work(self, what: str, done: int, total: int) -> None:
        """Where other work is, in bytes."""

    def end(self, event: End, sentence: str) -> None:
        """How it ended."""


class JsonShow:
    """One JSON object a line on `out`, what went wrong also in words on `errors`."""

    def __init__(self, out: TextIO, errors: TextIO) -> None:
        self._out, self._errors = out, errors

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def installed(self, found: Surveyed) -> None:
        """All of it: a script picks."""
        self._line(to_json(found))

    def fits(self, found: Surveyed) -> None:
        """All of it: a script picks."""
        self._line(to_json(found))

    def progress(self, event: DownloadProgress) -> None:
        """The event."""
        self._line(to_json(event))

    def work(self, what: str, done: int, total: int) -> None:
        """An event without a request."""
        self._line({"kind": "work_progress", "what": what, "done": done, "total": total})

    def end(self, event: End, sentence: str) -> None:
        """The event."""
        self._line(to_json(event))
        if isinstance(event, Failed):
            print(sentence, file=self._errors, flush=True)

    def _line(self, value: object) -> None:
        print(json.dumps(value, ensure_ascii=False), file=self._out, flush=True)


class TextShow:
    """Tables and sentences on `out`; progress goes to `errors`: a bar on a terminal, else a line at each tenth."""

    def __init__(self, out: TextIO, errors: TextIO) -> None:
        self._out, self._errors = out, errors
        self._console = Console(file=out, highlight=False, soft_wrap=not out.isatty())
        self._bars: Progress | None = None
        self._task = TaskID(0)
        self._told: tuple[str, int] = ("", -1)
        self._note = ""

    def __enter__(self) -> Self:
        if self._errors.isatty():
            self._bars = Progress(
                TextColumn("{task.description}", table_column=Column(no_wrap=True)),
                BarColumn(table_column=Column(ratio=1)),
                TextColumn("{task.fields[counts]}", table_column=Column(no_wrap=True)),
                console=Console(file=self._errors, highlight=False),
                transient=True,
            )
            self._task = self._bars.add_task("", total=None, counts="")
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def installed(self, found: Surveyed) -> None:
        """A table of what is here, and lines about what could be."""
        if found.installed:
            table = _table("Model", "Size", "Form", "Last used", "Folder")
            for model in found.installed:
                name = f"{model.title} (default)" if model.default else model.title
                table.add_row(name, _size(model.bytes), FORMS[model.form], _day(model.last_used), model.folder)
            self._console.print(table)
        else:
            self._say("There is no model on this machine yet. See what would run here with: fingerpost models fit")
        for model in found.installed:
            if model.problem:
                self._say(f"{model.title}: {model.problem}")
        for download in found.unfinished:
            share = 100 * download.done // max(download.total, 1)
            self._say(f"{download.title} is fetched to {share} %. Go on with: fingerpost models pull {download.name}")
        for other in found.found:
            self._say(f"{other.title} lies in {other.folder}. Use it with: fingerpost models import FOLDER")

    def fits(self, found: Surveyed) -> None:
        """The machine in a line, then a table: a row per model and precision. What the disk has no room for is said."""
        from engine.models.fit import disk_problem  # noqa: PLC0415 - a download needs none of what it imports

        machine = found.machine
        graphics = "" if machine.device == "cpu" else f", {machine.device_name} with {_size(machine.device_total)}"
        self._say(
            f"{machine.processor}, {_size(machine.memory_total)} of memory ({_size(machine.memory_free)} free)"
            f"{graphics}; {_size(machine.disk_free)} free on the disk."
        )
        table = _table("Model", "To fetch", "Runs in", "Verdict", "Memory", "Context")
        for title, fetched, fits in _lines(found):
            for index, fit in enumerate(fits):
                table.add_row(
                    "" if index else title,
                    "" if index else fetched,
                    fit.dtype,
                    VERDICTS[fit.verdict],
                    _size(fit.memory),
                    f"{fit.context:,}" if fit.context else "",
                )
        self._console.print(table)
        best = next((entry for entry in found.offered if entry.recommended), None)
        if best is not None:
            self._say(f"{best.title} suits this machine best: {best.purpose}")
        for entry in found.offered:
            lacking = "" if entry.installed or not entry.fits else disk_problem(entry.bytes, machine)
            if lacking and (entry is best or len(found.offered) == 1):
                self._say(f"{entry.title}: {lacking}")

    def progress(self, event: DownloadProgress) -> None:
        """Where a download is."""
        if event.note and event.note != self._note:
            self._say_aside(event.note)
        self._note = event.note
        counts = _part(event.done, event.total) if event.total else ""
        if event.rate:
            counts += f", {event.rate / 1e6:.1f} MB/s"
        if event.seconds_left is not None:
            counts += f", {_duration(event.seconds_left)} left"
        where = f" from {', '.join(event.hosts)}" if event.hosts else ""
        self._tell(f"{STATES[event.state]} {event.title}{where}", event.done, event.total, counts)

    def work(self, what: str, done: int, total: int) -> None:
        """Where other work is."""
        self._tell(what, done, total, _part(done, total), "")

    def end(self, event: End, sentence: str) -> None:
        """What went well on `out`, all else on `errors`."""
        self._clear()
        print(sentence, file=self._errors if isinstance(event, Failed | Paused) else self._out, flush=True)

    def _tell(self, words: str, done: int, total: int, counts: str, subject: str | None = None) -> None:
        if self._bars is not None:
            room = self._bars.console.width - len(counts) - SHORTEST_BAR
            shown = words if len(words) <= room else f"{words[: max(room, 1) - 1]}…"
            self._bars.update(self._task, description=shown, completed=done, total=total or None, counts=counts)
            return
        step = int(done / max(total, 1) / PIPE_STEP)
        told = (words if subject is None else subject, step)
        if told != self._told:
            self._told = told
            print(f"{words}: {counts}" if counts else words, file=self._errors, flush=True)

    def _say_aside(self, sentence: str) -> None:
        if self._bars is not None:
            self._bars.console.print(sentence)
        else:
            print(sentence, file=self._errors, flush=True)

    def _say(self, sentence: str) -> None:
        self._console.print(sentence, markup=False)

    def _clear(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None


def _lines(found: Surveyed) -> Iterable[tuple[str, str, tuple[Fit, ...]]]:
    """Title, size and fits of what runs here at all; what is offered and here already comes once."""
    here = {entry.installed for entry in found.offered if entry.installed}
    shown: list[Offered | Installed] = [entry for entry in found.offered if entry.fits]
    shown += [model for model in found.installed if model.fits and model.folder not in here]
    for model in shown:
        if isinstance(model, Installed) or model.installed:
            yield model.title, "is here", model.fits
        else:
            yield model.title, _size(model.bytes), model.fits


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="")
    for column in columns:
        table.add_column(
            column, overflow="fold", justify="right" if column in ("Size", "To fetch", "Memory", "Context") else "left"
        )
    return table


def _size(value: int) -> str:
    return f"{value / 1e9:.1f} GB" if value >= 5e7 else f"{value / 1e6:.1f} MB"


def _part(done: int, total: int) -> str:
    """Both in the unit of the whole."""
    return f"{done / 1e9:.1f} GB of {_size(total)}" if total >= 5e7 else f"{done / 1e6:.1f} MB of {_size(total)}"


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d") if seconds else "never"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"
