"""What the engine tells about this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.doctor import lines, report
from tests.checkpoints import make_tiny


def test_models_are_found_once_with_what_is_wrong_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = make_tiny(tmp_path / "good")
    hollow = make_tiny(tmp_path / "hollow")
    (hollow / "model.safetensors").unlink()
    monkeypatch.setenv("FINGERPOST_MODEL", str(good))
    found = report(hollow, [good, tmp_path / "gone"])
    assert [(model.folder.name, model.origin) for model in found.models] == [
        ("hollow", "named"),
        ("good", "variable"),
        ("gone", "recent"),
    ]
    assert [bool(model.problem) for model in found.models] == [True, False, True]
    assert found.models[1].weight_bytes == (good / "model.safetensors").stat().st_size
    assert found.models[1].context_limit > 0
    assert [device.kind for device in found.devices][-1] == "cpu"
    text = "\n".join(lines(found))
    for model in found.models:
        assert str(model.folder) in text
        assert model.problem in text


def test_nothing_found_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FINGERPOST_MODEL", raising=False)
    assert list(lines(report(None)))[-1] == "  none. Name a folder with --model DIR, or set FINGERPOST_MODEL."
