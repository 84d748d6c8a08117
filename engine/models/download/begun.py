"""The downloads that were begun: remembered, listed, paused, given up. No network."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from engine.models.download.desk import DOWNLOADS, Desk
from engine.models.download.errors import DownloadError, disk_errors
from engine.models.download.order import Order, order_of, slug_of
from engine.models.download.state import State, bytes_here, read_state, write_state
from engine.protocol import Pull, Unfinished


def begin(request: Pull, models: Path) -> Unfinished:
    """Remember that a model is wanted, even if this process ends before its turn comes; how much of it is here.

    Raises:
        DownloadError: it is no model, or the folder can not be written to.
    """
    with disk_errors(models):
        desk, order = order_at(request, models)
        desk.folder.mkdir(parents=True, exist_ok=True)
        return _unfinished(desk.folder, remember(desk, order))


def pause(models: Path, name: str) -> None:
    """Stop a download, whichever process runs it, and remember that it is not to go on by itself.

    Raises:
        DownloadError: there is none of that name.
    """
    with disk_errors(models):
        desk = Desk(models, slug_of(name))
        if read_state(desk.folder) is None:
            raise DownloadError("bad_request", f"{name} is not being fetched. Check the name.")
        set_wanted(desk, False)


def unfinished(models: Path) -> tuple[Unfinished, ...]:
    """The downloads that were begun, by their name."""
    try:
        folders = sorted((models / DOWNLOADS).iterdir())
    except OSError:
        return ()
    states = ((folder, read_state(folder)) for folder in folders)
    return tuple(_unfinished(folder, state) for folder, state in states if state is not None)


def discard(models: Path, name: str) -> bool:
    """Delete what was fetched so far of `name`; False where there was nothing. Raises `DownloadError`."""
    with disk_errors(models):
        desk = Desk(models, slug_of(name))
        if not os.path.lexists(desk.folder):
            return False
        with desk.claimed(name):
            desk.clear()
        return True


def order_at(request: Pull, models: Path) -> tuple[Desk, Order]:
    """Where the bytes of `request` are, and what it means there. Raises `DownloadError`."""
    desk = Desk(models, slug_of(request.name))
    return desk, order_of(request, read_state(desk.folder))


def remember(desk: Desk, order: Order) -> State:
    """What is known of the download from now on: it is wanted, as `order` says. Raises `OSError`."""
    asked = order.request
    state = read_state(desk.folder) or State(asked.name, order.title, order.entry.bytes if order.entry else 0)
    state = replace(state, source=asked.source, revision=asked.revision, endpoint=asked.endpoint, wanted=True)
    write_state(desk.folder, state)
    return state


def set_wanted(desk: Desk, wanted: bool) -> None:
    """Whether the download is to go on by itself; nothing where there is none. Raises `OSError`."""
    state = read_state(desk.folder)
    if state is not None and state.wanted != wanted:
        write_state(desk.folder, replace(state, wanted=wanted))


def _unfinished(folder: Path, state: State) -> Unfinished:
    origin = state.origin or state.source or "huggingface"
    return Unfinished(state.name, state.title, origin, bytes_here(folder, state.files), state.total, state.wanted)
