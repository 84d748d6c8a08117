"""A store on disk, and pictures to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.domain.conversation import Picture
from app.domain.geometry import Place, Rect
from app.store import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    store = Store(folder)
    yield store
    store.close()


@pytest.fixture
def picture() -> Callable[..., Picture]:
    """A picture with bytes of its own; the store never decodes them."""

    def make(data: bytes = b"one", title: str = "shot.png", place: Place | None = None) -> Picture:
        return Picture(data, "image/png", 640, 480, "region" if place else "file", title, place)

    return make


@pytest.fixture
def place() -> Place:
    return Place("LEFT", Rect(-2560, 12, 640, 480), 1.25)
