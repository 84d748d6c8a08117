from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QByteArray, QMimeData, QUrl
from PySide6.QtGui import QColor, QImage

from app.capture.arrivals import Arrivals
from app.capture.clipboard import accepts, unpack
from app.jobs import Jobs


def urls(*addresses: str, text: str = "") -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl(address) for address in addresses])
    if text:
        data.setText(text)
    return data


def picture(text: str = "") -> QMimeData:
    data = QMimeData()
    image = QImage(7, 5, QImage.Format.Format_ARGB32)
    image.fill(QColor("teal"))
    data.setImageData(image)
    if text:
        data.setText(text)
    return data


def test_files_are_taken_in_their_order_and_never_from_elsewhere(qapp) -> None:
    data = urls(
        "file:///home/me/b%20b.png", "https://example.org/c.png", "file://nas/share/d.png", "file:///home/me/a.png"
    )
    incoming = unpack(data)
    assert accepts(data)
    assert incoming.paths == (Path("/home/me/b b.png"), Path("/home/me/a.png"))
    assert incoming.refused == (
        "“d.png” lies on another computer. Copy it to this one and add it again.",
        "Fingerpost does not use the network. Save the picture on this computer and add the file.",
    )


@pytest.mark.parametrize(
    ("data", "taken"),
    [
        (urls("file:///a.png", text="/a.png"), True),
        (picture(), True),
        (picture("a cell of a table"), False),
        (urls("https://example.org/a"), True),
        (urls("https://example.org/a", text="https://example.org/a"), False),
        (QMimeData(), False),
    ],
)
def test_text_stays_text_for_the_composer(qapp, data: QMimeData, taken: bool) -> None:
    assert accepts(data) is taken


def test_a_web_picture_dragged_with_its_pixels_is_used(qapp) -> None:
    data = urls("https://example.org/a.png")
    data.setImageData(QImage(3, 3, QImage.Format.Format_RGB32))
    assert accepts(data)
    assert unpack(data).image is not None


def test_an_encoded_picture_keeps_its_bytes(qtbot) -> None:
    out = BytesIO()
    Image.new("RGB", (30, 20), "red").save(out, "JPEG")
    data = QMimeData()
    data.setData("image/jpeg", QByteArray(out.getvalue()))
    jobs = Jobs()
    arrivals = Arrivals(jobs)
    with qtbot.waitSignal(arrivals.picked, timeout=20_000) as picked:
        arrivals.paste(data, "clipboard")
    jobs.close()
    got = picked.args[0]
    assert (got.data, got.media_type, got.width, got.source) == (out.getvalue(), "image/jpeg", 30, "clipboard")


def test_pixels_become_a_png_with_their_transparency(qtbot) -> None:
    data = QMimeData()
    image = QImage(7, 5, QImage.Format.Format_ARGB32)
    image.fill(QColor(10, 20, 30, 128))
    data.setImageData(image)
    jobs = Jobs()
    arrivals = Arrivals(jobs)
    with qtbot.waitSignal(arrivals.picked, timeout=20_000) as picked:
        arrivals.paste(data, "drop")
    jobs.close()
    decoded = Image.open(BytesIO(picked.args[0].data))
    assert decoded.size == (7, 5)
    assert decoded.convert("RGBA").getpixel((3, 3)) == (10, 20, 30, 128)


def test_an_empty_clipboard_says_what_to_do(qtbot) -> None:
    jobs = Jobs()
    arrivals = Arrivals(jobs)
    with qtbot.waitSignal(arrivals.problem, timeout=20_000) as problem:
        arrivals.paste(QMimeData(), "clipboard")
    jobs.close()
    assert problem.args[0] == "There is no picture to paste. Copy a picture or a picture file first."
