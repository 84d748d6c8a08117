"""`Finding`: questions for the place of something, which need no model where its words stand on the picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.conversation import Attachment
from app.pointing.asked import wanted_of
from app.pointing.finder import Finder
from app.session.answering import Answering
from engine.protocol import Box, FoundFor, Mark, mark_sign

PATIENCE_MILLISECONDS = 3000
"""How long a model that could answer waits for what is found without it."""
MOST_PLACES = 3
"""Of one answer: more than that is no help."""
LIKE_THE_BEST = 0.8
"""What share of the best one's confidence another place needs, to be told too."""
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~$&])")
_ZONES = (
    ("at the top left", "at the top", "at the top right"),
    ("on the left", "in the middle", "on the right"),
    ("at the bottom left", "at the bottom", "at the bottom right"),
)


@dataclass(slots=True, eq=False)
class _Search:
    question: Answering
    wanted: str
    began: float
    request_id: str = ""


class Finding(QObject):
    """Looks for what such a question wants by the picture's text and the window's elements, beside whatever the model
    does. While a model is there (`has_model`) only what is confirmed counts, and the rest is for the model, as is what
    takes long to read.

    Signals:
        ended: an `Answering` that is over: found, not found or stopped.
        missed: an `Answering` that the model has to answer.
    """

    ended = Signal(object)
    missed = Signal(object)

    def __init__(
        self,
        finder: Finder,
        has_model: Callable[[], bool],
        clock: Callable[[], float],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._finder, self._has_model, self._clock = finder, has_model, clock
        self._searches: list[_Search] = []

    @property
    def all(self) -> tuple[Answering, ...]:
        """What is being looked for."""
        return tuple(search.question for search in self._searches)

    def put(self, question: Answering) -> bool:
        """Look for what `question` wants. False when it is for the model from the start."""
        wanted, picture = wanted_of(question.turn.question), picture_of(question)
        if not wanted or picture is None:
            return False
        search = _Search(question, wanted, self._clock())
        self._searches.append(search)
        search.request_id = self._finder.find(
            picture.id,
            picture.path,
            picture.elements,
            (question.turn.question,),
            lambda found: self._on_found(search, found),
            lambda sentence: self._on_failed(search, sentence),
        )
        QTimer.singleShot(PATIENCE_MILLISECONDS, self, lambda: self._give_up(search))
        return True

    def abandon(self, question: Answering) -> None:
        """End it as stopped, here and now."""
        for search in [each for each in self._searches if each.question is question]:
            self._finder.cancel(search.request_id)
            self._end(search, "")

    def close(self) -> None:
        """Stop everything."""
        for question in self.all:
            self.abandon(question)

    def _give_up(self, search: _Search) -> None:
        """The reader goes on: what it reads is needed to weigh what the model says."""
        if search in self._searches and self._has_model():
            self._searches.remove(search)
            self.missed.emit(search.question)

    def _on_found(self, search: _Search, found: tuple[FoundFor, ...]) -> None:
        if search not in self._searches:
            return
        marks = _plausible(found[0].marks if found else ())
        is_sure = bool(marks) and marks[0].confirmed
        if self._has_model() and not is_sure:
            self._searches.remove(search)
            self.missed.emit(search.question)
            return
        text = _told(marks) if marks else _not_found(search.wanted)
        notices = (_source_of(marks[0], self._has_model()),) if marks else ()
        search.question.find(text, marks, notices, self._clock() - search.began)
        self._searches.remove(search)
        self.ended.emit(search.question)

    def _on_failed(self, search: _Search, sentence: str) -> None:
        if search not in self._searches:
            return
        if self._has_model():
            self._searches.remove(search)
            self.missed.emit(search.question)
        else:
            self._end(search, sentence)

    def _end(self, search: _Search, error: str) -> None:
        self._searches.remove(search)
        search.question.break_off(error, self._clock())
        self.ended.emit(search.question)


def picture_of(question: Answering) -> Attachment | None:
    """The last picture of the question, or else of the conversation, unless a document may be meant."""
    for turn in (question.turn, *reversed(question.before)):
        if turn.documents:
            return None
        if turn.attachments:
            return turn.attachments[-1]
    return None


def _plausible(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """The best one, and those that may as well be meant."""
    best = marks[0].confidence * LIKE_THE_BEST if marks else 0.0
    return tuple(mark for mark in marks[:MOST_PLACES] if mark.confidence >= best)


def _told(marks: Sequence[Mark]) -> str:
    first, *others = marks
    name = _plain(first.label)
    verb = "is" if first.confirmed else "seems to be"
    sentence = f"**{name}** {mark_sign(first.number)} {verb} {_zone(first.box)}."
    if others:
        also = " or ".join(f"{mark_sign(mark.number)} {_zone(mark.box)}" for mark in others)
        sentence += f" It could also be {also}."
    return sentence


def _plain(text: str) -> str:
    """`text` as markdown that shows it letter by letter."""
    return _SPECIAL.sub(r"\\\1", text)


def _zone(box: Box) -> str:
    """Roughly where on the picture it is."""
    across, down = (min(int(3 * (low + high) / 2), 2) for low, high in ((box.x0, box.x1), (box.y0, box.y1)))
    return _ZONES[max(down, 0)][max(across, 0)]


def _not_found(wanted: str) -> str:
    return (
        f"“{_plain(wanted)}” was not found on this picture. "
        "Load a model to ask in other words, or take a picture of another window."
    )


def _source_of(mark: Mark, has_model: bool) -> str:
    """What speaks for it, and how to hear the model."""
    kinds = {proof.kind for proof in mark.proofs}
    sources = ["the text on the picture"] if "ocr" in kinds else []
    sources += ["the window's own description"] if "tree" in kinds else []
    source = f", from {' and '.join(sources)}" if sources else ""
    if has_model:
        return f"Found without asking the model{source}. Press Again to ask it."
    return f"Found without a model{source}."
