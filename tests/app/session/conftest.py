"""A session with a model process that does what the test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

import PIL.Image
import pytest
from pytestqt.qtbot import QtBot

from app.domain.conversation import Attachment, Picture
from app.store.store import Store
from tests.app.session.fakes import Clock, FakeClient, Watched


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store")
    yield store
    store.close()


@pytest.fixture
def chat(qtbot: QtBot, store: Store) -> Iterator[Watched]:
    watched = Watched(FakeClient(), store, Clock())
    watched.session.use_model("/models/Qwen3.5-4B")
    watched.client.ready()
    watched.said.clear()
    yield watched
    watched.session.close()


@pytest.fixture
def make_picture() -> Callable[[Store, str], Attachment]:
    """Keep a picture of one colour in a store."""

    def make(store: Store, colour: str) -> Attachment:
        data = BytesIO()
        PIL.Image.new("RGB", (64, 48), colour).save(data, "PNG")
        return store.keep(Picture(data.getvalue(), "image/png", 64, 48, "file", f"{colour}.png"))

    return make


@pytest.fixture
def keep(store: Store, make_picture: Callable[[Store, str], Attachment]) -> Callable[[str], Attachment]:
    """Keep a picture of one colour in the store of `chat`."""
    return partial(make_picture, store)
