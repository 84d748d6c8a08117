"""Numbers in brackets become marks that lead to the source, and only those that a source stands behind."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.documents import Citation
from app.render.blocks import Prose, Style, Table, Words
from app.render.parser import BlockParser
from app.render.stream import BlockStream
from app.render.view import AnswerView
from engine.protocol import PassageFound
from tests.app.render.palette import look

TEXT = """\
You can end the lease after a year [1]. With notice [1, 2], says “at any time” [2]. See [4] and `a[1]`.

| Case | |
|---|---|
| Ordinary | [2] |

Last [1][2]
"""


def citation(number: int, *, proved: bool | None = None, quote: str = "") -> Citation:
    passage = PassageFound("a" * 64, "lease.pdf", number, 7, "", "Term", "The Tenant may terminate", (), 1.0)
    return Citation(number, passage, quote, proved)


def marks(blocks: list) -> list[str]:  # type: ignore[type-arg]
    found = []
    for block in blocks:
        match block.content:
            case Prose(spans):
                runs = spans
            case Table(head, rows):
                runs = tuple(span for row in (head, *rows) for cell in row for span in cell)
            case _:
                runs = ()
        found += [span.text for span in runs if isinstance(span, Words) and Style.CITATION in span.style]
    return found


def test_only_numbers_with_a_source_become_marks() -> None:
    blocks = list(BlockParser().parse(TEXT, cited=frozenset({1, 2})).blocks)
    assert marks(blocks) == ["[1]", "[1]", "[2]", "[2]", "[2]", "[1]", "[2]"]
    assert marks(list(BlockParser().parse(TEXT).blocks)) == []


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("so [2-4].", ["[2]", "[3]", "[4]"]),
        ("so [1, 3–4]", ["[1]", "[3]", "[4]"]),
        ("in [3-9]", []),
        ("it is [4-2]", ["[4]", "[2]"]),
    ],
)
def test_a_range_is_a_mark_for_each_of_its_sources(written: str, seen: list[str]) -> None:
    stream = BlockStream()
    stream.cite(frozenset((1, 2, 3, 4)))
    stream.append(written)
    stream.finish()
    assert marks(list(stream.blocks)) == seen


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_half_a_mark_is_never_seen_while_the_answer_streams(size: int) -> None:
    stream = BlockStream()
    stream.cite(frozenset({1, 2}))
    for at in range(0, len(TEXT), size):
        stream.append(TEXT[at : at + size])
        for block in stream.blocks:
            if isinstance(block.content, Prose):
                said = "".join(
                    span.text
                    for span in block.content.spans
                    if isinstance(span, Words) and not span.style & (Style.CITATION | Style.CODE)
                )
                assert "[1" not in said
                assert not said.endswith("[")
    assert marks(stream.finish()) == marks(list(BlockParser().parse(TEXT, cited=frozenset({1, 2})).blocks))


def test_a_source_that_is_told_late_turns_what_was_read_into_marks() -> None:
    stream = BlockStream()
    stream.append("First [1].\n\nSecond.\n\nThird [1] is being wri")
    assert marks(stream.blocks) == []
    assert stream.cite(frozenset({1}))
    assert marks(stream.blocks) == ["[1]", "[1]"]
    assert not stream.cite(frozenset({1, 9}))
    stream.append("tten.")
    assert marks(stream.finish()) == ["[1]", "[1]"]


@pytest.fixture
def view(qtbot: QtBot) -> AnswerView:
    made = AnswerView(look())
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.set_citations((citation(1), citation(2, proved=False, quote="at any time")))
    made.set_text(TEXT)
    with qtbot.waitExposed(made):
        made.show()
    return made


def place(view: AnswerView, block: int = 0, which: int = 0) -> QPoint:
    widget = view.widgets[block]
    link = widget.sheet.links()[which]
    box = widget.sheet.box(link).translated(0, widget._above)
    return widget.pos() + box.center().toPoint()


def test_a_mark_is_clicked_pointed_at_and_copied_as_it_was_written(qtbot: QtBot, view: AnswerView) -> None:
    at = place(view)
    with qtbot.waitSignal(view.citation_pointed) as pointed:
        QTest.mouseMove(view, at)
    assert pointed.args[0] == 1
    assert isinstance(pointed.args[1], QRect)
    assert pointed.args[1].contains(view.mapToGlobal(at))
    with qtbot.waitSignal(view.citation_pointed) as left:
        QTest.mouseMove(view, QPoint(2, view.height() - 2))
    assert left.args[0] == 0
    with qtbot.assertNotEmitted(view.link_activated), qtbot.waitSignal(view.citation_opened) as opened:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert opened.args == [1]
    assert "after a year [1]. With notice [1][2]" in view.plain_text()


def test_marks_are_reached_by_keyboard(qtbot: QtBot, view: AnswerView) -> None:
    view.activateWindow()
    view.setFocus(Qt.FocusReason.OtherFocusReason)
    qtbot.waitUntil(view.hasFocus)
    QTest.keyClick(view, Qt.Key.Key_Tab)
    with qtbot.waitSignal(view.citation_opened) as opened:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert opened.args == [1]


def test_the_open_mark_and_the_doubtful_quote_look_different(view: AnswerView) -> None:
    """Not by colour alone: the shapes differ, so grey pictures differ too."""
    QApplication.processEvents()

    def grey() -> bytes:
        image = view.grab().toImage().convertToFormat(view.grab().toImage().Format.Format_Grayscale8)
        return bytes(image.constBits())

    before = grey()
    view.set_open_citation(1)
    opened = grey()
    assert opened != before
    view.set_open_citation(0)
    assert grey() == before
    view.set_citations((citation(1), dataclasses.replace(citation(2, quote="at any time"), proved=True)))
    assert grey() != before
    assert view.link_at(QPointF(place(view))) == "cite:1"
