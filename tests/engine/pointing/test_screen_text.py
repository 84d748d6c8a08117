"""Reading screenshots: the words are right, their boxes fit to the pixel, and nothing is read twice."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PIL import Image, ImageChops, ImageDraw

from engine.documents.ocr import Recogniser
from engine.pointing.screen_text import ScreenLine, ScreenReader
from engine.pointing.screen_text_models import Networks
from engine.pointing.screen_text_plain import lines_plain
from engine.protocol.documents import Box
from tests.screen_scenes import PAINTS, Scene, Written, labels, painted, window


class Stopped(Exception):
    """The work was ended."""


@pytest.fixture(scope="session")
def reader() -> ScreenReader:
    return ScreenReader()


@pytest.fixture(scope="session")
def controls(qapp: object) -> Scene:
    return window((960, 640), seed=2)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the networks were asked for: "writing" of a picture or "letters" of a line, in that order."""
    asked: list[str] = []
    writing, letters = Networks.writing, Networks.letters
    monkeypatch.setattr(Networks, "writing", lambda self, pixels: (asked.append("writing"), writing(self, pixels))[1])
    monkeypatch.setattr(Networks, "letters", lambda self, line: (asked.append("letters"), letters(self, line))[1])
    return asked


def proceed() -> None:
    """Nothing ends the work."""


def read(reader: ScreenReader, scene: Scene, name: str) -> tuple[ScreenLine, ...]:
    return reader.lines(name, lambda: scene.picture, proceed)


def pixels(box: Box, scene: Scene) -> tuple[float, float, float, float]:
    width, height = scene.picture.size
    return box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height


def line_at(lines: tuple[ScreenLine, ...], written: Written, scene: Scene) -> ScreenLine | None:
    x0, y0, x1, y1 = written.area
    for line in lines:
        left, top, right, bottom = pixels(line.box, scene)
        if x0 - 2 <= (left + right) / 2 <= x1 + 2 and y0 - 2 <= (top + bottom) / 2 <= y1 + 2:
            return line
    return None


def told(line: ScreenLine) -> tuple[str, Box]:
    return line.text, line.box


def wrong(lines: tuple[ScreenLine, ...], scene: Scene) -> list[tuple[str, str]]:
    """What is written there and is read otherwise."""
    found = [(written.text, line_at(lines, written, scene)) for written in scene.written]
    said = [(text, line.text if line else "") for text, line in found]
    return [(text, other) for text, other in said if text.casefold() != other.casefold()]


@pytest.mark.parametrize(
    ("paint", "size", "family", "scale"),
    [
        ("light", 10, "DejaVu Sans", 1.0),
        ("dark", 11, "DejaVu Sans", 1.0),
        ("accent", 12, "DejaVu Sans", 1.0),
        ("disabled dark", 12, "DejaVu Sans", 1.0),
        ("gradient", 13, "DejaVu Sans", 1.0),
        ("white", 12, "Liberation Sans", 1.0),
        ("link", 12, "DejaVu Sans", 1.5),
    ],
)
def test_texts_are_read_and_boxed_to_the_pixel(
    reader: ScreenReader, qapp: object, paint: str, size: int, family: str, scale: float
) -> None:
    scene = painted(labels(36, size), PAINTS[paint], size, family, scale)
    lines = read(reader, scene, f"{paint} {size} {family}")
    assert len(wrong(lines, scene)) <= 1
    for written in scene.written:
        line = line_at(lines, written, scene)
        assert line is not None, written
        assert pixels(line.box, scene) == pytest.approx(written.area, abs=1.01), line.text


def test_controls_are_read_without_their_frames_and_boxes_to_tick(reader: ScreenReader, controls: Scene) -> None:
    lines = read(reader, controls, "controls")
    assert len(wrong(lines, controls)) <= 1, wrong(lines, controls)


def test_each_word_is_in_the_box_of_its_ink(reader: ScreenReader, qapp: object) -> None:
    words = ("Page", "margins", "Übersicht", "OK")
    scene = painted([" ".join(words)], PAINTS["light"], 13)
    (line,) = read(reader, scene, "words")
    assert [word for word, _ in line.words] == list(words)
    left, right = scene.written[0].area[0], scene.written[0].area[2]
    ends = [pixels(box, scene) for _, box in line.words]
    assert ends[0][0] == pytest.approx(left, abs=1)
    assert ends[-1][2] == pytest.approx(right, abs=1)
    for (*_, before, _), (after, *_) in pairwise(ends):
        assert 3 <= after - before <= 7  # a space of this font is 4 pixels, and letters stand a little in
    alone = painted([words[0]], PAINTS["light"], 13)
    assert ends[0] == pytest.approx(alone.written[0].area, abs=1)


def test_fast_and_plain_reading_agree(reader: ScreenReader, controls: Scene) -> None:
    fast = {line.text.casefold(): line for line in read(reader, controls, "controls")}
    plain = [line for line in lines_plain(Recogniser(), controls.picture) if line.score > 0.9 and len(line.text) > 3]
    same = [line for line in plain if line.text.strip("□O口 ").casefold() in fast]
    assert len(same) >= 0.9 * len(plain)
    for line in same:
        twin = fast[line.text.strip("□O口 ").casefold()]
        one, other = pixels(twin.box, controls), pixels(line.box, controls)
        assert abs((one[1] + one[3]) - (other[1] + other[3])) / 2 < 5
        assert abs(one[2] - other[2]) < 12  # the plain one's boxes are padded


def test_a_picture_is_opened_and_read_once(reader: ScreenReader, qapp: object, counted: list[str]) -> None:
    scene = painted(labels(6, 40), PAINTS["white"], 12)
    opened: list[Image.Image] = []

    def open_it() -> Image.Image:
        opened.append(scene.picture)
        return scene.picture

    first = reader.lines("once", open_it, proceed)
    asked = len(counted)
    assert reader.lines("once", open_it, proceed) == first
    assert len(opened) == 1
    assert len(counted) == asked


def test_of_a_screen_that_hardly_changed_only_the_change_is_read(
    controls: Scene, counted: list[str], reader: ScreenReader
) -> None:
    own = ScreenReader()
    before = own.lines("before", lambda: controls.picture, proceed)
    counted.clear()
    after = controls.picture.copy()
    ImageDraw.Draw(after).text((700, 600), "Saved just now", fill=0, font_size=14)
    assert ImageChops.difference(after, controls.picture).getbbox()
    lines = own.lines("after", lambda: after, proceed)
    assert counted == ["writing", "letters"]
    assert {line.text for line in lines} - {line.text for line in before} == {"Saved just now"}
    assert set(lines) >= set(before)
    fresh = ScreenReader()
    assert set(map(told, fresh.lines("after", lambda: after, proceed))) == set(map(told, lines))


def test_near_an_area_no_other_line_is_read(controls: Scene, counted: list[str], reader: ScreenReader) -> None:
    own = ScreenReader()
    width, height = controls.picture.size
    x0, y0, x1, y1 = controls.written[7].area
    area = Box(x0 / width, y0 / height, x1 / width, y1 / height)
    lines = own.lines_near("near", lambda: controls.picture, [area], proceed)
    assert [line.text for line in lines] == [controls.written[7].text]
    assert counted == ["writing", "letters"]


def test_lines_too_short_for_a_label_are_not_read(controls: Scene, counted: list[str], reader: ScreenReader) -> None:
    every = read(reader, controls, "controls")
    label = max((written.text for written in controls.written), key=len)
    counted.clear()
    lines = ScreenReader().lines_like("like", lambda: controls.picture, [label], proceed)
    assert label.casefold() in [line.text.casefold() for line in lines]
    assert counted.count("letters") < 0.5 * len(every)


@pytest.mark.parametrize("family", ["DejaVu Sans", "Liberation Sans", "Liberation Sans Narrow", "Liberation Serif"])
def test_no_label_is_left_out_for_its_size(qapp: object, family: str) -> None:
    from engine.pointing.screen_text_holding import may_hold
    from engine.pointing.screen_text_regions import Region

    for size in (9, 12, 16):
        for written in painted(labels(80, size), PAINTS["white"], size, family).written:
            assert may_hold(Region(*written.area), written.text), written


def test_unknown_scripts_are_not_told_as_certain(reader: ScreenReader, qapp: object) -> None:
    texts = ("Сохранить как", "Настройки", "Открыть файл", "Αρχείο", "Επεξεργασία", "Печать")
    for line in read(reader, painted(texts, PAINTS["light"], 13), "cyrillic"):
        assert line.score < 0.9, line


def test_reading_ends_between_two_lines_and_what_was_read_stays(
    controls: Scene, counted: list[str], reader: ScreenReader
) -> None:
    own = ScreenReader()
    left = 6

    def stop() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Stopped

    with pytest.raises(Stopped):
        own.lines("stopped", lambda: controls.picture, stop)
    done = counted.count("letters")
    assert 0 < done < 6
    lines = own.lines("stopped", lambda: controls.picture, proceed)
    assert counted.count("writing") == 1
    assert counted.count("letters") <= len(lines) + 3


def test_an_empty_picture_has_no_lines(reader: ScreenReader) -> None:
    for size in ((300, 200), (1, 1), (4000, 3)):
        blank = Image.new("RGB", size, "white")
        assert reader.lines(f"blank {size}", lambda blank=blank: blank, proceed) == ()
