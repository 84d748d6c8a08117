"""Writing in pictures is found where it is, in the languages that are known; the others are said and not guessed."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from engine.documents.document import Page, Span
from engine.documents.ocr import Recogniser, with_text

FONT = Path("resources/fonts/NotoSans-Regular.ttf")
NASKH = Path("/usr/share/fonts/truetype/noto/NotoNaskhArabic-Regular.ttf")
SIZE = 30


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


def _picture(lines: list[str], font: Path = FONT) -> Image.Image:
    picture = Image.new("RGB", (900, 60 * len(lines) + 40), "white")
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((30, 20 + 60 * number), line, fill="black", font=ImageFont.truetype(str(font), SIZE))
    return picture


LATIN = [
    "The tenant pays 1,250.00 EUR on the third day.",
    "Müller zahlt für größere Räume am 3. März 89,90 €.",
    "Le contrat a été signé à Besançon par l'élève.",
    "El señor pagó la cuenta en España, ¿verdad?",
    "Zażółć gęślą jaźń w Łodzi, proszę bardzo.",
]


def test_latin_languages_are_read(recogniser: Recogniser) -> None:
    read = " ".join(span.text for span in recogniser.recognise(_picture(LATIN)))
    assert difflib.SequenceMatcher(None, read, " ".join(LATIN), autojunk=False).ratio() > 0.97


def test_words_have_places(recogniser: Recogniser) -> None:
    picture = _picture(["Alpha beta gamma delta", "second line with needle"])
    words = {word.text: word.box for span in recogniser.recognise(picture) for word in span.words}
    font = ImageFont.truetype(str(FONT), SIZE)
    for word, before, number in (("gamma", "Alpha beta ", 0), ("needle", "second line with ", 1)):
        left = 30 + font.getlength(before)
        assert words[word].x0 * picture.width == pytest.approx(left, abs=16)
        assert words[word].x1 * picture.width == pytest.approx(left + font.getlength(word), abs=16)
        assert words[word].y0 * picture.height < 35 + 60 * number < words[word].y1 * picture.height


def test_scripts_that_are_not_known_are_said(recogniser: Recogniser) -> None:
    russian = ["Арендатор платит арендную плату", "на третий рабочий день месяца"]
    greek = ["Ο ενοικιαστής πληρώνει το ενοίκιο", "την τρίτη εργάσιμη ημέρα του μήνα"]
    vietnamese = ["Người thuê phải trả tiền thuê nhà", "vào ngày làm việc thứ ba của mỗi tháng được"]
    for lines in (russian, greek, vietnamese):
        recognised = recogniser.read(_picture(lines))
        assert recognised.spans == ()
        assert "only Latin letters, Chinese and Japanese" in recognised.problem


@pytest.mark.skipif(not NASKH.exists(), reason="no Arabic font")
def test_arabic_is_said(recogniser: Recogniser) -> None:
    assert recogniser.read(_picture(["المستأجر يدفع الإيجار المتفق عليه في اليوم الثالث"], NASKH)).problem


def test_an_empty_picture_says_nothing(recogniser: Recogniser) -> None:
    recognised = recogniser.read(Image.new("RGB", (300, 200), "white"))
    assert (recognised.spans, recognised.problem) == ((), "")


def test_a_scanned_page_keeps_its_form_fields(recogniser: Recogniser) -> None:
    page = Page(3, (Span("Name: Anna", "form"),), "iii", 595, 842, scanned=True)
    read = with_text(page, recogniser.read(_picture(["Rental contract"])))
    assert [span.text for span in read.spans] == ["Rental contract", "Name: Anna"]
    assert (read.recognised, read.scanned, read.label) == (True, True, "iii")
