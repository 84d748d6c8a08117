"""Which back end is taken on which machine, and what is said where there is none."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from typing import Any

import pytest

from engine.backends import choice
from engine.backends.choice import choose_backend
from engine.backends.factory import load_backend
from engine.doctor import lines, report
from engine.spec import ModelError
from tests.checkpoints import make_tiny


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.delenv("FINGERPOST_BACKEND", raising=False)

    def be(system: str, processor: str, *installed: str) -> None:
        monkeypatch.setattr(sys, "platform", system)
        monkeypatch.setattr(platform, "machine", lambda: processor)
        monkeypatch.setattr(choice, "find_spec", lambda name: object() if name in installed else None)

    return be


@pytest.mark.parametrize(
    ("system", "processor", "installed", "name", "reason"),
    [
        ("darwin", "arm64", ("mlx", "mlx_lm"), "mlx", "MLX is used: this is a Mac with an Apple chip."),
        ("darwin", "arm64", ("mlx", "mlx_lm", "torch"), "mlx", "MLX is used: this is a Mac with an Apple chip."),
        ("darwin", "arm64", ("mlx", "torch"), "torch", "PyTorch is used: MLX is not installed."),
        (
            "linux",
            "x86_64",
            ("mlx", "mlx_lm", "torch"),
            "torch",
            "PyTorch is used: MLX is for Macs with an Apple chip.",
        ),
        ("win32", "AMD64", ("torch",), "torch", "PyTorch is used: MLX is for Macs with an Apple chip."),
    ],
)
def test_apple_chips_have_mlx_and_all_others_pytorch(
    machine: Callable[..., None], system: str, processor: str, installed: tuple[str, ...], name: str, reason: str
) -> None:
    machine(system, processor, *installed)
    chosen = choose_backend()
    assert (chosen.name, chosen.reason) == (name, reason)
    assert choose_backend("torch" if "torch" in installed else "mlx").name in installed


@pytest.mark.parametrize(
    ("system", "processor", "wanted", "sentence"),
    [
        ("darwin", "x86_64", "auto", "Models do not run on this Mac: they need one with an Apple chip."),
        ("darwin", "arm64", "auto", "MLX is not installed. Run python3 packaging/dev.py run, which fetches it."),
        ("linux", "x86_64", "auto", "PyTorch is not installed. Run python3 packaging/dev.py run, which fetches it."),
        ("linux", "x86_64", "mlx", "MLX is not installed. It is meant for Macs with an Apple chip"),
        ("darwin", "arm64", "torch", "PyTorch is not installed. It is meant for other machines: choose MLX"),
        ("win32", "AMD64", "mlx", "MLX does not run on Windows."),
        ("linux", "x86_64", "abacus", "There is no back end abacus. Choose auto, torch or mlx."),
    ],
)
def test_without_a_back_end_there_is_a_sentence(
    machine: Callable[..., None], system: str, processor: str, wanted: str, sentence: str
) -> None:
    machine(system, processor)
    with pytest.raises(ModelError) as refused:
        choose_backend(wanted)
    assert str(refused.value).startswith(sentence)


def test_the_variable_chooses_where_nothing_else_does(
    machine: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine("linux", "x86_64", "torch", "mlx", "mlx_lm")
    monkeypatch.setenv("FINGERPOST_BACKEND", "mlx")
    assert choose_backend() == choose_backend("mlx")
    assert choose_backend("torch").name == "torch"


def test_the_doctor_says_which_and_why(machine: Callable[..., None]) -> None:
    assert "  PyTorch is used: MLX is for Macs with an Apple chip." in list(lines(report(None)))
    machine("darwin", "x86_64")
    assert "  Models do not run on this Mac: they need one with an Apple chip. Open Fingerpost on such a Mac." in list(
        lines(report(None))
    )


def test_the_named_back_end_loads_the_model(tmp_path: Any) -> None:
    pytest.importorskip("mlx_lm")
    folder = make_tiny(tmp_path / "model", "0.8B")
    for name in ("torch", "mlx"):
        backend = load_backend(folder, "cpu", "float32", lambda done, total: None, lambda: None, name)
        assert backend.info.backend == choice.NAMES[name]
        backend.close()
