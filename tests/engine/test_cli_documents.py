"""`fingerpost find`, `fingerpost read` and `fingerpost ask --document` as a person and as a script meet them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reportlab.pdfgen.canvas import Canvas

from engine.cli import main
from engine.protocol import Cited, DocumentRead, Failed, SourcesRead, TaskProgress, decode_event
from tests.scripted import make_scripted
from tests.shelf import filler

LEASE = """# Rent

The rent is 900 euros a month, due on the first.

| What | How much |
| --- | --- |
| Deposit | 2,700 |

# Animals

Pets are not allowed in the house.
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FINGERPOST_MODEL", raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def lease(tmp_path: Path) -> Path:
    path = tmp_path / "lease.md"
    path.write_text(LEASE)
    return path


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A PDF whose second page says when."""
    path = tmp_path / "Größe, 計画.pdf"
    canvas = Canvas(str(path), pagesize=(600, 800))
    for text in ("Notes on the garden shed.", "The shed is delivered in October."):
        canvas.drawString(60, 700, text)
        canvas.showPage()
    canvas.save()
    return path


def events(out: str) -> list[Any]:
    return [decode_event(line.encode()) for line in out.splitlines()]


def test_find_ranks_passages_of_several_files_without_a_model(
    run: Callable[..., tuple[int, str, str]], lease: Path, plan: Path
) -> None:
    code, out, errors = run("find", "--json", "--document", lease, "--document", plan, "When is the shed delivered?")
    lines = [json.loads(line) for line in out.splitlines()]
    assert (code, errors) == (0, "")
    assert list(lines[0]) == ["file", "page", "box", "text", "score"]
    assert (lines[0]["file"], lines[0]["page"], lines[0]["text"]) == (str(plan), 2, "The shed is delivered in October.")
    left, top, right, bottom = lines[0]["box"]
    assert left == pytest.approx(60 / 600, abs=2 / 600)
    assert top < 100 / 800 < bottom
    assert right > left
    assert [line["score"] for line in lines] == sorted((line["score"] for line in lines), reverse=True)
    # Without places there is no box.
    code, out, _ = run("find", "--json", "--top", "1", "--document", lease, plan, "How high is the deposit?")
    (line,) = map(json.loads, out.splitlines())
    assert (line["file"], line["box"]) == (str(lease), None)


def test_find_shows_a_person_where_it_stands(run: Callable[..., tuple[int, str, str]], plan: Path) -> None:
    code, out, _ = run("find", "delivered", "--document", plan)
    assert (code, out) == (0, f"{plan}, page 2\nThe shed is delivered in October.\n\n")


def test_a_file_that_can_not_be_read_is_said_and_the_others_are_searched(
    run: Callable[..., tuple[int, str, str]], lease: Path, tmp_path: Path
) -> None:
    code, out, errors = run("find", "--document", tmp_path / "gone.pdf", lease, tmp_path, "deposit")
    assert (code, errors.count("\n")) == (2, 2)
    assert "There is no file" in errors
    assert "is a folder" in errors
    assert "Deposit | 2,700" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["find", "rent"], "--document"),
        (["find", "--document", "a.pdf"], "QUESTION"),
        (["find", "--top", "0", "--document", "a.pdf", "rent"], "1 or more"),
        (["find", "--document", "a.pdf", " "], "The question is empty"),
        (["read"], "FILE"),
    ],
)
def test_what_is_wrong_is_one_line_and_code_2(
    run: Callable[..., tuple[int, str, str]], arguments: list[str], said: str
) -> None:
    code, out, errors = run(*arguments)
    assert (code, out, errors.count("\n")) == (2, "", 1)
    assert said in errors


def test_read_prints_text_markdown_or_json(run: Callable[..., tuple[int, str, str]], lease: Path, plan: Path) -> None:
    assert run("read", "--markdown", lease)[:2] == (0, LEASE + "\n")
    code, out, _ = run("read", plan)
    assert (code, out.split("\n\n")[2:4]) == (0, ["— page 2 —", "The shed is delivered in October."])
    document = json.loads(run("read", "--json", plan)[1])
    assert (document["kind"], [page["page"] for page in document["pages"]]) == ("pdf", [1, 2])
    assert len(document["pages"][1]["spans"][0]["box"]) == 4


def test_an_encrypted_document_wants_its_password(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    path = tmp_path / "secret.pdf"
    canvas = Canvas(str(path), encrypt="swordfish")
    canvas.drawString(60, 700, "The safe is behind the picture.")
    canvas.save()
    code, out, errors = run("read", path)
    assert (code, out, errors.count("\n")) == (2, "", 1)
    assert errors.endswith("Here: --password PASSWORD\n")
    assert "behind the picture" in run("read", "--password", "swordfish", path)[1]


# --- ask ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_scripted(tmp_path / "model", ["900 euros [1], and no pets [2]."])


def test_ask_lists_what_the_marks_stand_for(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, plan: Path, model: Path
) -> None:
    short = tmp_path / "lease.md"
    short.write_text("# Rent\n\nThe rent is 900 euros a month.")
    code, out, errors = run("ask", "--model", model, "--document", short, plan, "What is the rent?")
    assert (code, errors) == (0, "")
    assert out == "900 euros [1], and no pets [2].\n\n[1] lease.md, part 1\n[2] Größe, 計画.pdf, page 1\n"


def test_ask_gives_citations_as_events(run: Callable[..., tuple[int, str, str]], plan: Path, model: Path) -> None:
    code, out, _ = run("ask", "--json", "--model", model, "--document", plan, "When?")
    told = events(out)
    kinds = [type(event) for event in told]
    assert code == 0
    assert kinds.index(DocumentRead) < kinds.index(SourcesRead) < kinds.index(Cited)
    assert [(json.loads(line)["number"]) for line in out.splitlines() if '"kind":"citation"' in line] == [1, 2]


def test_ask_summarises_part_by_part(run: Callable[..., tuple[int, str, str]], tmp_path: Path, model: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("\n\n".join(filler(number) for number in range(120)))
    code, out, _ = run("ask", "--json", "--summarise", "--model", model, "--document", path, "Summarise this.")
    assert code == 0
    assert sum(isinstance(event, TaskProgress) for event in events(out)) > 3


def test_a_document_that_can_not_be_read_is_told_before_the_model_is_loaded(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, model: Path
) -> None:
    code, out, errors = run("ask", "--json", "--model", model, "--document", tmp_path / "gone.pdf", "What?")
    (last,) = events(out)
    assert isinstance(last, Failed)
    assert (code, last.message) == (2, errors.strip())
