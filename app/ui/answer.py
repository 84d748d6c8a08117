"""The answer of a turn: its text, and between it the closer looks in the order they came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol, cast

from PySide6.QtCore import QObject, QRect, Signal, SignalInstance
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.conversation import Answer, Attachment, CloserLook
from app.domain.documents import Citation
from app.look import Look
from app.ui.icons import Icons
from app.ui.look_row import LookRow
from app.ui.thumbnails import Thumbnails
from engine.protocol import Mark


class AnswerBlocks(Protocol):
    """The widget that shows an answer's text: `app.render.AnswerView`, or a stand-in."""

    link_activated: SignalInstance
    citation_opened: SignalInstance
    citation_pointed: SignalInstance
    mark_pointed: SignalInstance
    mark_opened: SignalInstance

    def append(self, text: str) -> None:
        """Add streamed text."""

    def set_text(self, text: str) -> None:
        """Replace all of it."""

    def finish(self) -> None:
        """Nothing more comes."""

    def markdown(self) -> str:
        """The text as it came."""

    def set_look(self, look: Look) -> None:
        """Paint with `look` from now on."""

    def set_citations(self, citations: Sequence[Citation]) -> None:
        """Numbers in brackets that are marks."""

    def set_open_citation(self, number: int) -> None:
        """The mark whose page is open; 0 for none."""

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """What the signs in the text stand for."""

    def set_lit_mark(self, number: int) -> None:
        """The sign to bring out; 0 for none."""


AnswerFactory = Callable[[Look, QWidget], QWidget]
"""Makes a widget that is also an `AnswerBlocks`."""


class AnswerParts(QObject):
    """Puts the answer of one turn into `column`, above `below`. Text has the even places, looks the odd ones; a text
    that is empty has no widget.

    `owner` is the widget that the column lays out, `pictures` those of the question.
    """

    link_activated = Signal(str)
    closer_look_wanted = Signal(object)
    """The `CloserLook`."""
    citation_opened = Signal(int)
    citation_pointed = Signal(int, QRect)
    """The number of a mark and where it is on the desktop; 0 when nothing is pointed at any more."""
    mark_pointed = Signal(int)
    """The number of the mark on a picture whose sign is pointed at; 0 when none is any more."""
    mark_opened = Signal(int)

    def __init__(
        self,
        look: Look,
        icons: Icons,
        thumbnails: Thumbnails,
        pictures: Sequence[Attachment],
        answer_view: AnswerFactory,
        owner: QWidget,
        column: QVBoxLayout,
        below: QWidget,
    ) -> None:
        super().__init__(owner)
        self._look = look
        self._icons = icons
        self._thumbnails = thumbnails
        self._pictures = tuple(pictures)
        self._answer_view = answer_view
        self._owner = owner
        self._column = column
        self._below = below
        self._places: dict[int, QWidget] = {}
        self._looks: tuple[CloserLook, ...] = ()
        self._text: list[str] = []
        self._live = False
        self._citations: tuple[Citation, ...] = ()
        self._opened = 0
        self._marks: tuple[Mark, ...] = ()

    @property
    def first(self) -> QWidget:
        """What stands highest; what is under the answer while there is none."""
        return self._places[min(self._places)] if self._places else self._below

    @property
    def has_text(self) -> bool:
        """Whether a word was said."""
        return bool(self._text)

    def text(self) -> str:
        """All that was said, without the looks."""
        return "".join(self._text)

    def append(self, text: str) -> None:
        """Add streamed text."""
        if not text:
            return
        self._text.append(text)
        place = 2 * len(self._looks)
        if place in self._places:
            self._blocks(place).append(text)
        elif shown := _without_gap(place, text):
            self._blocks(place).append(shown)
            self._tell_live()

    def set_answer(self, answer: Answer, *, over: bool) -> None:
        """Show all of `answer`; `over` when nothing more comes."""
        self._live = not over
        if answer.looks[: len(self._looks)] != self._looks:
            self._clear()
        for closer in answer.looks[len(self._looks) :]:
            self._add(closer)
        if answer.citations != self._citations:
            self._citations = answer.citations
            for blocks in self._all_blocks():
                blocks.set_citations(self._citations)
        self._text = [answer.text] if answer.text else []
        borders = (0, *(look.at for look in answer.looks), len(answer.text))
        for number, (start, end) in enumerate(pairwise(borders)):
            self._set_text(2 * number, answer.text[start:end], over=over or number < len(answer.looks))
        self._tell_live()

    def set_look(self, look: Look) -> None:
        """Paint with `look` from now on."""
        self._look = look
        for blocks in self._all_blocks():
            blocks.set_look(look)

    def set_open_citation(self, number: int) -> None:
        """The citation whose page is open; 0 for none."""
        self._opened = number
        for blocks in self._all_blocks():
            blocks.set_open_citation(number)

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """What the signs in the text stand for. Nothing is laid out again for it."""
        if tuple(marks) != self._marks:
            self._marks = tuple(marks)
            for blocks in self._all_blocks():
                blocks.set_marks(self._marks)

    def set_lit_mark(self, number: int) -> None:
        """The sign to bring out; 0 for none."""
        for blocks in self._all_blocks():
            blocks.set_lit_mark(number)

    def _all_blocks(self) -> list[AnswerBlocks]:
        return [cast("AnswerBlocks", widget) for place, widget in self._places.items() if place % 2 == 0]

    def _set_text(self, place: int, text: str, *, over: bool) -> None:
        shown = _without_gap(place, text)
        if not shown and place not in self._places:
            return
        blocks = self._blocks(place)
        if blocks.markdown() != shown:
            blocks.set_text(shown)
        if over:
            blocks.finish()

    def _blocks(self, place: int) -> AnswerBlocks:
        if place not in self._places:
            widget = self._answer_view(self._look, self._owner)
            self._insert(place, widget)
            blocks = cast("AnswerBlocks", widget)
            blocks.set_citations(self._citations)
            blocks.set_open_citation(self._opened)
            blocks.set_marks(self._marks)
            blocks.link_activated.connect(self.link_activated)
            blocks.citation_opened.connect(self.citation_opened)
            blocks.citation_pointed.connect(self.citation_pointed)
            blocks.mark_pointed.connect(self.mark_pointed)
            blocks.mark_opened.connect(self.mark_opened)
        return cast("AnswerBlocks", self._places[place])

    def _add(self, closer: CloserLook) -> None:
        row = LookRow(self._look, self._icons, closer, self._pictures, self._thumbnails, self._owner)
        row.closer_look_wanted.connect(self.closer_look_wanted)
        self._insert(2 * len(self._looks) + 1, row)
        self._looks = (*self._looks, closer)

    def _insert(self, place: int, widget: QWidget) -> None:
        later = min((other for other in self._places if other > place), default=None)
        before = self._below if later is None else self._places[later]
        self._column.insertWidget(self._column.indexOf(before), widget)
        self._places[place] = widget
        # A layout leaves out what is only about to be shown.
        widget.show()

    def _clear(self) -> None:
        for widget in self._places.values():
            self._column.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._places.clear()
        self._looks = ()

    def _tell_live(self) -> None:
        """The model looks as long as it says nothing after a look."""
        newest = max(self._places, default=0)
        for place, widget in self._places.items():
            if isinstance(widget, LookRow):
                widget.set_live(self._live and place == newest)


def _without_gap(place: int, text: str) -> str:
    """Behind a look the distance is that of the page."""
    return text.lstrip("\n") if place else text
