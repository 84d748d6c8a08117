"""The window with MLX behind it: a part of another window is grabbed, asked about and answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.e2e.program import Program
from tests.e2e.test_ask_a_region import QUESTION, grab_region, kept

pytestmark = [pytest.mark.e2e, pytest.mark.x11]


def test_a_region_is_answered_through_mlx(
    start: Callable[..., Program], tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlx_lm")
    monkeypatch.setenv("FINGERPOST_BACKEND", "mlx")
    program = start("--model", str(tiny_model))
    program.wait_for("engine: idle", timeout=120)
    grab_region(program)
    program.type(QUESTION)
    program.key("Return")
    program.wait_for("answer: streaming", timeout=120)
    # The reader is there as well: it reads the picture's text ahead.
    (child,) = [each for each in psutil.Process(program.pid).children() if each.cmdline()[-1] == "model"]
    assert any("libmlx" in mapped.path for mapped in child.memory_maps())
    program.key("Escape")
    program.wait_for("answer: stopped")
    assert program.close() == 0
    (conversation,) = kept(tmp_path / "home")
    (turn,) = conversation.turns
    assert turn.answer.image_tokens > 0
    assert turn.answer.text
