"""A shelf with everything it said, and what its two child processes heard."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytestqt.qtbot import QtBot

from app.domain.models import Download, Work
from app.engine_client import Service
from app.models import ModelShelf
from engine.protocol import Surveyed, encode
from tests.app.models.samples import surveyed

FAKE = Path(__file__).parents[1] / "engine_client" / "fake_service.py"
WAIT = 60_000


class Watched:
    """`end` closes it as the program does, `start` opens it again. `service` makes its two processes by their roles:
    played ones unless another is given, which keep their log in `folder`."""

    def __init__(self, qtbot: QtBot, folder: Path, service: Callable[[str], Service] | None = None) -> None:
        self.qtbot, self._folder = qtbot, folder
        self._service = service or self._played
        if service is None:
            self.will_find(surveyed())
        self.start()

    def start(self) -> None:
        self._services = self._service("models"), self._service("downloads")
        self.shelf = ModelShelf(*self._services, self._folder)
        self.said: list[tuple[Any, ...]] = []
        for name in ("surveyed", "downloads_changed", "work_changed", "work_ended", "ready", "note", "problem"):
            getattr(self.shelf, name).connect(self._note(name))

    def end(self) -> None:
        self.shelf.close()
        for service in self._services:
            service.shutdown()

    def will_find(self, found: Surveyed) -> None:
        """What a survey tells from now on."""
        (self._folder / "survey").write_bytes(encode(found))

    def heard(self, role: str) -> list[str]:
        path = self._folder / role
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def values(self, name: str) -> list[Any]:
        return [values[0] if len(values) == 1 else tuple(values) for said, *values in self.said if said == name]

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=WAIT)

    def until_said(self, name: str, times: int = 1) -> Any:
        """The last of what a signal carried, once it came as often as that."""
        self.until(lambda: len(self.values(name)) >= times)
        return self.values(name)[-1]

    def look(self) -> Surveyed:
        before = len(self.values("surveyed"))
        self.shelf.look()
        found: Surveyed = self.until_said("surveyed", before + 1)
        return found

    @property
    def downloads(self) -> tuple[Download, ...]:
        told = self.values("downloads_changed")
        return told[-1] if told else ()

    def states(self) -> dict[str, str]:
        return {each.name: each.state for each in self.downloads}

    @property
    def work(self) -> Work | None:
        told = self.values("work_changed")
        return told[-1] if told else None

    def _played(self, role: str) -> Service:
        return Service([sys.executable, str(FAKE), str(self._folder / role)], f"{role} process")

    def _note(self, name: str) -> Any:
        return lambda *values: self.said.append((name, *values))
