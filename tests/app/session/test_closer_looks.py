"""A closer look, from the model's call to what a person finds again: shown for what it was, and never lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.conversation import Attachment, CloserLook
from app.domain.geometry import to_picture
from app.session.answering import CUT_AT_LIMIT, LOOKED_ONLY
from app.session.closer_looks import MOST, CloserLooks
from engine.protocol import Image, ImageProgress, Notice, PrefillProgress
from engine.tool_loop import CALLS as LOOKS
from engine.zoom import frame, read_call
from tests.app.session.fakes import Watched, texts

Keep = Callable[[str], Attachment]
BOX = [100, 200, 400, 600]


@pytest.fixture
def looking(chat: Watched) -> Watched:
    chat.session.set_look_closer(True)
    return chat


def large(name: str, width: int = 1920, height: int = 1080) -> Attachment:
    return Attachment(name, Path(f"/{name}.png"), "image/png", width, height, "region", name)


def pixels(look: CloserLook | None) -> tuple[int, int, int, int]:
    """Left, top, right and bottom in the original."""
    assert look is not None
    area = to_picture(look.area, (look.picture.width, look.picture.height))
    return round(area.x), round(area.y), round(area.right), round(area.bottom)


# --- What a call means -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1920, 1080), (300, 4000), (90, 40), (20_000, 150)])
@pytest.mark.parametrize("image", [None, 1, "2", 0, 3, 1.5, True, [1]])
@pytest.mark.parametrize("pictures", [1, 2])
def test_it_is_read_as_the_engine_reads_it(size: tuple[int, int], image: object, pictures: int) -> None:
    edges = (-51, -20, 0, 3.5, 480, 481, 1000, 1040, 2000)
    boxes = [*(list(box) for box in itertools.islice(itertools.product(edges, repeat=4), 0, None, 61)), "1, 2 30 40"]
    for box, name in itertools.product((*boxes, [[10, 20], [300, 400]], {"x1": 5}, None), ("box", "bbox_2d")):
        arguments = {name: box} if image is None else {name: box, "image": image}
        region = read_call(arguments, pictures)
        look = CloserLooks([large(str(number), *size) for number in range(pictures)]).take(arguments, 0)
        if isinstance(region, str):
            assert look is None, arguments
        else:
            assert look is not None, arguments
            assert look.picture.id == str(region.index)
            assert pixels(look) == frame(region, *size), arguments


def test_as_many_are_shown_as_the_engine_gives() -> None:
    looks = CloserLooks([large("a")])
    assert MOST == LOOKS
    assert [looks.take({"box": BOX}, 0) is not None for _ in range(LOOKS + 1)] == [True] * LOOKS + [False]
    assert looks.are_used_up


def test_what_was_cut_out_can_be_looked_at_once_it_was_read() -> None:
    looks = CloserLooks([large("a"), large("b")])
    left, top, right, bottom = pixels(looks.take({"image": 2, "box": BOX}, 0))
    assert looks.take({"image": 3, "box": BOX}, 0) is None
    looks.go_on()
    closer = looks.take({"image": 3, "box": [0, 0, 500, 500]}, 0)
    assert closer is not None
    assert closer.picture.id == "b"
    assert pixels(closer)[:2] == (left, top)
    assert left < pixels(closer)[2] < right
    assert top < pixels(closer)[3] < bottom


def test_what_it_looks_for_is_one_short_line() -> None:
    look = CloserLooks([large("a")]).take({"box": BOX, "label": " the\nversion  number " + "x" * 200}, 0)
    assert look is not None
    assert look.label.startswith("the version number xxx")
    assert len(look.label) <= 80


# --- In a conversation -----------------------------------------------------------------------------------------------


def test_reading_ahead_and_the_question_agree_on_it(looking: Watched, keep: Keep, qtbot: QtBot) -> None:
    red = keep("red")
    looking.session.prepare_for((red,))
    qtbot.waitUntil(lambda: len(looking.client.prepares) == 1)
    looking.session.set_look_closer(False)
    qtbot.waitUntil(lambda: len(looking.client.prepares) == 2)
    looking.session.set_look_closer(True)
    qtbot.waitUntil(lambda: len(looking.client.prepares) == 3)
    looking.session.prepare_for(())
    looking.session.ask("What does it say?", (red,))
    assert [prepare.zoom for prepare in looking.client.prepares] == [True, False, True]
    assert looking.client.requests[-1].zoom
    assert looking.client.cancelled_prepares == 0


def test_it_is_told_at_once_and_found_again(looking: Watched, keep: Keep) -> None:
    red = keep("red")
    looking.session.ask("What does it say?", (red,))
    looking.names()
    looking.client.call(image=1, box=BOX, label="the title")
    assert looking.names() == ["answer_changed"]
    (look,) = looking.answer.looks
    assert (look.picture, look.label, look.at) == (red, "the title", 0)
    assert looking.sentence == "Looking closer at part of the picture"
    looking.client.say(ImageProgress(looking.client.last, 2, 2, 64))
    looking.client.say(PrefillProgress(looking.client.last, 60, 75, 100))
    assert looking.session.status.sentence == "Looking closer at part of the picture"
    assert looking.session.status.progress == 0.75
    looking.client.write("It says 42.")
    assert looking.sentence == "Writing"
    looking.client.finish(images=(120, 64))
    assert looking.answer.looks == (look,)
    assert looking.answer.image_tokens == 120
    assert looking.stored == looking.answer
    looking.session.ask("And below?")
    assert texts(looking.client.requests[-1])[1] == ("assistant", "It says 42.")


def test_it_stands_where_it_came_in_the_answer(looking: Watched, keep: Keep) -> None:
    looking.session.ask("What does it say?", (keep("red"),))
    looking.client.write("Let me ")
    looking.client.write("see.")
    looking.client.call(image=1, box=BOX)
    looking.client.write("\n\nIt says 42.")
    looking.client.finish(images=(120, 64))
    (look,) = looking.answer.looks
    assert looking.answer.text[look.at :] == "\n\nIt says 42."


def test_a_picture_of_an_earlier_turn_is_found_by_its_number(looking: Watched, keep: Keep) -> None:
    red, blue = keep("red"), keep("blue")
    looking.session.ask("What is this?", (red,))
    looking.client.write("Red.")
    looking.client.finish(images=(120,))
    looking.session.ask("And this?", (blue,))
    looking.client.call(image=1, box=BOX)
    looking.client.call(image=2, box=BOX)
    looking.client.finish(images=(120, 480, 64, 64))
    assert [look.picture for look in looking.answer.looks] == [red, blue]
    assert looking.answer.image_tokens == 480


@pytest.mark.parametrize("end", ["stopped", "failed", "crashed"])
def test_an_answer_that_ends_early_keeps_it(looking: Watched, keep: Keep, end: str) -> None:
    looking.session.ask("What does it say?", (keep("red"),))
    looking.client.call(image=1, box=BOX)
    if end == "stopped":
        looking.session.stop()
        looking.client.finish("cancelled", images=(120,))
    elif end == "failed":
        looking.client.fail("There is not enough memory for this.")
    else:
        looking.client.crash()
    assert looking.answer.state == ("stopped" if end == "stopped" else "failed")
    assert len(looking.answer.looks) == len(looking.stored.looks) == 1


def test_one_that_found_no_room_is_taken_back(looking: Watched, keep: Keep) -> None:
    looking.session.ask("What does it say?", (keep("red"),))
    looking.client.call(image=1, box=BOX)
    looking.client.write("It is too small to read.")
    looking.client.finish(images=(120,))
    assert looking.stored.looks == ()


def test_calls_that_lead_to_no_look_change_nothing(looking: Watched, keep: Keep) -> None:
    looking.session.ask("What does it say?", (keep("red"),))
    looking.names()
    looking.client.call(image=7, box=BOX)
    looking.client.call("weather", place="here", image=1, box=BOX)
    assert looking.names() == []
    looking.session.stop()
    looking.client.finish("cancelled")
    looking.session.set_look_closer(False)
    looking.session.ask("What does it say?", (keep("red"),))
    looking.client.call(image=1, box=BOX)
    assert looking.answer.looks == ()


def test_a_void_text_leaves_the_look_at_the_beginning(looking: Watched, keep: Keep) -> None:
    looking.session.ask("What does it say?", (keep("red"),))
    looking.client.write("round ")
    looking.client.call(image=1, box=BOX)
    looking.client.say(Notice(looking.client.last, "repetition", "It went in circles."))
    looking.client.write("42.")
    looking.client.finish(images=(120, 64))
    assert [look.at for look in looking.answer.looks] == [0]


def test_time_for_looking_is_no_time_for_thinking(looking: Watched, keep: Keep) -> None:
    looking.session.set_thinking(True)
    looking.session.ask("What does it say?", (keep("red"),))
    looking.client.write("Hm", "reasoning")
    looking.clock.now += 3
    looking.client.call(image=1, box=BOX)
    looking.clock.now += 20
    looking.client.write("Ah", "reasoning")
    looking.clock.now += 2
    looking.client.write("42.")
    looking.client.finish(images=(120, 64))
    assert looking.answer.reasoning_seconds == 5


def test_a_model_that_only_looks_is_told_from_a_long_answer(looking: Watched, keep: Keep) -> None:
    red = keep("red")
    looking.session.ask("What does it say?", (red,))
    for _ in range(LOOKS + 2):
        looking.client.call(image=1, box=BOX)
    looking.client.finish("length", images=(120, 64, 64, 64))
    assert looking.answer.notices == (LOOKED_ONLY,)
    looking.session.ask("And now?")
    assert looking.client.requests[-1].messages[0].parts[0] == Image(red.id, str(red.path))
    looking.client.write("Long")
    looking.client.finish("length", images=(120,))
    assert looking.answer.notices == (CUT_AT_LIMIT,)
