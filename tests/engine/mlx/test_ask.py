"""A question with a picture through MLX: on the command line, and to the child process."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from engine.protocol import Finished, Generate, Image, LoadModel, Message, Ready, Sampling, Text, decode_event
from tests.engine.test_cli_parity import folder, picture, test_token_ids_are_those_of_transformers, theirs
from tests.worker.child import ROOT, Child

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


def test_no_pytorch_is_needed(folder: Path, picture: Path, tmp_path: Path) -> None:
    """As on a Mac, where it is not installed: all packages are there but that one."""
    for place in Path(sysconfig.get_path("purelib")).iterdir():
        if place.suffix != ".pth" and not place.name.startswith(("torch", "functorch")):
            (tmp_path / place.name).symlink_to(place)
    run = f"import sys; sys.path[:0] = {[str(ROOT), str(tmp_path)]!r}; from engine.cli import main; sys.exit(main())"
    arguments = ["--model", str(folder), "--image", str(picture), "--greedy", "--max-tokens", "4", "--json", "What?"]
    command = [sys.executable, "-I", "-S", "-X", "utf8", "-c", run]
    done = subprocess.run([*command, "ask", *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert isinstance(decode_event(done.stdout.splitlines()[-1]), Finished)
    done = subprocess.run([*command, "bench", "--model", str(folder)], capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("Only PyTorch is measured, and it is not installed here.")
