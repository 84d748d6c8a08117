"""What tests of whole sessions on the real model code share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pictures

from engine.protocol import Image
from engine.session import Session, open_session


@pytest.fixture
def opened(folder: Path) -> Iterator[Callable[[], Session]]:
    """Opens sessions on the model in `folder`, a fixture of the module, and closes them."""
    sessions: list[Session] = []

    def make() -> Session:
        sessions.append(open_session(folder, "cpu", "float32", lambda done, total: None, lambda: None))
        torch.set_num_threads(1)
        return sessions[-1]

    yield make
    for session in sessions:
        session.close()


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[str], Image]:
    """Makes small pictures, each with pixels of its own as long as their names differ in length."""

    def make(name: str) -> Image:
        pixels = np.random.default_rng(len(name)).integers(0, 255, (256, 256, 3), dtype=np.uint8)
        Pictures.fromarray(pixels).save(tmp_path / f"{name}.png")
        return Image(name, str(tmp_path / f"{name}.png"))

    return make
