"""The marks of one turn: on its pictures, in its text and in what is said of them, always the same one lit."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.domain.conversation import Answer
from app.ui.answer import AnswerParts
from app.ui.mark_evidence import MarkEvidence
from app.ui.picture_frame import PictureFrame


class TurnMarks(QObject):
    """Tells each of the three what the others show."""

    opened = Signal(object, object, int)
    """The `Attachment`, its marks, and the number of the one to go to."""
    copy_wanted = Signal(object, object)
    show_wanted = Signal(int)
    """The number of the mark to point at on the screen."""

    def __init__(
        self, frames: Sequence[PictureFrame], answer: AnswerParts, evidence: MarkEvidence, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._frames = tuple(frames)
        self._answer = answer
        self._evidence = evidence
        for frame in frames:
            frame.mark_pointed.connect(self.light)
            frame.marks_opened.connect(self.opened)
            frame.copy_wanted.connect(self.copy_wanted)
            frame.show_wanted.connect(self.show_wanted)
        for part in (answer, evidence):
            part.mark_pointed.connect(self.light)
            part.mark_opened.connect(self._open)

    def set_answer(self, answer: Answer, *, over: bool) -> None:
        """Show the marks of `answer`; what is said of them when it is `over`, because until then they are weighed."""
        for frame in self._frames:
            frame.set_marks(answer.marks)
        self._answer.set_marks(answer.marks)
        self._evidence.set_marks(answer.marks if over else ())

    def light(self, number: int) -> None:
        """Bring out one mark everywhere; 0 for none."""
        for frame in self._frames:
            frame.light(number if frame.has_mark(number) else 0)
        self._answer.set_lit_mark(number)
        self._evidence.light(number)

    def _open(self, number: int) -> None:
        for frame in self._frames:
            if frame.has_mark(number):
                frame.open_mark(number)
                return
