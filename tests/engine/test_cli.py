"""`fingerpost ask` as a person and as a script meet it."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from engine.cli import main
from engine.cli_output import TextOutput
from engine.protocol import (
    Failed,
    Finished,
    Grounded,
    ImageProgress,
    LoadProgress,
    PrefillProgress,
    Ready,
    TextDelta,
    decode_event,
)
from tests.scripted import answer, count, error, loop, make_scripted, say, stall

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scripted(
        tmp_path_factory.mktemp("model"),
        [
            answer(say("Größe 5 € 🙂"), thinking=[say("Hm, 5.")]),
            answer(count(seconds=0.001), when="count"),
            answer(
                say(
                    'Click **Save** {"bbox_2d": [100, 200, 300, 400], "label": "Save"} or '
                    '**Cancel** {"point_2d": [10, 900], "label": "Cancel", "image": 1}.'
                ),
                when="point",
            ),
            answer(error("fell out"), when="fail"),
            answer(loop("around it goes, "), again=[say("nswered.")], when="loop"),
        ],
    )


@pytest.fixture
def ask(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.setenv("FINGERPOST_MODEL", str(folder))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["ask", *arguments])
        return code, *capsys.readouterr()

    return run


def test_the_answer_goes_to_stdout_and_nothing_else(ask: Callable[..., tuple[int, str, str]]) -> None:
    assert ask("Wie groß?") == (0, "Größe 5 € 🙂\n", "")


def test_thoughts_go_to_stderr(ask: Callable[..., tuple[int, str, str]]) -> None:
    assert ask("--think", "Wie groß?") == (0, "Größe 5 € 🙂\n", "Hm, 5.\n")
    assert ask("--no-think", "Wie groß?") == (0, "Größe 5 € 🙂\n", "")


def test_json_is_one_event_a_line(ask: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    pictures = [str(tmp_path / "a.png"), str(tmp_path / "b.png")]
    for name, colour in zip(pictures, ("red", "blue"), strict=True):
        Image.new("RGB", (1920, 1080), colour).save(name)
    code, out, errors = ask("--json", "--image", pictures[0], "--image", pictures[1], "--detail", "fast", "?")
    events = [decode_event(line.encode()) for line in out.splitlines()]
    last = events[-1]
    assert isinstance(last, Finished)
    assert (code, errors) == (0, "")
    assert any(isinstance(event, Ready) for event in events)
    assert [event.tokens for event in events if isinstance(event, ImageProgress)] == [480, 480]
    assert last.usage.image == 960
    assert len(last.tokens) == last.usage.generated
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "Größe 5 € 🙂"


def test_what_is_pointed_at_stands_below_the_answer(ask: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    one, two = str(tmp_path / "one.png"), str(tmp_path / "two.png")
    for name, colour in ((one, "red"), (two, "blue")):
        Image.new("RGB", (1600, 1000), colour).save(name)
    answered = "Click **Save** ① or **Cancel** ②.\n\n"
    below = ("① Save  20%, 30%  (160, 200, 480, 400)", "② Cancel  1%, 90%  (16, 900, 16, 900)")
    assert ask("--point", "--image", one, "point") == (0, answered + "".join(f"{line}\n" for line in below), "")
    _, out, _ = ask("--point", "--image", one, "--image", two, "point")
    assert out.endswith(f"{below[0]}  two.png\n{below[1]}  one.png\n")
    _, out, _ = ask("--json", "--point", "--image", one, "point")
    marks = [event for event in map(decode_event, out.encode().splitlines()) if isinstance(event, Grounded)]
    assert [(mark.number, mark.label) for mark in marks] == [(1, "Save"), (2, "Cancel")]


def test_the_question_can_be_piped_in(
    ask: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("please count"))
    assert ask("--max-tokens", "6", "-") == (0, "1 2 3 \n", "")


def test_a_terminal_shows_how_far_it_is_and_thoughts_dimmed() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out, errors = io.StringIO(), Terminal()
    output = TextOutput(out, errors)
    output.show(LoadProgress(1, 4))
    output.show(PrefillProgress("r", 0, 512, 2040))
    output.show(TextDelta("r", "reasoning", "Hm"))
    output.show(TextDelta("r", "answer", "Five."))
    assert out.getvalue() == "Five."
    assert errors.getvalue() == (
        "\r\x1b[KLoading the model: 25 %\r\x1b[KReading 512 of 2,040 tokens\r\x1b[K\x1b[2mHm\x1b[22m\n\n"
    )


def test_a_notice_is_told_apart_from_the_answer(ask: Callable[..., tuple[int, str, str]]) -> None:
    code, out, errors = ask("loop", "--seed", "1")
    assert code == 0
    assert out.endswith("\nanswered.\n")
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "/nowhere/at-all", "?"], "There is no folder /nowhere/at-all"),
        (["--image", "/nowhere/shot.png", "?"], "shot.png"),
        (["--max-tokens", "0", "?"], "1 or more"),
        (["--seed", "x", "?"], "--seed"),
        (["--dtype", "int3", "?"], "--dtype"),
        (["--detail", "fast"], "PROMPT"),
        (["  "], "The question is empty"),
    ],
)
def test_what_is_wrong_is_one_line_and_code_2(
    ask: Callable[..., tuple[int, str, str]], arguments: list[str], said: str
) -> None:
    code, out, errors = ask(*arguments)
    assert (code, out) == (2, "")
    assert said in errors
    assert errors.count("\n") == 1


def test_no_model_at_all_says_how_to_name_one(
    ask: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FINGERPOST_MODEL")
    code, _, errors = ask("?")
    assert code == 2
    assert "--model MODEL" in errors


def test_a_failure_is_the_last_line_of_json(
    ask: Callable[..., tuple[int, str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    for arguments in (["fail"], ["--model", "/nowhere/at-all", "?"]):
        code, out, errors = ask("--json", *arguments)
        last = decode_event(out.splitlines()[-1].encode())
        assert isinstance(last, Failed)
        assert (code, last.message) == (2, errors.strip())
    caplog.clear()


@pytest.mark.skipif(sys.platform == "win32", reason="a child can not be sent Ctrl+C alone there")
@pytest.mark.parametrize("moment", ["loading", "writing"])
def test_ctrl_c_stops_the_answer(folder: Path, tmp_path: Path, moment: str) -> None:
    if moment == "loading":
        folder = make_scripted(tmp_path / "slow", loading=[stall(600, heeds_cancel=True)])
    command = [sys.executable, "-m", "engine.cli", "ask", "--json", "--model", str(folder), "count"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        wanted = b"load_progress" if moment == "loading" else b"text_delta"
        assert any(wanted in line for line in child.stdout)
        child.send_signal(signal.SIGINT)
        last = decode_event(child.stdout.readlines()[-1])
        assert isinstance(last, Finished)
        assert (last.reason, child.wait()) == ("cancelled", 130)


def test_a_reader_that_has_seen_enough_is_no_error(folder: Path) -> None:
    command = [sys.executable, "-m", "engine.cli", "ask", "--model", str(folder), "count"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.read(4) == b"1 2 "
        child.stdout.close()
        assert (child.stderr.read(), child.wait()) == (b"", 0)


def test_nothing_heavy_is_imported_before_a_question_is_asked() -> None:
    code = "import sys, engine.cli; print([name for name in ('numpy', 'torch', 'transformers') if name in sys.modules])"
    child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert child.stdout == "[]\n"
