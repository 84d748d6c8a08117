"""The child process as the window meets it: a real one each time, with a model that follows a script."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import pytest

from engine.protocol import (
    MAX_LINE_BYTES,
    Box,
    Cancel,
    Event,
    Failed,
    Finished,
    Generate,
    Hello,
    Image,
    ImageProgress,
    LoadModel,
    LoadProgress,
    LookAgain,
    Message,
    PrefillProgress,
    Prepare,
    Ready,
    Text,
    TextDelta,
    encode,
)
from tests.scripted import abort, answer, connect, count, device_lost, make_scripted, noise, say, stall
from tests.worker.child import PATIENCE, ROOT, Child, ask

HANGS = 2 * PATIENCE
"""Seconds of a stall: a test that waited for its end would have given up."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One model for many misdeeds, each called by a word of the question."""
    return make_scripted(
        tmp_path_factory.mktemp("model"),
        [
            "Größe 5 € 🙂",
            answer(count(seconds=0.001), when="count"),
            answer(say("a"), noise("stray print\n"), say("b"), when="noise"),
            answer(say("so far"), abort(), when="abort"),
            answer(say("so far"), stall(HANGS), say("late"), when="hang"),
            answer(say("x"), reading=[stall(HANGS, heeds_cancel=True)], when="read slowly"),
            answer(say("x"), connect(), when="connect"),
            answer(say("x"), device_lost(), when="device"),
        ],
    )


@pytest.fixture
def child() -> Iterator[Child]:
    with Child() as child:
        yield child


@pytest.fixture
def ready(child: Child, folder: Path) -> Child:
    child.send(LoadModel(str(folder)))
    child.wait_for(Ready)
    return child


def test_it_says_hello_then_loads_then_answers(child: Child, folder: Path) -> None:
    hello = child.event()
    assert hello == Hello("model", child.process.pid)
    # Two commands in one write, the second before the model is there.
    child.send(LoadModel(str(folder)), ask("Wie groß?"))
    assert isinstance(child.event(), LoadProgress)
    ready = child.wait_for(Ready)
    assert (ready.model.name, ready.model.tier, ready.model.sees) == (folder.name, "4B", True)
    text, last = child.answer("r1")
    assert (text, last.kind) == ("Größe 5 € 🙂", "finished")


def test_commands_may_come_in_pieces_and_lines_may_be_rubbish(ready: Child) -> None:
    line = encode(ask("Ünï"))
    at = line.index("Ü".encode()) + 1
    ready.write(b"rubbish\n\xff\xfe\n" + line[:at])
    assert [ready.event().code for _ in range(2)] == ["bad_message"] * 2  # type: ignore[union-attr]
    ready.write(line[at:])
    assert ready.answer("r1")[0] == "Größe 5 € 🙂"


@pytest.mark.parametrize("change", [{"v": 99}, {"kind": "sing"}, {"max_tokens": "many"}])
def test_a_message_of_another_kind_fails_its_own_request(ready: Child, change: dict[str, object]) -> None:
    document = json.loads(encode(ask("?", "odd"))) | change
    ready.write(json.dumps(document).encode() + b"\n")
    failed = ready.wait_for(Failed)
    assert (failed.request_id, failed.code, failed.fatal) == ("odd", "bad_message", False)
    ready.send(ask("?"))
    assert ready.answer("r1")[1].kind == "finished"


def test_a_line_that_never_ends_is_skipped(ready: Child) -> None:
    ready.write(b"x" * (MAX_LINE_BYTES + 1))
    ready.write(b"x" * MAX_LINE_BYTES + b"\n")
    assert ready.wait_for(Failed).code == "bad_message"
    ready.send(ask("?"))
    assert ready.answer("r1")[1].kind == "finished"


def test_one_request_at_a_time(ready: Child) -> None:
    ready.send(ask("count"))
    ready.wait_for(TextDelta)
    ready.send(ask("?", "r2"))
    assert ready.wait_for(Failed).request_id == "r2"
    ready.send(Cancel("r1"))
    assert ready.answer("r1")[1].reason == "cancelled"  # type: ignore[union-attr]
    # Free the moment the end of the first was told.
    ready.send(ask("?", "r3"))
    assert ready.answer("r3")[1].kind == "finished"


# --- Reading ahead ---------------------------------------------------------------------------------------------------


def photo(folder: Path, name: str = "photo") -> Image:
    path = folder / f"{name}.png"
    PIL.Image.new("RGB", (64, 64), "teal").save(path)
    return Image(name, str(path))


def ahead(*pictures: Image, request_id: str = "ahead") -> Prepare:
    return Prepare(request_id, (Message("user", pictures),))


def about(*pictures: Image, request_id: str = "r1") -> Generate:
    return Generate(request_id, (Message("user", (*pictures, Text("What is this?"))),))


def ends(child: Child, *request_ids: str) -> dict[str, str]:
    """How requests ended, once all of them have."""
    ended: dict[str, str] = {}
    while set(ended) < set(request_ids):
        last: Event = child.event()
        if isinstance(last, Finished | Failed):
            assert last.request_id not in (None, *ended)
            ended[str(last.request_id)] = last.reason if isinstance(last, Finished) else last.code
    return ended


@pytest.fixture
def slow(child: Child, tmp_path: Path) -> Child:
    """It looks at a picture for ever, unless it is stopped."""
    child.send(LoadModel(str(make_scripted(tmp_path / "slow", looking=[stall(HANGS, heeds_cancel=True)]))))
    child.wait_for(Ready)
    return child


def test_what_was_prepared_is_asked_about(ready: Child, tmp_path: Path) -> None:
    ready.send(ahead(photo(tmp_path)))
    assert ready.wait_for(ImageProgress).request_id == "ahead"
    assert ends(ready, "ahead") == {"ahead": "prepared"}
    ready.send(about(photo(tmp_path)))
    assert ready.answer("r1")[1].kind == "finished"


def test_a_question_waits_for_what_is_read_for_it_and_tells_how_far_it_is(child: Child, tmp_path: Path) -> None:
    one, two = photo(tmp_path), photo(tmp_path, "two")
    folder = make_scripted(tmp_path / "slow", looking=[stall(1.5, heeds_cancel=True)])
    child.send(LoadModel(str(folder)), ahead(one, two))
    assert child.wait_for(ImageProgress).index == 1
    child.send(about(one, two))
    told = [child.wait_for(ImageProgress) for _ in range(2)]
    assert [(event.request_id, event.index) for event in told] == [("r1", 1), ("r1", 2)]
    assert ends(child, "ahead", "r1") == {"ahead": "prepared", "r1": "stop"}


def test_a_question_with_more_pictures_waits_too(slow: Child, tmp_path: Path) -> None:
    slow.send(ahead(photo(tmp_path)))
    slow.wait_for(ImageProgress)
    slow.send(about(photo(tmp_path), photo(tmp_path, "two")))
    assert slow.wait_for(ImageProgress).request_id == "r1"
    # What it waits for is stopped with it, and its own end does not wait.
    slow.send(Cancel("r1"))
    assert ends(slow, "ahead", "r1") == {"ahead": "cancelled", "r1": "cancelled"}
    slow.send(ask("?", "r2"))
    assert slow.answer("r2")[1].kind == "finished"


def test_another_question_or_other_pictures_stop_it_at_once(slow: Child, tmp_path: Path) -> None:
    one, two = photo(tmp_path), photo(tmp_path, "two")
    slow.send(ahead(one))
    slow.wait_for(ImageProgress)
    slow.send(ahead(two, request_id="a2"), ahead(one, request_id="a3"))
    assert ends(slow, "ahead", "a2") == {"ahead": "cancelled", "a2": "cancelled"}
    assert slow.wait_for(ImageProgress).request_id == "a3"
    slow.send(ask("?"))
    assert ends(slow, "a3", "r1") == {"a3": "cancelled", "r1": "stop"}


def test_one_more_picture_does_not_stop_the_first(child: Child, tmp_path: Path) -> None:
    one, two, three = (photo(tmp_path, name) for name in ("one", "two", "three"))
    child.send(LoadModel(str(make_scripted(tmp_path / "slow", looking=[stall(1.5, heeds_cancel=True)]))))
    child.wait_for(Ready)
    child.send(ahead(one))
    child.wait_for(ImageProgress)
    # The second one is taken out again before anybody looked at it.
    child.send(ahead(one, two, request_id="a2"), ahead(one, three, request_id="a3"), about(one, three))
    assert ends(child, "a2", "ahead", "a3", "r1") == {
        "a2": "cancelled",
        "ahead": "prepared",
        "a3": "prepared",
        "r1": "stop",
    }


def test_it_can_be_stopped_without_the_question_that_waits(slow: Child, tmp_path: Path) -> None:
    slow.send(ahead(photo(tmp_path)))
    slow.wait_for(ImageProgress)
    slow.send(about(photo(tmp_path)), Cancel("ahead"))
    assert ends(slow, "ahead") == {"ahead": "cancelled"}
    assert slow.wait_for(ImageProgress).request_id == "r1"


def test_nothing_is_read_ahead_while_a_question_is_answered(ready: Child, tmp_path: Path) -> None:
    ready.send(ask("count"))
    ready.wait_for(TextDelta)
    ready.send(ahead(photo(tmp_path)))
    failed = ready.wait_for(Failed)
    assert (failed.request_id, failed.code) == ("ahead", "busy")


def test_a_picture_that_can_not_be_read_is_told_by_its_question(ready: Child, tmp_path: Path) -> None:
    gone = Image("gone", str(tmp_path / "gone.png"))
    ready.send(ahead(gone), about(gone))
    assert ends(ready, "ahead", "r1") == {"ahead": "image_unreadable", "r1": "image_unreadable"}


# --- Without a model, and the end -----------------------------------------------------------------------------------


def again(picture: Image, request_id: str = "look") -> LookAgain:
    return LookAgain(request_id, picture, "Save", Box(0.2, 0.2, 0.4, 0.4))


def test_a_second_look_is_refused_while_a_question_is_answered(ready: Child, tmp_path: Path) -> None:
    ready.send(ask("count"))
    ready.wait_for(TextDelta)
    ready.send(again(photo(tmp_path)))
    failed = ready.wait_for(Failed)
    assert (failed.request_id, failed.code) == ("look", "busy")
    ready.send(Cancel("r1"))
    assert ends(ready, "r1") == {"r1": "cancelled"}
    ready.send(again(photo(tmp_path)))
    assert ends(ready, "look") == {"look": "stop"}


def test_reading_ahead_makes_way_for_a_second_look_and_that_for_a_question(slow: Child, tmp_path: Path) -> None:
    slow.send(ahead(photo(tmp_path)))
    slow.wait_for(ImageProgress)
    slow.send(again(photo(tmp_path)))
    assert ends(slow, "ahead") == {"ahead": "cancelled"}
    slow.send(ask("?"))
    assert ends(slow, "look", "r1") == {"look": "cancelled", "r1": "stop"}


def test_without_a_model_there_is_no_answer(child: Child) -> None:
    child.send(ask("?"))
    assert child.answer("r1")[1].code == "no_model"  # type: ignore[union-attr]


def test_a_folder_that_is_no_model_is_told_and_another_can_be_loaded(
    child: Child, folder: Path, tmp_path: Path
) -> None:
    child.send(LoadModel(str(tmp_path / "nowhere")))
    failed = child.wait_for(Failed)
    assert (failed.request_id, failed.code, failed.fatal) == (None, "model_missing", False)
    child.send(LoadModel(str(folder)))
    child.wait_for(Ready)
    child.send(LoadModel(str(folder)))
    assert child.wait_for(Failed).code == "bad_request"


def test_cancel_while_reading_the_prompt(ready: Child) -> None:
    ready.send(ask("read slowly"))
    ready.wait_for(PrefillProgress)
    ready.send(Cancel("r1"))
    assert ready.wait_for(Finished).reason == "cancelled"


def test_cancel_while_the_model_is_still_loading(child: Child, tmp_path: Path) -> None:
    folder = make_scripted(tmp_path / "slow", loading=[stall(HANGS, heeds_cancel=True)])
    child.send(LoadModel(str(folder)), ask("?"), ask("?", "r2"))
    assert child.wait_for(Failed).request_id == "r2"
    child.send(Cancel("r1"))
    assert child.wait_for(Finished).reason == "cancelled"


def test_cancel_of_a_request_that_is_none_is_ignored(ready: Child) -> None:
    ready.send(Cancel("never"), ask("?"), Cancel("never"))
    text, last = ready.answer("r1")
    ready.send(Cancel("r1"), ask("?", "r2"))
    assert (last.kind, ready.answer("r2")[0]) == ("finished", text)


def test_a_stray_print_is_a_line_of_the_log(ready: Child) -> None:
    ready.send(ask("noise"))
    assert ready.answer("r1")[0] == "ab"
    ready.hang_up()
    assert ready.ended() == 0
    assert "stray print" in ready.log


def test_nothing_in_the_process_reaches_the_network(ready: Child) -> None:
    ready.send(ask("connect"))
    assert ready.answer("r1")[1].code == "internal"  # type: ignore[union-attr]
    ready.hang_up()
    ready.ended()
    assert "refused socket.connect: the model process has no network" in ready.log


def test_after_a_fatal_failure_the_child_ends_itself(ready: Child) -> None:
    ready.send(ask("device"))
    assert ready.wait_for(Failed).fatal
    assert ready.ended() == 1


def test_a_window_that_takes_no_more_events_ends_the_child(ready: Child) -> None:
    ready.send(ask("count"))
    ready.wait_for(TextDelta)
    ready.stop_listening()
    assert ready.ended() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="ends by an exit code there")
def test_an_abort_takes_the_child_alone(ready: Child) -> None:
    ready.send(ask("abort"))
    assert ready.wait_for(TextDelta).text
    assert ready.ended() == -signal.SIGABRT


@pytest.mark.parametrize("state", ["starting", "loading", "idle", "preparing", "reading", "writing", "hanging"])
def test_it_ends_soon_after_its_window(child: Child, folder: Path, tmp_path: Path, state: str) -> None:
    """Whatever it is doing, also inside a kernel that looks at nothing."""
    if state == "preparing":
        folder = make_scripted(tmp_path / "slow", looking=[stall(HANGS)])
    if state == "loading":
        slow = make_scripted(tmp_path / "slow", loading=[stall(HANGS)])
        child.send(LoadModel(str(slow)))
        child.wait_for(LoadProgress)
    elif state != "starting":
        child.send(LoadModel(str(folder)))
        child.wait_for(Ready)
    if state == "preparing":
        child.send(ahead(photo(tmp_path)), about(photo(tmp_path)))
        child.wait_for(ImageProgress)
    if state == "reading":
        child.send(ask("read slowly"))
        child.wait_for(PrefillProgress)
    if state in ("writing", "hanging"):
        child.send(ask("count" if state == "writing" else "hang"))
        # "so far" ends in the r: what comes next is the stall.
        child.wait_for(TextDelta, lambda event: state == "writing" or event.text.endswith("r"))
    child.hang_up()
    assert child.ended() == 0


def test_a_child_that_can_hear_no_more_ends() -> None:
    """Whatever its input does: nobody could stop it otherwise."""
    code = (
        "import io\n"
        "from engine.worker.channel import Channel\n"
        "from engine.worker.loop import Worker\n"
        "def lines():\n"
        "    yield b'rubbish'\n"
        "    raise OSError('the pipe broke')\n"
        "raise SystemExit(Worker(Channel(io.BytesIO())).run(lines()))\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert child.returncode == 0
