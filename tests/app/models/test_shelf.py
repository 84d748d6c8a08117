"""What is here, and what is done to it: told once, in turn, and looked at again after every change."""

from __future__ import annotations

import sys

import pytest

from app.domain.models import Work
from app.models import dtype_for
from app.models.work import WAITS
from engine.protocol import Fit
from tests.app.models.samples import fit, installed, offered, surveyed
from tests.app.models.shelf import Watched


def test_several_looks_are_one(shelf: Watched) -> None:
    shelf.will_find(surveyed((offered("quick"),), (installed("/models/a"),)))
    for _ in range(3):
        shelf.shelf.look()
    found = shelf.until_said("surveyed")
    assert [each.id for each in found.offered] == ["quick"]
    assert shelf.shelf.found == found
    assert shelf.shelf.offered("quick") == shelf.shelf.offered("qwen/quick") == found.offered[0]
    assert shelf.shelf.offered("other") is None
    shelf.look()
    assert shelf.heard("models") == ["survey", "survey"]


def test_a_look_that_fails_says_why_and_the_next_one_works(shelf: Watched) -> None:
    shelf.will_find(surveyed())
    (shelf._folder / "survey").unlink()
    shelf.shelf.look()
    assert "models process ended unexpectedly (exit code 1)" in shelf.until_said("problem")
    shelf.will_find(surveyed())
    shelf.look()


@pytest.mark.parametrize(
    ("begin", "what"),
    [
        (lambda shelf: shelf.check("/models/one"), "checking"),
        (lambda shelf: shelf.convert("/models/one", "int8"), "converting"),
        (lambda shelf: shelf.import_folder("/models/one"), "importing"),
        (lambda shelf: shelf.remove("/models/one"), "removing"),
        (lambda shelf: shelf.move("/models/one", "/other"), "moving"),
    ],
)
def test_work_is_shown_ends_with_a_sentence_and_is_looked_at(shelf: Watched, begin: object, what: str) -> None:
    begin(shelf.shelf)  # type: ignore[operator]
    work, folder = shelf.until_said("work_ended")
    at_first, on_its_way, at_last = shelf.values("work_changed")
    assert at_first == Work(what, "/models/one")  # type: ignore[arg-type]
    assert on_its_way == work == Work(what, "/models/one", 3, 10, "model.safetensors")  # type: ignore[arg-type]
    assert at_last is None
    assert folder == {"removing": "", "moving": "/other/one"}.get(what, "/models/one")
    (note,) = shelf.values("note")
    assert note.endswith(" is done.")
    assert shelf.values("ready") == ([("/models/one", "")] if what == "importing" else [])
    shelf.until_said("surveyed")


def test_what_fails_says_why_and_leaves_all_as_it_was(shelf: Watched) -> None:
    shelf.shelf.check("/models/refused")
    work, folder = shelf.until_said("work_ended")
    assert (work.what, folder) == ("checking", None)
    assert shelf.values("problem") == ["A file is wrong. Fetch it again."]
    assert shelf.work is None


def test_what_is_stopped_leaves_all_as_it_was(shelf: Watched) -> None:
    shelf.shelf.import_folder("/models/slow")
    shelf.until(lambda: shelf.work is not None and shelf.work.done == 3)
    shelf.shelf.stop_work()
    work, folder = shelf.until_said("work_ended")
    assert (work.what, folder) == ("importing", None)
    assert shelf.values("note") == ["Stopped."]
    assert shelf.values("ready") == []


def test_one_thing_after_another(shelf: Watched) -> None:
    shelf.shelf.convert("/models/slow", "int8")
    shelf.until(lambda: shelf.work is not None and shelf.work.done == 3)
    shelf.shelf.check("/models/one")
    shelf.shelf.check("/models/one")
    shelf.shelf.convert("/models/slow", "int8")
    assert shelf.values("note") == [WAITS]
    assert shelf.work is not None
    assert shelf.work.what == "converting"
    shelf.shelf.stop_work()
    shelf.until_said("work_ended", 2)
    assert [work.what for work, _ in shelf.values("work_ended")] == ["converting", "checking"]
    assert [each for each in shelf.heard("models") if each != "survey"] == [
        "convert_model slow",
        "cancel",
        "check_model one",
    ]


def test_a_folder_that_is_used_already_is_listed_without_a_word(shelf: Watched) -> None:
    shelf.shelf.adopt("/else/refused")
    shelf.until_said("work_ended")
    shelf.shelf.adopt("/else/one")
    shelf.until_said("work_ended", 2)
    assert shelf.values("problem") == shelf.values("note") == []
    assert shelf.until_said("surveyed")


@pytest.mark.skipif(sys.platform == "win32", reason="ends by an exit code there")
def test_a_crash_in_the_middle_ends_the_work_and_the_next_one_begins(shelf: Watched) -> None:
    shelf.shelf.check("/models/abort")
    shelf.shelf.check("/models/one")
    shelf.until_said("work_ended", 2)
    (problem,) = shelf.values("problem")
    assert "models process ended unexpectedly (SIGABRT)" in problem
    assert [folder for _, folder in shelf.values("work_ended")] == [None, "/models/one"]


def test_after_the_end_nothing_is_begun(shelf: Watched) -> None:
    shelf.shelf.check("/models/slow")
    shelf.until(lambda: shelf.work is not None and shelf.work.done == 3)
    shelf.end()
    shelf.shelf.look()
    shelf.end()
    assert shelf.heard("models") == ["check_model slow"]


@pytest.mark.parametrize(
    ("fits", "dtype"),
    [
        ((fit("bfloat16", "fits"), fit("int8", "fits")), "auto"),
        ((fit("int8", "fits"), fit("bfloat16", "fits")), "auto"),
        ((fit("bfloat16", "tight"), fit("int8", "fits")), "int8"),
        ((fit("bfloat16", "no"), fit("int8", "no"), fit("int4", "tight")), "int4"),
        ((fit("bfloat16", "no"), fit("int4", "no")), "auto"),
        ((), "auto"),
    ],
)
def test_fewer_bits_are_chosen_only_where_they_fit_better(fits: tuple[Fit, ...], dtype: str) -> None:
    assert dtype_for(offered(fits=fits)) == dtype
