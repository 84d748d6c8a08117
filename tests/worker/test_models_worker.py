"""The process that looks after models, as the window meets it: a real one, with real files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.models.places import default_model, models_folder, set_default_model
from engine.protocol import (
    Cancel,
    CheckModel,
    ConvertModel,
    Done,
    Event,
    Failed,
    Generate,
    Hello,
    ImportModel,
    MoveModel,
    Pull,
    RemoveModel,
    Survey,
    Surveyed,
    WorkProgress,
    request_id_of,
)
from tests.engine.models.model_folders import copy_model, cut, flip, make_shards, settle_in, shards, sign
from tests.worker.child import Child


@pytest.fixture(scope="module")
def whole_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shards(tmp_path_factory.mktemp("published") / "Qwen3.5-4B")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settle_in(tmp_path / "person", tmp_path / "Größe 模型", monkeypatch)
    return tmp_path


@pytest.fixture
def child(home: Path) -> Iterator[Child]:
    with Child("models") as child:
        assert child.event() == Hello("models", child.process.pid)
        yield child


def end_of(child: Child, request_id: str) -> Event:
    """How a command ended; what else was told of it before is dropped."""
    return child.wait_for(
        Event,  # type: ignore[arg-type]
        lambda event: request_id_of(event) == request_id and not isinstance(event, WorkProgress),
    )


def done(child: Child, request_id: str) -> Done:
    event = end_of(child, request_id)
    assert isinstance(event, Done), event
    return event


def failed(child: Child, request_id: str) -> Failed:
    event = end_of(child, request_id)
    assert isinstance(event, Failed), event
    return event


def test_a_model_comes_is_seen_checked_and_goes(child: Child, home: Path, whole_model: Path) -> None:
    folder = str(copy_model(whole_model, home / "mein Qwen 模型"))
    child.send(ImportModel("i", folder), CheckModel("c", folder), Survey("s"), RemoveModel("r", folder))
    assert done(child, "i").folder == folder
    assert "All files of mein Qwen 模型 are whole" in done(child, "c").message
    surveyed = end_of(child, "s")
    assert isinstance(surveyed, Surveyed)
    assert surveyed.models_folder == str(models_folder())
    assert [(model.folder, model.linked, bool(model.fits)) for model in surveyed.installed] == [(folder, True, True)]
    assert "4B" in {entry.tier for entry in surveyed.offered}
    assert done(child, "r") == Done("r", "", "mein Qwen 模型 is off the list. Its files stay where they are.")
    assert Path(folder).is_dir()


def test_damage_is_named(child: Child, home: Path, whole_model: Path) -> None:
    truncated = copy_model(whole_model, home / "truncated")
    cut(shards(truncated)[1])
    wrong = sign(copy_model(whole_model, models_folder() / "Qwen3.5-4B"))
    flip(shards(wrong)[0])
    child.send(CheckModel("1", str(truncated)), ImportModel("2", str(truncated)), CheckModel("3", str(wrong)))
    for request_id in "12":
        failure = failed(child, request_id)
        assert failure.code == "model_damaged"
        assert f"truncated: {shards(truncated)[1].name} is damaged or cut short" in failure.message
    failure = failed(child, "3")
    assert failure.code == "wrong_hash"
    assert shards(wrong)[0].name in failure.message


def test_a_model_of_ones_own_moves_and_is_deleted(child: Child, home: Path, whole_model: Path) -> None:
    folder = sign(copy_model(whole_model, models_folder() / "Qwen3.5-4B"))
    set_default_model(folder)
    target = home / "andere Platte" / "Qwen3.5-4B"
    child.send(MoveModel("m", str(folder), str(target.parent)), RemoveModel("r", str(target)))
    assert done(child, "m") == Done("m", str(target), f"Qwen3.5-4B is in {target.parent} now.")
    assert "is deleted" in done(child, "r").message
    assert not folder.exists()
    assert not target.exists()
    assert default_model() is None


def test_what_waits_can_be_stopped(child: Child, home: Path, whole_model: Path) -> None:
    folder = str(sign(copy_model(whole_model, models_folder() / "Qwen3.5-4B")))
    child.send(CheckModel("first", folder), RemoveModel("second", folder), Cancel("second"), Cancel("unknown"))
    assert "as published" in done(child, "first").message
    assert done(child, "second").folder == folder
    assert Path(folder).is_dir()


def test_every_failure_is_a_sentence_and_the_next_command_works(child: Child, home: Path, whole_model: Path) -> None:
    folder = sign(copy_model(whole_model, models_folder() / "Qwen3.5-4B-int8"), "int8")
    child.send(
        ConvertModel("1", str(folder), "int4"),
        MoveModel("2", str(home / "nowhere"), str(home)),
        ImportModel("3", str(home / "nowhere")),
    )
    assert [failed(child, request_id).code for request_id in "123"] == [
        "model_unsupported",
        "model_missing",
        "model_missing",
    ]


def test_commands_of_other_processes_are_refused(child: Child) -> None:
    child.write(b"rubbish\n")
    assert child.wait_for(Failed).code == "bad_message"
    child.send(Pull("p", "qwen3.5-4b"), Generate("g", ()))
    assert [failed(child, request_id).code for request_id in "pg"] == ["bad_request"] * 2


def test_it_ends_with_its_input(child: Child, home: Path, whole_model: Path) -> None:
    folder = sign(copy_model(whole_model, models_folder() / "Qwen3.5-4B"))
    child.send(*(CheckModel(str(number), str(folder)) for number in range(200)))
    child.hang_up()
    assert child.ended() == 0


@pytest.mark.parametrize("role", ["model", "models"])
def test_each_process_refuses_what_is_not_its_own(home: Path, role: str) -> None:
    with Child(role) as child:
        child.send(Survey("s") if role == "model" else Generate("s", ()))
        assert failed(child, "s").code == "bad_request"
