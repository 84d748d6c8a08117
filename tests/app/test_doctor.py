"""The doctor says what it found, whatever the desktop does: it is asked when nothing else works."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from app import doctor
from app.doctor_window import ScreenReport, WindowReport, read_report
from app.paths import find_paths
from app.settings import Settings, save
from engine.doctor import EngineReport

SEEN = WindowReport(
    qt="6.11.3",
    platform="xcb",
    screens=(ScreenReport("DP-1", 0, 0, 3840, 2160, 2.0), ScreenReport("HDMI-1", -1920, 0, 1920, 1080, 1.0)),
    capture="Portal",
    permission="needs_permission",
    sentence="Allow it in Settings, then try again.",
)


def child(code: str) -> tuple[str, ...]:
    """A command that stands in for the process that asks the desktop."""
    return sys.executable, "-c", code


@pytest.fixture(autouse=True)
def _display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


def test_without_a_display_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY")
    report = doctor.look_at_window(child("raise SystemExit('not to be run')"))
    assert report == WindowReport(problem="No desktop was found: neither DISPLAY nor WAYLAND_DISPLAY is set.")


def test_what_the_desktop_tells_is_read_back_whole() -> None:
    report = doctor.look_at_window(child(f"print({json.dumps(dataclasses.asdict(SEEN))!r})"))
    assert report == SEEN


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (
            "import os, sys; print('qt.qpa.xcb: no connection', 'It failed', sep='\\n', file=sys.stderr); os.abort()",
            "qt.qpa.xcb: no connection",
        ),
        ("import a_library_that_is_missing", "ModuleNotFoundError: No module named 'a_library_that_is_missing'"),
        ("pass", "Qt did not say why."),
    ],
)
def test_a_child_that_fails_is_a_sentence_with_its_reason(code: str, reason: str) -> None:
    assert doctor.look_at_window(child(code)) == WindowReport(problem=f"No window can be opened here: {reason}")


def test_a_desktop_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_PATIENCE_S", 0.2)
    report = doctor.look_at_window(child("import time; time.sleep(60)"))
    assert report.problem == "The desktop did not answer within 0.2 seconds."


def test_the_real_child_finds_the_screens() -> None:
    report = doctor.look_at_window()
    assert report.problem == ""
    assert report.platform == "offscreen"
    assert [screen.scale for screen in report.screens] == [1.0]
    assert report.permission in ("ok", "needs_permission", "unavailable")


def test_lines_name_screens_permission_and_the_models_used_before(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    paths = find_paths()
    save(paths.data / "settings.json", Settings(recent_models=("/m/Qwen3.5-2B", "/m/Qwen3.5-4B")))
    monkeypatch.setattr(doctor, "look_at_window", lambda: SEEN)
    assert doctor.main(["--model", str(tmp_path / "mine")]) == 0
    said = capsys.readouterr().out
    for line in (
        "  DP-1: 3840 x 2160 at (0, 0), scale 2",
        "  HDMI-1: 1920 x 1080 at (-1920, 0), scale 1",
        "  through Portal: not allowed yet",
        "  Allow it in Settings, then try again.",
        f"  conversations, pictures and settings: {paths.data}",
        f"  {tmp_path / 'mine'} (named here)",
        "  /m/Qwen3.5-2B (used before)",
        "  /m/Qwen3.5-4B (used before)",
    ):
        assert line in said.splitlines()


def test_json_has_every_field(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    save(find_paths().data / "settings.json", Settings(recent_models=("/m/Qwen3.5-4B",)))
    monkeypatch.setattr(doctor, "look_at_window", lambda: SEEN)
    assert doctor.main(["--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"version", "system", "python", "paths", "window", "engine"}
    assert set(found["paths"]) == {"data", "cache", "logs"}
    assert read_report(json.dumps(found["window"]).encode()) == SEEN
    assert set(found["engine"]) == {field.name for field in dataclasses.fields(EngineReport)}
    (model,) = found["engine"]["models"]
    assert (model["folder"], model["origin"]) == ("/m/Qwen3.5-4B", "recent")
    assert model["problem"]


def test_a_home_that_can_not_be_used_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path / "file"))
    assert doctor.main([]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "set FINGERPOST_HOME to another folder" in said.err


def test_a_machine_without_a_desktop_still_gets_its_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY")
    done = subprocess.run(
        [sys.executable, "-m", "app", "doctor"], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "No desktop was found" in done.stdout
    for heading in ("System", "Screens", "Back ends", "Devices", "Models"):
        assert heading in done.stdout.splitlines()
