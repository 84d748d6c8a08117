"""The finger points where the thing is now, or says why it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.conversation import Attachment
from app.domain.geometry import Place, Rect, Screen
from app.domain.screen import ScreenMark, WindowRef
from app.pointing.on_screen import NO_PLACE, NOT_WATCHED, NotOnScreenError, covers, on_screen
from engine.protocol import Box, Mark

WRITER = WindowRef(7, 1, "Writer", Rect(100, 200, 400, 300))
PICTURE = Attachment(
    "a", Path("/a.png"), "image/png", 800, 600, "window", "Writer", Place("HDMI-1", WRITER.frame, 2.0), (), WRITER
)
MARK = Mark(3, "a", "Save", Box(0.5, 0.5, 0.75, 0.75), confirmed=True)


def stays(window: WindowRef) -> WindowRef | None:
    return window


def test_a_mark_is_where_its_picture_was_taken() -> None:
    found = on_screen(MARK, PICTURE, stays)
    assert (found.mark, found.window) == (ScreenMark(3, "Save", Rect(300, 350, 100, 75), True), WRITER)
    assert (found.screen, found.note) == ("HDMI-1", "")


def test_it_goes_with_its_window() -> None:
    moved = replace(WRITER, frame=Rect(-50, 220, 400, 300))
    found = on_screen(MARK, PICTURE, lambda _: moved)
    assert (found.mark.area, found.window) == (Rect(150, 370, 100, 75), moved)


def test_a_window_that_is_gone_or_another_size_is_not_pointed_into() -> None:
    with pytest.raises(NotOnScreenError, match="The window “Writer” is closed or hidden"):
        on_screen(MARK, PICTURE, lambda _: None)
    with pytest.raises(NotOnScreenError, match="another size"):
        on_screen(MARK, PICTURE, lambda _: replace(WRITER, frame=Rect(100, 200, 500, 300)))


def test_a_picture_from_elsewhere_has_no_place() -> None:
    with pytest.raises(NotOnScreenError) as error:
        on_screen(MARK, replace(PICTURE, place=None), stays)
    assert str(error.value) == NO_PLACE


def test_where_no_window_is_known_it_says_what_it_can_not_see() -> None:
    unknown = (
        replace(PICTURE, window=None),
        replace(PICTURE, window=replace(WRITER, handle=0)),
        # On a picture of the whole screen, beside that window.
        replace(PICTURE, place=Place("HDMI-1", Rect(0, 0, 2000, 2000), 1.0)),
    )
    for picture in unknown:
        found = on_screen(MARK, picture, lambda _: None)
        assert (found.window, found.note) == (None, NOT_WATCHED)


def test_only_a_few_words_stand_beside_an_arm() -> None:
    long = replace(MARK, label="Save this document under another name")
    assert on_screen(long, PICTURE, stays).mark.words == "Save this document…"


def test_our_window_covers_what_lies_under_it() -> None:
    screen = Screen("HDMI-1", Rect(0, 0, 960, 540), Rect(0, 0, 1920, 1080), 2.0)
    own = Rect(0, 0, 200, 200)
    assert covers(own, Rect(390, 390, 50, 50), [screen])
    assert covers(own, Rect(100, 100, 0, 0), [screen]), "a point"
    assert not covers(own, Rect(410, 410, 50, 50), [screen])
