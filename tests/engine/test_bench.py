"""`fingerpost bench`: every figure is there and can be believed, and the table says the same as the JSON."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open

from engine.backends.torch.backend import load
from engine.bench.limits import PRECISIONS, matmul_numbers, weight_bytes_per_token
from engine.bench.measure import QUICK, WHOLE
from engine.bench.run import DTYPES
from engine.cli import main
from engine.spec import read_spec
from tests.checkpoints import REAL, TINY, make_checkpoint, make_tiny
from tests.scripted import make_scripted, stall

ROOT = Path(__file__).resolve().parents[2]
MOMENTS = {"cold", "prepared", "turn_two"}


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside other tests a second thread only waits for the first."""
    monkeypatch.setattr("engine.backends.torch.backend.physical_cores", lambda: 1)


def bench(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["bench", "--quick", *arguments])
    return code, *capsys.readouterr()


def numbers(document: Any) -> list[float]:
    if isinstance(document, dict):
        return [number for value in document.values() for number in numbers(value)]
    return [document] if isinstance(document, int | float) and not isinstance(document, bool) else []


@pytest.mark.usefixtures("one_thread")
def test_a_real_shape_gets_every_figure(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The layers of the 0.8B as they are, only fewer of them."""
    shape = replace(REAL["0.8B"], layers=6, vision_depth=2)
    folder = make_checkpoint(tmp_path / "model", shape, dtype="bfloat16", mtp=False)
    code, out, errors = bench(capsys, "--json", "--model", str(folder))
    assert code == 0, errors
    report = json.loads(out)
    assert report["model"]["name"] == "model"
    assert report["precision"] == "bf16"
    assert report["against"] is None
    assert set(report["prefill_tokens_per_second"]) == {"256"}
    assert set(report["decode_tokens_per_second"]) == {"128"}
    assert set(report["first_token_seconds"]) == {"fast"}
    assert set(report["first_token_seconds"]["fast"]) == MOMENTS
    assert set(report["machine"]) == {"device", "processor", "cores", "memory_bytes", "torch"}
    limits = report["limits"]
    assert {"bf16"} <= set(limits["matmul_flops_per_second"]) <= {"bf16", "int8"}
    assert {"read_bytes_per_second", "prefill_tokens_per_second", "decode_tokens_per_second"} <= set(limits)
    found = numbers(report)
    assert len(found) >= 18
    assert all(math.isfinite(number) and number > 0 for number in found)
    assert "Reading 256 tokens\n" in errors


@pytest.mark.usefixtures("one_thread")
def test_transformers_is_measured_in_the_same_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model", "0.8B", dtype="bfloat16")
    code, out, errors = bench(capsys, "--json", "--model", str(folder), "--against", "transformers")
    assert code == 0, errors
    report = json.loads(out)
    against = report["against"]
    for name in ("prefill_tokens_per_second", "decode_tokens_per_second", "first_token_seconds"):
        assert set(against[name]) == set(report[name])
    assert set(against["first_token_seconds"]["fast"]) == MOMENTS - {"prepared"}
    assert all(number > 0 for number in numbers(against))


@pytest.mark.usefixtures("one_thread")
def test_the_table_has_a_line_for_each_figure(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = bench(capsys, "--model", str(make_tiny(tmp_path / "model", "9B", dtype="bfloat16")))
    assert code == 0
    table = out.partition("\n\n")[2].splitlines()
    assert [line[:48].strip() for line in table] == [
        "",
        "Load, s",
        "Peak memory, GB",
        "Read 256 tokens, tokens per s",
        "Write after 128 tokens, tokens per s",
        "Picture (fast), first question, s",
        "Picture (fast), first question, prepared, s",
        "Picture (fast), second question, s",
    ]
    assert [("%" in line) for line in table] == [False, False, False, True, True, False, False, False]


@pytest.mark.parametrize("tier", ["4B", "9B"])
def test_the_limits_count_every_matrix_of_the_layers(tmp_path: Path, tier: str) -> None:
    folder = make_tiny(tmp_path, tier, mtp=False)
    with safe_open(folder / "model.safetensors", "pt") as file:
        shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
    matrices = [shape for name, shape in shapes.items() if ".layers." in name and len(shape) == 2]
    assert matmul_numbers(read_spec(folder).text) == sum(math.prod(shape) for shape in matrices)
    assert TINY[tier].layers * 3 < len(matrices)


def test_quantised_weights_are_counted_as_the_back_end_keeps_them(tmp_path: Path) -> None:
    """What it keeps beside the matrices, most of it the vision tower, is the same at every precision."""
    folder = make_checkpoint(tmp_path, replace(REAL["0.8B"], layers=4, vision_depth=1), dtype="bfloat16", mtp=False)
    text, beside = read_spec(folder).text, []
    for precision in PRECISIONS:
        with closing(load(folder, "cpu", DTYPES[precision], lambda done, total: None, lambda: None)) as backend:
            beside.append(backend.info.weight_bytes - weight_bytes_per_token(text, precision))
    assert beside == pytest.approx([beside[0]] * 3, rel=0.02)


def test_the_whole_run_measures_what_the_documents_promise() -> None:
    assert (WHOLE.prefill, WHOLE.decode) == ((256, 1024, 4096), (128, 8192))
    assert set(QUICK.prefill) < set(WHOLE.prefill)
    assert set(PRECISIONS) == {"bf16", "int8", "int4"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "/nowhere/at-all"], "There is no folder /nowhere/at-all"),
        (["--model", "/nowhere/at-all", "--precision", "int3"], "See fingerpost bench --help."),
        (["--model", "/nowhere/at-all", "--device", "abacus"], "See fingerpost bench --help."),
        ([], "--model MODEL"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_and_code_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.delenv("FINGERPOST_MODEL", raising=False)
    code, out, errors = bench(capsys, *arguments)
    assert (code, out) == (2, "")
    assert said in errors.splitlines()[-1]


def test_a_card_that_is_not_there_is_said_in_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    folder = make_tiny(tmp_path / "model", "0.8B", dtype="bfloat16")
    code, out, errors = bench(capsys, "--model", str(folder), "--device", "cuda")
    assert (code, out) == (2, "")
    assert errors.splitlines()[-1] == "This machine has no device cuda that can be used. Choose cpu."


@pytest.mark.skipif(sys.platform == "win32", reason="a child can not be sent Ctrl+C alone there")
def test_ctrl_c_ends_it_without_a_trace(tmp_path: Path) -> None:
    folder = make_scripted(tmp_path / "slow", loading=[stall(600, heeds_cancel=True)])
    command = [sys.executable, "-m", "engine.cli", "bench", "--json", "--model", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        first = child.stderr.readline()
        child.send_signal(signal.SIGINT)
        out, errors = child.communicate()
        assert (first, out, errors, child.returncode) == ("Loading slow in bf16\n", "", "", 130)
