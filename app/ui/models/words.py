"""Sizes, rates and times of models as the window says them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from app.domain.models import Download, Work
from engine.protocol import Fit, Installed, MachineInfo, ModelForm, Offered, SourceName

SOURCE_NAMES: dict[SourceName, str] = {"huggingface": "Hugging Face", "modelscope": "ModelScope"}
USUAL_RATE = 50_000_000 // 8
"""Bytes a second of the connection that an estimate is given for before anything was measured."""
_USUAL_RATE_WORDS = "50 Mbit/s"
_FORMS: dict[ModelForm, str] = {
    "published": "as published",
    "int8": "8 bits",
    "int4": "4 bits",
    "mlx-8bit": "8 bits for Apple chips",
    "mlx-4bit": "4 bits for Apple chips",
}
_STORED_DTYPES = {"published": ("bfloat16", "float16", "float32"), "int8": ("int8",), "int4": ("int4",)}
_WORK = {
    "checking": "Checking the files",
    "converting": "Converting",
    "moving": "Moving",
    "importing": "Checking the folder",
    "removing": "Removing",
}
_STEPS = {
    "waiting": "Waiting for its turn",
    "listing": "Asking for the list of files",
    "fetching": "Fetching",
    "checking": "Checking what has come",
}
_MONTH_DAYS = 31


def size(count: int) -> str:
    """ "9.3 GB"; "12 MB" below a tenth of one."""
    return f"{count / 1e9:.1f} GB" if count >= 95_000_000 else f"{count / 1e6:.0f} MB"


def part_of(done: int, total: int) -> str:
    """ "4.0 of 9.3 GB"; what is there alone while the whole is not known."""
    if total <= 0:
        return size(done)
    if total >= 95_000_000:
        return f"{done / 1e9:.1f} of {total / 1e9:.1f} GB"
    return f"{done / 1e6:.0f} of {total / 1e6:.0f} MB"


def about(seconds: float) -> str:
    """ "less than a minute", "about 8 minutes", "about 1 hour 20 minutes"."""
    if seconds < 45:
        return "less than a minute"
    minutes = round(seconds / 60)
    if minutes > 20:
        minutes = 5 * round(minutes / 5)
    if minutes < 60:
        return f"about {_count(max(1, minutes), 'minute')}"
    hours, rest = divmod(minutes, 60)
    if hours >= 6:
        return f"about {_count(round(minutes / 60), 'hour')}"
    return f"about {_count(hours, 'hour')}" + (f" {rest} minutes" if rest else "")


def time_to_fetch(count: int) -> str:
    """ "about 25 minutes at 50 Mbit/s"."""
    return f"{about(count / USUAL_RATE)} at {_USUAL_RATE_WORDS}"


def machine_line(machine: MachineInfo) -> str:
    """Processor, memory, graphics and free disk."""
    parts = [machine.processor, _unbroken(f"{size(machine.memory_total)} memory")]
    if machine.device != "cpu":
        own = "shares the memory" if machine.shared else size(machine.device_total)
        parts.append(f"{machine.device_name}, {own}")
    parts.append(_unbroken(f"{size(machine.disk_free)} free disk"))
    return " · ".join(filter(None, parts))


def disk_sentence(offered: Offered, machine: MachineInfo) -> str:
    """That the disk has no room for it, or nothing."""
    if offered.bytes <= machine.disk_free:
        return ""
    return f"It takes {size(offered.bytes)}, and {size(machine.disk_free)} are free on the disk. Free some space first."


def form_words(form: ModelForm) -> str:
    """ "as published", "8 bits"."""
    return _FORMS[form]


def used_words(moment: float, now: datetime) -> str:
    """When a model was used last, in days of `now`'s time zone."""
    if moment <= 0:
        return "not used yet"
    day = datetime.fromtimestamp(moment, now.tzinfo)
    days = (now.date() - day.date()).days
    if days <= 0:
        return "used today"
    if days == 1:
        return "used yesterday"
    return f"used {days} days ago" if days <= _MONTH_DAYS else f"used in {day:%B %Y}"


def installed_line(model: Installed, now: datetime) -> str:
    """ "9.3 GB · as published · used yesterday"."""
    parts = [size(model.bytes), form_words(model.form), used_words(model.last_used, now)]
    if model.linked:
        parts.append("in a folder of your own")
    return " · ".join(parts)


def remove_question(model: Installed) -> str:
    """What is asked before it goes."""
    if model.linked:
        return f"Forget {model.title}? Its files stay in {model.folder}."
    return f"Remove {model.title}? {size(model.bytes)} become free."


def work_words(work: Work) -> str:
    """ "Converting, 43 %"."""
    words = _WORK[work.what]
    return f"{words}, {percent(work.done, work.total)}" if work.total else f"{words}…"


def percent(done: int, total: int) -> str:
    """ "43 %", and no 100 before all of it is there; nothing while the whole is not known."""
    return f"{min(100, 100 * done // total)} %" if total else ""


def step_words(download: Download) -> str:
    """What a download does now."""
    if download.state == "failed":
        return "Stopped"
    if download.state == "paused":
        return "Paused"
    return _STEPS[download.progress.state] if download.progress is not None else "Getting ready"


def amount_words(download: Download) -> str:
    """ "4.0 of 9.3 GB · 11.2 MB/s · about 8 minutes left"."""
    parts = [part_of(download.done, download.total)] if download.done or download.total else []
    progress = download.progress
    if download.state == "running" and progress is not None:
        if progress.rate >= 50_000:
            parts.append(f"{progress.rate / 1e6:.1f} MB/s")
        if progress.seconds_left is not None:
            parts.append(f"{about(progress.seconds_left)} left")
    return " · ".join(parts)


def origin_words(download: Download) -> str:
    """The hosts that were contacted, and what the download has to say about them."""
    progress = download.progress
    if download.state != "running" or progress is None:
        return ""
    hosts = f"From {_listed(progress.hosts)}." if progress.hosts else ""
    return " ".join(filter(None, (hosts, progress.note)))


def network_words(downloads: Sequence[Download]) -> str:
    """Which hosts the network is used for now, or that it is not."""
    hosts = [
        host
        for download in downloads
        if download.state == "running" and download.progress is not None
        for host in download.progress.hosts
    ]
    if hosts:
        return f"Fetching from {_listed(tuple(dict.fromkeys(hosts)))}."
    running = any(download.state == "running" for download in downloads)
    return "Fetching a model." if running else "On this computer. No network in use."


def fit_of(fits: Sequence[Fit], form: ModelForm, dtype: str) -> Fit | None:
    """The line for `dtype` as the window chooses it; ``auto`` is the precision that `form` is stored in."""
    wanted = (dtype,) if dtype != "auto" else _STORED_DTYPES.get(form, ())
    found = next((fit for name in wanted for fit in fits if fit.dtype == name), None)
    return found if found is not None or dtype != "auto" else next(iter(fits), None)


def same_folder(first: str, second: str) -> bool:
    """Whether both paths are written for one folder."""
    return bool(first) and bool(second) and os.path.normpath(first) == os.path.normpath(second)


def fetches(download: Download, offered: Offered) -> bool:
    """Whether the download is of that model, by its id or by the name of its repository."""
    name = download.name.casefold()
    return name == offered.id.casefold() or any(name == source.repo.casefold() for source in offered.sources)


def sources_of(offered: Offered | None) -> tuple[SourceName, ...]:
    """Where a model can be fetched from; both hubs are tried for one that the catalogue does not know."""
    return tuple(SOURCE_NAMES) if offered is None else tuple(source.name for source in offered.sources)


def _unbroken(words: str) -> str:
    """Kept on one line."""
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
