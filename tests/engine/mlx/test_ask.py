"""A question with a picture through MLX: on the command line, and to the child process."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from engine.protocol import Finished, Generate, Image, LoadModel, Message, Ready, Sampling, Text
from tests.engine.test_cli_parity import folder, picture, test_token_ids_are_those_of_transformers, theirs
from tests.worker.child import Child

pytest.importorskip("mlx_lm")

__all__ = ["folder", "picture", "test_token_ids_are_those_of_transformers", "theirs"]


@pytest.fixture(autouse=True)
def _through_mlx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINGERPOST_BACKEND", "mlx")


def test_the_child_answers_through_mlx(folder: Path, picture: Path) -> None:
    digest = hashlib.sha256(picture.read_bytes()).hexdigest()
    parts = (Image(digest, str(picture)), Text("What is this?"))
    with Child() as child:
        child.send(LoadModel(str(folder), "cpu", "float32"))
        model = child.wait_for(Ready).model
        assert (model.backend, model.device, model.sees) == ("MLX", "cpu", True)
        child.send(Generate("r1", (Message("user", parts),), sampling=Sampling(greedy=True), max_tokens=8))
        _, last = child.answer("r1")
    assert isinstance(last, Finished), last
    assert len(last.usage.images) == 1
    assert last.usage.generated > 0
