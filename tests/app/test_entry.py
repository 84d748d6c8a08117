"""``python -m app``: what is said without a window, and what each way in leaves unloaded."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.scripted import make_scripted


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **environment},
    )


def loaded_after(code: str, *names: str) -> list[str]:
    """Which of the packages `names` are loaded in a fresh process once `code` has run."""
    done = run("-c", f"import sys\n{code}\nsys.stderr.write(' '.join(set({names!r}) & set(sys.modules)))")
    assert done.returncode == 0, done.stderr
    return done.stderr.split()


def test_the_version_is_that_of_the_package() -> None:
    done = run("-m", "app", "--version")
    assert (done.returncode, done.stdout) == (0, f"Fingerpost {version('fingerpost')}\n")


def test_help_names_the_verbs() -> None:
    done = run("-m", "app", "--help")
    assert done.returncode == 0
    assert "ask " in done.stdout
    assert "doctor " in done.stdout


def test_an_option_that_is_not_known_is_refused_before_a_window_opens() -> None:
    done = run("-m", "app", "--nonsense")
    assert done.returncode == 2
    assert "--nonsense" in done.stderr


@pytest.mark.parametrize("module", ["app.main", "app.main, app.render.maths; app.render.maths.load_typesetter()"])
def test_the_window_never_loads_what_computes(module: str) -> None:
    assert loaded_after(f"import {module}", "numpy", "torch", "transformers", "safetensors", "tokenizers") == []


def test_the_doctor_asks_qt_in_another_process() -> None:
    code = "from app.__main__ import main\nassert main(['doctor']) == 0"
    assert loaded_after(code, "PySide6", "shiboken6") == []


def test_an_answer_in_the_terminal_needs_no_qt(tmp_path: Path) -> None:
    model = make_scripted(tmp_path / "model", ["Yes."])
    code = f"from app.__main__ import main\nassert main(['ask', '--model', {str(model)!r}, 'Really?']) == 0"
    assert loaded_after(code, "PySide6", "shiboken6", "app.main") == []
