"""From an answer to the live screen, in the whole window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

import PIL.Image
import pytest

from app.domain.conversation import Answer, Attachment, Picture
from app.domain.geometry import Rect
from app.domain.screen import ScreenMark, WindowRef
from app.pointing.on_screen import NOT_WATCHED
from app.wiring_pointing import SHOWN_SECONDS
from engine.protocol import Box, Mark
from tests.app.wiring.desk import Desk

SAVE = Mark(1, "", "Save", Box(0.5, 0.5, 0.6, 0.6), confidence=0.9, confirmed=True)


class Shown:
    """An answer that points at the middle of a window, and a finger for it that draws nothing."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.desk = desk
        self.pointed: list[tuple[ScreenMark, WindowRef | None]] = []
        self.hides = 0
        self.why_not = ""
        desk.start()
        parts = desk.parts
        monkeypatch.setattr(parts.pointer, "point", self._point)
        monkeypatch.setattr(parts.pointer, "hide", self._hide)
        monkeypatch.setattr(parts.pointer, "obstacle", lambda: self.why_not)
        parts.capture.window()
        desk.until(lambda: len(desk.tiles()) == 1 and not parts.capture.busy)
        (tile,) = desk.tiles()
        self.picture: Attachment = tile.attachment
        self.answer(self.picture)

    def answer(self, picture: Attachment) -> None:
        """Open a conversation with such an answer about `picture`."""
        store = self.desk.store
        conversation = store.create("Where is Save?")
        turn = store.add_turn(conversation.id, None, "Where is Save?", (picture,), ())
        store.save_answer(turn.id, Answer("finished", "Here ①.", marks=(replace(SAVE, attachment=picture.id),)))
        self.desk.parts.session.open_conversation(conversation.id)
        self.turn = turn.id

    def show(self) -> None:
        self.desk.window.page.mark_show_wanted.emit(self.turn, 1)

    def _point(self, marks: Sequence[ScreenMark], window: WindowRef | None, seconds: float, *, screen: str) -> None:
        assert seconds == SHOWN_SECONDS
        (mark,) = marks
        self.pointed.append((mark, window))

    def _hide(self) -> None:
        self.hides += 1

    @property
    def area(self) -> Rect:
        (mark, _) = self.pointed[-1]
        return mark.area


@pytest.fixture
def shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Shown:
    return Shown(desk, monkeypatch)


def test_a_capture_of_a_window_knows_its_parts(shown: Shown) -> None:
    assert [(element.role, element.name) for element in shown.picture.elements] == [("button", "Save")]


def test_the_finger_points_where_the_window_is_now(shown: Shown) -> None:
    shown.show()
    front = shown.desk.source.front
    assert shown.pointed[-1][1] == front, "the same run: the window is still known"
    assert (shown.area.x, shown.area.y) == (160, 120)
    shown.desk.source.front = replace(front, frame=Rect(60, 20, 300, 200))
    shown.show()
    assert (shown.area.x, shown.area.y) == (210, 120)


def test_a_closed_window_is_told_and_not_pointed_into(shown: Shown) -> None:
    shown.desk.source.front = replace(shown.desk.source.front, handle=8)
    shown.show()
    assert shown.pointed == []
    assert shown.desk.notes() == ("The window “Budget.ods” is closed or hidden. Open it again, then try again.",)


def test_where_nothing_can_be_drawn_the_reason_is_told(shown: Shown) -> None:
    shown.why_not = "This desktop does not let Fingerpost draw over other programs."
    shown.show()
    assert shown.pointed == []
    assert shown.desk.notes() == (shown.why_not,)


def test_what_ends_it_by_itself_is_told(shown: Shown) -> None:
    shown.show()
    shown.desk.parts.pointer.hidden.emit("timeout")
    assert shown.desk.notes() == ()
    shown.show()
    shown.desk.parts.pointer.hidden.emit("moved")
    assert "The window has moved" in shown.desk.notes()[0]
    # What a walk-through points at is its own business.
    shown.desk.parts.pointer.hidden.emit("closed")
    assert len(shown.desk.notes()) == 1


def test_a_picture_of_an_earlier_run_is_pointed_at_with_a_warning(shown: Shown) -> None:
    data = BytesIO()
    PIL.Image.new("RGB", (300, 200), "orange").save(data, "PNG")
    other = shown.desk.store.keep(Picture(data.getvalue(), "image/png", 300, 200, "file", "orange.png"))
    shown.answer(replace(other, place=shown.picture.place))
    shown.show()
    assert shown.pointed[-1][1] is None
    assert shown.desk.notes() == (NOT_WATCHED,)
    shown.answer(other)
    shown.show()
    assert "was not taken from the screen" in shown.desk.notes()[-1]


def test_the_finger_goes_with_the_answer(shown: Shown) -> None:
    before = shown.hides
    shown.desk.parts.session.new_conversation()
    assert shown.hides == before + 1
