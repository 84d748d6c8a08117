"""`fingerpost models` as a person and as a script meet it: hubs on loopback, tiny models."""

from __future__ import annotations

import io
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.cli import main
from engine.cli_models_output import TextShow
from engine.models.download import unfinished
from engine.models.places import default_model, set_default_model
from engine.protocol import Done, DownloadProgress
from tests.checkpoints import make_tiny
from tests.downloads import REPO, SHARD, files_of, wanted_of, write_repo
from tests.hub_server import HubServer

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a blank and letters beyond ASCII in its name, as people have them."""
    place = tmp_path / "Zuhause für Modelle"
    monkeypatch.setenv("FINGERPOST_HOME", str(place))
    monkeypatch.delenv("FINGERPOST_MODEL", raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "no cache"))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "no cache"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return place


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["models", *arguments])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return make_tiny(tmp_path / "Qwen3.5-Tiny", dtype="bfloat16")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", server.url)
        yield server


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


# --- What there is --------------------------------------------------------------------------------------------------


def test_nothing_here_says_what_to_do(run: Run) -> None:
    code, out, errors = run("list")
    assert (code, errors) == (0, "")
    assert "fingerpost models fit" in out


def test_fit_knows_all_tiers_and_recommends_one(run: Run) -> None:
    code, out, _ = run("fit")
    assert code == 0
    for tier in ("0.8B", "2B", "4B", "9B"):
        assert f"Qwen3.5-{tier}" in out
        assert f"Qwen3.5-{tier}-Base" in out
    assert "GB of memory" in out
    found = lines(run("fit", "--json", "--context", "4096")[1])[0]
    assert sum(entry["recommended"] for entry in found["offered"]) <= 1
    assert {fit["dtype"] for fit in found["offered"][0]["fits"]} == {"bfloat16", "int8", "int4"}


@pytest.mark.parametrize("free", [10**9, 10**11])
def test_fit_says_what_the_disk_has_no_room_for(run: Run, monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr("engine.models.machine.shutil.disk_usage", lambda path: usage)
    out = run("fit", "qwen3.5-9b")[1]
    assert ("It takes 19.3 GB on the disk, and 1.0 GB are free." in out) == (free < 10**10)
    assert out.count("on the disk, and") <= 1


@pytest.mark.parametrize(
    "verb", [("default", "nothing"), ("fit", "nothing"), ("verify", "nothing"), ("default",), ("token",)]
)
def test_what_can_not_be_is_an_event_for_a_script(
    run: Run, monkeypatch: pytest.MonkeyPatch, verb: tuple[str, ...]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, out, errors = run(*verb, "--json")
    (event,) = lines(out)
    assert (code, event["kind"], event["code"]) == (2, "failed", "bad_request")
    assert errors == event["message"] + "\n"


@pytest.mark.parametrize("context", ["0", "-5", "many"])
def test_a_context_that_is_none_is_refused(run: Run, context: str) -> None:
    code, out, errors = run("fit", f"--context={context}")
    assert (code, out) == (2, "")
    assert "whole number of 1 or more" in errors


def test_fit_of_one_model_and_of_none(run: Run) -> None:
    code, out, _ = run("fit", "qwen/qwen3.5-2b")
    assert code == 0
    assert "Qwen3.5-2B" in out
    assert "9B" not in out.split("\n", 1)[1]
    code, out, errors = run("fit", "gpt-2")
    assert (code, out) == (2, "")
    assert "There is no model gpt-2" in errors


# --- Downloads ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["hf", "modelscope"])
def test_pull_from_either_hub(run: Run, home: Path, server: HubServer, tmp_path: Path, source: str) -> None:
    published = write_repo(tmp_path / "published")
    server.add_repo(REPO, published)
    code, out, errors = run("pull", REPO, "--from", source)
    folder = home / "data" / "models" / "Model-4B"
    assert (code, out) == (0, f"The model is in {folder}\n"), errors
    assert files_of(folder) == wanted_of(published)
    # No terminal: plain lines, seldom.
    assert 0 < len(errors.splitlines()) < 30
    assert "from 127.0.0.1, localhost: 0.5 MB of 0.5 MB" in errors.splitlines()[-1]


def test_pull_by_json_tells_events_and_its_end(run: Run, server: HubServer, tmp_path: Path) -> None:
    server.add_repo(REPO, write_repo(tmp_path / "published"))
    code, out, _ = run("pull", REPO, "--from", "hf", "--json")
    events = lines(out)
    assert code == 0
    assert {event["kind"] for event in events[:-1]} == {"download_progress"}
    assert events[-1]["kind"] == "pulled"
    assert Path(events[-1]["folder"]).is_dir()


def test_pull_of_what_is_not_there(run: Run, server: HubServer) -> None:
    code, out, errors = run("pull", "nobody/Nothing", "--from", "hf")
    assert (code, out) == (2, "")
    assert "nobody/Nothing" in errors
    assert "Traceback" not in errors


def test_ctrl_c_pauses_and_pull_goes_on(run: Run, home: Path, server: HubServer, tmp_path: Path) -> None:
    published = write_repo(tmp_path / "published", sizes=(1_000_000, 200_000))
    server.add_repo(REPO, published)
    server.fail(SHARD, times=1, rate=200_000)
    command = [sys.executable, "-m", "app", "models", "pull", REPO, "--from", "hf"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        until = time.monotonic() + 60
        while time.monotonic() < until and not server.sent(SHARD):
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        out, errors = child.communicate(timeout=60)
    assert (child.returncode, out) == (130, "")
    assert errors.splitlines()[-1].endswith(f"Go on with: fingerpost models pull {REPO}")
    begun = unfinished(home / "data" / "models")
    assert [(entry.title, entry.wanted) for entry in begun] == [("Model-4B", False)]
    assert f"Go on with: fingerpost models pull {REPO}" in run("list")[1]
    assert run("pull", REPO)[0] == 0
    assert files_of(home / "data" / "models" / "Model-4B") == wanted_of(published)


def test_discard_deletes_what_was_fetched(run: Run, home: Path, server: HubServer, tmp_path: Path) -> None:
    server.add_repo(REPO, write_repo(tmp_path / "published"))
    server.fail(f"{SHARD}@hub", times=None, status=404)
    assert run("pull", REPO, "--from", "hf")[0] == 2
    assert unfinished(home / "data" / "models")
    assert run("discard", REPO)[:2] == (0, "What was fetched so far is deleted.\n")
    assert not unfinished(home / "data" / "models")
    assert run("discard", REPO)[1].startswith(f"Nothing was fetched of {REPO}")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [30, 60, 80, 200])
def test_a_bar_keeps_to_one_line(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """More lines than one are not deleted in time, and pile up."""
    monkeypatch.setenv("COLUMNS", str(columns))
    errors = Terminal()
    with TextShow(Terminal(), errors) as show:
        show.progress(
            DownloadProgress(
                "", "m", "Qwen3.5-4B", "fetching", None, 4 * 10**9, 9 * 10**9, 1e7, 3661.0, ("a-long-name.example",), ""
            )
        )
        assert show._bars is not None
        show._bars.refresh()
        shown = errors.getvalue()
    last = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in re.split(r"[\r\n]", shown)][-1]
    assert shown.count("\n") == 0
    assert len(last) <= columns
    assert "4.0 GB of 9.0 GB" in last
    assert ("a-long-name.example" in last) == (columns == 200)


def test_a_bar_on_a_terminal() -> None:
    out, errors = Terminal(), Terminal()
    with TextShow(out, errors) as show:
        show.progress(
            DownloadProgress("", "m", "Model", "fetching", None, 5, 10, 1e6, 61.0, ("hub.example",), "A note.")
        )
        show.end(Done("", "", "There."), "There.")
    assert out.getvalue() == "There.\n"
    assert "A note." in errors.getvalue()
    assert "hub.example" in errors.getvalue()


# --- Models that are here -------------------------------------------------------------------------------------------


def test_import_list_default_and_ask_by_name(
    run: Run, tiny: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, errors = run("import", str(tiny))
    assert code == 0, errors
    assert "Qwen3.5-Tiny can be used now" in out
    assert main(["ask", "Hello"]) == 2
    assert "fingerpost models fit" in capsys.readouterr().err
    assert run("default", "qwen3.5-tiny")[:2] == (0, "Qwen3.5-Tiny is used from now on.\n")
    assert default_model() == tiny
    assert run("default")[1].strip() == str(tiny)
    assert "Qwen3.5-Tiny (default)" in run("list")[1]
    assert main(["ask", "--greedy", "--max-tokens", "3", "Hello"]) == 0
    assert main(["ask", "--greedy", "--max-tokens", "3", "--model", "Qwen3.5-Tiny", "Hello"]) == 0
    first, second = capsys.readouterr().out.splitlines()[:1] * 2
    assert first == second


def test_verify_names_the_wrong_file_and_pull_brings_it_again(
    run: Run, home: Path, server: HubServer, tiny: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.add_repo("maker/Tiny-4B", tiny)
    assert run("pull", "maker/Tiny-4B", "--from", "hf")[0] == 0
    code, out, errors = run("verify", "Tiny-4B")
    assert code == 0, errors
    weights = home / "data" / "models" / "Tiny-4B" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    code, out, errors = run("verify", "Tiny-4B")
    assert (code, out) == (2, "")
    assert "model.safetensors" in errors
    command = errors.split("With: fingerpost models ")[1].split()
    server.requests.clear()
    assert run(*command)[0] == 0
    assert run("verify", "Tiny-4B")[0] == 0
    assert server.sent("*.safetensors") == weights.stat().st_size
    assert not server.sent("tokenizer*")
    assert "model.safetensors of maker/Tiny-4B is fetched again" in caplog.text
    caplog.clear()


def test_a_default_model_that_is_gone(run: Run, home: Path, tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On a disk that is not connected, for example: what it was is said, and the way out."""
    set_default_model(tiny.parent / "gone" / "Qwen3.5-4B")
    code, out, errors = run("default")
    assert (code, out) == (2, "")
    assert str(tiny.parent / "gone" / "Qwen3.5-4B") in errors
    assert "Connect its disk" in errors
    assert "Qwen3.5-4B (default)" in run("list")[1]
    assert main(["ask", "Hello"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    code, out, _ = run("remove", "Qwen3.5-4B")
    assert code == 0
    assert "was not there" in out
    assert default_model() is None


@pytest.mark.parametrize("form", ["int8", "int4"])
def test_convert_and_ask(run: Run, home: Path, tiny: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    code, out, errors = run("convert", str(tiny), "--to", form)
    folder = home / "data" / "models" / f"Qwen3.5-Tiny-{form}"
    assert (code, out) == (0, f"The converted model is in {folder}\n"), errors
    assert main(["ask", "--greedy", "--max-tokens", "4", "--model", folder.name, "--json", "Hello"]) == 0
    ready = next(event for event in lines(capsys.readouterr().out) if event["kind"] == "ready")
    assert ready["model"]["dtype"] == form
    assert run("convert", folder.name, "--to", form)[0] == 2


def test_convert_for_apple_chips_needs_mlx(run: Run, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.models.convert.find_spec", lambda name: None)
    code, out, errors = run("convert", str(tiny), "--to", "mlx-4bit")
    assert (code, out) == (2, "")
    assert "mlx-lm" in errors


def test_convert_into_another_folder_and_remove_it(run: Run, tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip("mlx.core")
    code, _, errors = run("convert", str(tiny), "--to", "mlx-8bit", "--into", str(tmp_path / "other disk"))
    made = tmp_path / "other disk" / "Qwen3.5-Tiny-MLX-8bit"
    assert code == 0, errors
    assert "8 bits, Apple chips" in run("list")[1]
    code, out, _ = run("remove", str(made), "--json")
    assert (code, lines(out)[-1]["kind"]) == (0, "done")
    assert not made.exists()


def test_a_linked_model_is_only_forgotten(run: Run, tiny: Path) -> None:
    run("import", str(tiny))
    code, out, _ = run("remove", "Qwen3.5-Tiny")
    assert code == 0
    assert str(tiny) in out
    assert (tiny / "config.json").exists()
    assert run("remove", "Qwen3.5-Tiny")[0] == 2


def test_move_to_another_folder(run: Run, home: Path, server: HubServer, tmp_path: Path, tiny: Path) -> None:
    server.add_repo("maker/Tiny-4B", tiny)
    run("pull", "maker/Tiny-4B", "--from", "hf")
    code, out, errors = run("move", "Tiny-4B", str(tmp_path / "big disk"))
    assert (code, out) == (0, f"The model is now in {tmp_path / 'big disk' / 'Tiny-4B'}\n"), errors
    assert not (home / "data" / "models" / "Tiny-4B").exists()
    assert "Tiny-4B" in run("list")[1]


def test_a_token_without_a_keyring_is_not_kept_in_secret(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hf_secret\n"))
    code, out, errors = run("token")
    assert "hf_secret" not in out + errors
    assert code in (0, 2)
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert run("token")[0] == 2


@pytest.mark.parametrize("way", ["file", "loop"])
@pytest.mark.parametrize("verb", ["pull", "import", "convert"])
def test_something_else_where_models_are_kept(
    run: Run, home: Path, tiny: Path, server: HubServer, way: str, verb: str
) -> None:
    place = home / "data" / "models"
    place.parent.mkdir(parents=True)
    if way == "file":
        place.write_text("mine")
    else:
        place.symlink_to(place)
    code, out, errors = run(verb, REPO if verb == "pull" else str(tiny))
    assert (code, out) == (2, "")
    assert f"{place} is a file, or a link that leads nowhere. Remove it." in errors
    assert len(errors.splitlines()) == 1


def test_an_unknown_model_is_one_sentence(run: Run) -> None:
    for verb in ("verify", "remove", "convert", "default"):
        code, out, errors = run(verb, "Nothing")
        assert (code, out) == (2, "")
        assert len(errors.splitlines()) == 1, errors
