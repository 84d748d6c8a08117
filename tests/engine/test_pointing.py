"""Whole requests that point: what is told, what the model reads again, second looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
import torch
from PIL import Image as Pictures

from engine import resources
from engine.backends.script import Answer
from engine.prompt import Prompt
from engine.protocol import (
    Box,
    Cited,
    Event,
    Failed,
    Finished,
    Generate,
    Grounded,
    Image,
    LookAgain,
    Message,
    Notice,
    Prepare,
    Sampling,
    Text,
    TextDelta,
    Thinking,
    ToolCall,
)
from engine.second_look import MOST_TOKENS, part_around
from engine.session import Session, open_session
from engine.zoom import frame
from tests.checkpoints import make_tiny
from tests.scripted import answer, loop, make_scripted, say
from tests.shelf import shelve

E = TypeVar("E")

SAVE = '{"bbox_2d": [100, 200, 300, 400], "label": "Save"}'
ZOOM = (
    "<tool_call>\n<function=zoom>\n<parameter=image>\n1\n</parameter>\n"
    "<parameter=box>\n[0, 0, 500, 500]\n</parameter>\n</function>\n</tool_call>"
)
WHOLE = Box(0.0, 0.0, 1.0, 1.0)
CIRCLES = "Then **Save** " + SAVE + " again. "


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path / "home"))


@pytest.fixture
def screen(tmp_path: Path) -> Image:
    Pictures.new("RGB", (1600, 1000), "teal").save(tmp_path / "screen.png")
    return Image("screen", str(tmp_path / "screen.png"))


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Generate, Prompt]]:
    """What the model read in every go."""
    built: list[tuple[Generate, Prompt]] = []
    prompts = Session._prompts

    def watched(session: Session, request: Generate, *arguments: Any) -> Any:
        made = prompts(session, request, *arguments)
        built.append((request, made[1]))
        return made

    monkeypatch.setattr(Session, "_prompts", watched)
    return built


@pytest.fixture
def session_of(tmp_path: Path) -> Callable[..., Session]:
    def make(*answers: Answer | str, **options: Any) -> Session:
        return opened(make_scripted(tmp_path / "model", answers, **options))

    return make


def opened(folder: Path) -> Session:
    return open_session(folder, "cpu", "float32", lambda done, total: None, lambda: None)


def question(*parts: Any, **fields: Any) -> Generate:
    return Generate("r1", (Message("user", (*parts, Text("Where is Save?"))),), **{"image_budget": "fast", **fields})


def run(session: Session, request: Generate) -> list[Event]:
    events = list(session.generate(request, lambda: False))
    assert isinstance(events[-1], Finished), events[-1]
    return events


def of(kind: type[E], events: Sequence[Event]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def text_of(events: Sequence[Event], channel: str = "answer") -> str:
    return "".join(event.text for event in of(TextDelta, events) if event.channel == channel)


@pytest.mark.parametrize("point", [True, False])
def test_a_place_is_told_before_its_sign(session_of: Callable[..., Session], screen: Image, point: bool) -> None:
    told = run(session_of(f"Click **Save** {SAVE}."), question(screen, point=point))
    assert text_of(told) == "Click **Save** ①."
    (mark,) = of(Grounded, told)
    assert mark == Grounded("r1", "screen", 1, "Save", Box(0.1, 0.2, 0.3, 0.4))
    sign = next(event for event in of(TextDelta, told) if "①" in event.text)
    assert told.index(mark) < told.index(sign)


def test_without_a_picture_and_in_thoughts_json_is_text(session_of: Callable[..., Session], screen: Image) -> None:
    assert text_of(run(session_of(SAVE), question(point=True))) == SAVE
    told = run(session_of(answer(say("Yes."), thinking=(say(SAVE),))), question(screen, thinking=Thinking(True)))
    assert (text_of(told, "reasoning"), text_of(told), of(Grounded, told)) == (SAVE, "Yes.", [])


def test_a_look_closer_goes_on_with_the_numbers_and_the_models_own_words(
    session_of: Callable[..., Session], screen: Image, heard: list[tuple[Generate, Prompt]]
) -> None:
    """Otherwise the model would read signs where it wrote places, and all that it said would be read again."""
    other = SAVE.replace("Save", "Open").replace("100", "10")
    session = session_of(f"I see **Save** {SAVE}.\n\n{ZOOM}", f"**Open** {other} and **Save** {SAVE}.")
    told = run(session, question(screen, zoom=True, point=True))
    assert text_of(told) == "I see **Save** ①.\n\n**Open** ② and **Save** ①."
    assert [mark.number for mark in of(Grounded, told)] == [1, 2]
    said = heard[-1][0].messages[1]
    assert said.parts == (Text(f"I see **Save** {SAVE}."),)
    first, second = (prompt.tokens.tolist() for _, prompt in heard)
    assert second[: len(first)] == first


def test_a_place_is_no_citation(session_of: Callable[..., Session], screen: Image) -> None:
    lease = shelve("lease.pdf", ["The rent is 900 euros."])
    place = '{"bbox_2d": [1, 2, 30, 40], "label": "Rent"}'
    told = run(session_of(f"**Rent** {place} is 900 [1]."), question(screen, lease, point=True))
    assert text_of(told) == "**Rent** ① is 900 [1]."
    assert [event.number for event in of(Cited, told)] == [1]
    assert of(Grounded, told)[0].box == Box(0.001, 0.002, 0.03, 0.04)


def test_what_was_said_in_circles_has_no_marks(session_of: Callable[..., Session], screen: Image) -> None:
    session = session_of(answer(loop(CIRCLES), again=(say(f"**Save** {SAVE}."),)))
    told = run(session, question(screen, sampling=Sampling(seed=1)))
    begun = next(at for at, event in enumerate(told) if isinstance(event, Notice))
    assert text_of(told[begun:]).endswith("**Save** ①.")
    assert [mark.number for mark in of(Grounded, told[begun:])] == [1]


def test_what_is_asked_of_the_model(session_of: Callable[..., Session], screen: Image) -> None:
    session = session_of("Yes.")
    tokenizer = session._model.tokenizer

    def prompt(**fields: Any) -> str:
        tokens = session._prompts(question(screen, **fields), False, *_counting())[1].tokens.tolist()
        return b"".join(map(tokenizer.bytes_of, tokens)).decode()

    system, pointing = (resources.text(f"prompts/{name}.txt").rstrip() for name in ("system", "pointing"))
    assert pointing not in prompt()
    assert f"{system}\n\n{pointing}" in prompt(point=True)
    assert f"Be brief.\n\n{pointing}" in prompt(point=True, system="Be brief.")
    for task in ("guide", "act"):
        asked = prompt(task=task, point=True)
        assert resources.text(f"prompts/{task}.txt").rstrip() in asked
        assert system not in asked
        assert pointing not in asked
    signs = (Message("user", (screen, Text("Where?"))), Message("assistant", (Text("Click **Save** ①."),)))
    later = replace(question(), messages=(*signs, Message("user", (Text("And then?"),))))
    tokens = session._prompts(later, False, *_counting())[1].tokens.tolist()
    assert "Click **Save**." in b"".join(map(tokenizer.bytes_of, tokens)).decode()


def _counting() -> tuple[Any, Any]:
    from engine.tally import Tally

    return Tally(), lambda: None


def test_what_was_read_ahead_to_be_pointed_at_is_not_read_again(tmp_path: Path, screen: Image) -> None:
    session = opened(make_tiny(tmp_path / "tiny", "4B", seed=5, endless=True))
    ahead = Prepare("ahead", (Message("user", (screen,)),), image_budget="fast", point=True)
    *_, ready = session.prepare(ahead, lambda: False)
    assert isinstance(ready, Finished)
    asked = question(screen, point=True, max_tokens=4, sampling=Sampling(greedy=True))
    last = run(session, asked)[-1]
    assert isinstance(last, Finished)
    assert last.usage.cached == ready.usage.prompt > 0
    plain = run(session, replace(asked, point=False))[-1]
    assert isinstance(plain, Finished)
    assert plain.usage.cached == 0


# --- Second looks ----------------------------------------------------------------------------------------------------


def look(session: Session, request: LookAgain) -> list[Event]:
    return list(session.look_again(request, lambda: False))


def test_a_second_look_tells_the_place_on_the_whole_picture(
    session_of: Callable[..., Session], screen: Image, heard: list[tuple[Generate, Prompt]]
) -> None:
    session = session_of('```json\n[{"bbox_2d": [500, 500, 750, 600], "label": "Save"}]\n```')
    mark, last = look(session, LookAgain("again", screen, "the Save button", Box(0.5, 0.5, 0.55, 0.52)))
    asked = heard[0][0]
    assert asked.messages[0].parts[1] == Text("the Save button")
    assert (asked.max_tokens, asked.thinking.enabled, asked.sampling.greedy) == (MOST_TOKENS, False, True)
    left, top, right, bottom = frame(part_around(Box(0.5, 0.5, 0.55, 0.52), 1600, 1000), 1600, 1000)
    assert (right - left, bottom - top) == pytest.approx((320, 320), abs=2)
    assert isinstance(mark, Grounded)
    assert (mark.attachment, mark.number, mark.label) == ("screen", 1, "the Save button")
    middle = ((left + right) / 2 / 1600, (top + bottom) / 2 / 1000)
    assert (mark.box.x0, mark.box.y0) == pytest.approx(middle, abs=1e-3)
    assert (mark.box.x1, mark.box.y1) == pytest.approx((middle[0] + 80 / 1600, middle[1] + 32 / 1000), abs=1e-3)
    assert isinstance(last, Finished)
    assert (last.request_id, last.reason) == ("again", "stop")


@pytest.mark.parametrize("said", ["none", "It is not there.", SAVE.replace("100", "9000")])
def test_what_is_not_there_has_no_place(session_of: Callable[..., Session], screen: Image, said: str) -> None:
    (last,) = look(session_of(said), LookAgain("again", screen, "Save", WHOLE))
    assert isinstance(last, Finished)


@pytest.mark.parametrize("box", [Box(0.0, 0.0, 0.01, 0.01), Box(0.99, 0.99, 1.0, 1.0), Box(0.2, 0.3, 0.2, 0.3), WHOLE])
@pytest.mark.parametrize("size", [(1600, 1000), (200, 120), (3000, 40)])
def test_the_part_holds_the_box_and_stays_in_the_picture(box: Box, size: tuple[int, int]) -> None:
    width, height = size
    left, top, right, bottom = frame(part_around(box, width, height), width, height)
    assert 0 <= left <= box.x0 * width <= box.x1 * width <= right <= width
    assert 0 <= top <= box.y0 * height <= box.y1 * height <= bottom <= height
    assert right - left >= min(320, width) - 1
    assert bottom - top >= min(320, height) - 1


def test_a_second_look_on_real_code_leaves_what_is_kept_alone(tmp_path: Path, screen: Image) -> None:
    torch.set_num_threads(1)
    session = opened(make_tiny(tmp_path / "tiny", "4B", seed=5, endless=True))
    asked = question(screen, point=True, max_tokens=4, sampling=Sampling(greedy=True))
    run(session, asked)
    kept = len(session._prefixes)
    last = look(session, LookAgain("again", screen, "Save", Box(0.5, 0.5, 0.55, 0.52)))[-1]
    assert isinstance(last, Finished)
    assert 0 < last.usage.generated <= MOST_TOKENS
    assert last.usage.images == (100,)
    assert len(session._prefixes) == kept
    later = run(session, asked)[-1]
    assert isinstance(later, Finished)
    assert later.usage.cached > later.usage.image


def test_a_picture_that_is_gone_and_a_stop(session_of: Callable[..., Session], screen: Image) -> None:
    session = session_of(SAVE)
    (failed,) = look(session, LookAgain("again", replace(screen, path="/gone.png"), "Save", WHOLE))
    assert isinstance(failed, Failed)
    assert failed.code == "image_unreadable"
    (stopped,) = session.look_again(LookAgain("again", screen, "Save", WHOLE), lambda: True)
    assert isinstance(stopped, Finished)
    assert stopped.reason == "cancelled"


def test_calls_are_no_places(session_of: Callable[..., Session], screen: Image) -> None:
    """The box of a closer look stays in its call."""
    told = run(session_of(ZOOM, "Yes."), question(screen, zoom=True))
    assert [event.name for event in of(ToolCall, told)] == ["zoom"]
    assert of(Grounded, told) == []
