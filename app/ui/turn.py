"""One turn of the page: question, pictures, thoughts, answer, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QRect, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.conversation import Answer, Turn
from app.domain.documents import Citation
from app.look import Look
from app.ui.actions import ActionsRow
from app.ui.answer import AnswerFactory, AnswerParts
from app.ui.document_viewer.words import PageWords
from app.ui.documents.chips import DocumentChips
from app.ui.documents.evidence import Evidence
from app.ui.failure import FailureCard
from app.ui.icons import Icons
from app.ui.mark_evidence import MarkEvidence
from app.ui.painting import Shadowed
from app.ui.picture_frame import PictureFrame
from app.ui.question import QuestionBlock, QuestionEditor
from app.ui.text import label
from app.ui.thinking import ThinkingFold
from app.ui.thumbnails import Thumbnails
from app.ui.turn_marks import TurnMarks
from engine.protocol import Channel


class TurnView(Shadowed):
    """As wide as the column and its shadows. Only its lower end ever grows while an answer streams in."""

    copy_wanted = Signal(str)
    again_wanted = Signal(str)
    edited = Signal(str, str)
    retry_wanted = Signal(str)
    offer_accepted = Signal(str, object)
    turn_chosen = Signal(str)
    enlarge_wanted = Signal(object)
    closer_look_wanted = Signal(object)
    link_activated = Signal(str)
    citation_opened = Signal(str, object)
    """Turn id and the `Citation`."""
    citation_pointed = Signal(object, QRect, object)
    """The `Citation` under the pointer, where it is, and the `PageWords` of the turn; None when it has left."""
    document_opened = Signal(object)
    sources_wanted = Signal(object, object)
    """The `Answer` and the `PageWords` of the turn."""
    marks_opened = Signal(object, object, int)
    """The `Attachment`, its marks, and the number of the one to go to; 0 for all of it."""
    copy_marked_wanted = Signal(object, object)
    """The `Attachment` and its marks."""
    mark_show_wanted = Signal(str, int)
    """Turn id, and the number of the mark to point at on the screen."""
    walk_wanted = Signal(str)
    """Turn id."""
    act_wanted = Signal(str)
    """Turn id."""

    def __init__(
        self,
        look: Look,
        icons: Icons,
        turn: Turn,
        thumbnails: Thumbnails,
        answer_view: AnswerFactory,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(look, parent)
        self._icons = icons
        self._turn = turn
        self._state = turn.answer.state
        self._shown = turn.answer
        self._editor: QuestionEditor | None = None
        self._thinking: ThinkingFold | None = None
        self._failure: FailureCard | None = None
        self._notices: list[QWidget] = []
        self._question = QuestionBlock(look, turn.question)
        self._frames = [PictureFrame(look, icons, attachment, thumbnails) for attachment in turn.attachments]
        self._words: PageWords = {document.id: document.page_word for document in turn.documents}
        self._chips = DocumentChips(look, icons, turn.documents) if turn.documents else None
        self._evidence = Evidence(look, self._words)
        self._doubts = MarkEvidence(look)
        self._waiting = label("Waiting for the model", "small")
        self._actions = ActionsRow(look, icons, turn)
        sizes = look.sizes
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(sizes.shadow_reach, 0, sizes.shadow_reach, 0)
        self._column.setSpacing(sizes.space_4)
        chips = () if self._chips is None else (self._chips,)
        above = (*chips, self._question, *self._frames)
        for widget in (*above, self._waiting, self._doubts, self._evidence, self._actions):
            self._column.addWidget(widget)
        # In its layout by now: what has no parent would be shown as a window.
        self._question.setVisible(bool(turn.question))
        for frame in self._frames:
            frame.enlarge_wanted.connect(self.enlarge_wanted)
        self._answer = AnswerParts(
            look, icons, thumbnails, turn.attachments, answer_view, self, self._column, self._waiting
        )
        self._answer.link_activated.connect(self.link_activated)
        self._answer.closer_look_wanted.connect(self.closer_look_wanted)
        self._answer.citation_opened.connect(self._open_citation)
        self._answer.citation_pointed.connect(self._point)
        self._evidence.opened.connect(self._open_citation)
        self._evidence.sources_wanted.connect(lambda: self.sources_wanted.emit(self._shown, self._words))
        if self._chips is not None:
            self._chips.opened.connect(self.document_opened)
        self._marks = TurnMarks(self._frames, self._answer, self._doubts, self)
        self._marks.opened.connect(self.marks_opened)
        self._marks.copy_wanted.connect(self.copy_marked_wanted)
        self._marks.show_wanted.connect(lambda number: self.mark_show_wanted.emit(turn.id, number))
        self._actions.walk_wanted.connect(lambda: self.walk_wanted.emit(turn.id))
        self._actions.act_wanted.connect(lambda: self.act_wanted.emit(turn.id))
        self._actions.copy_wanted.connect(lambda: self.copy_wanted.emit(self._answer.text()))
        self._actions.again_wanted.connect(lambda: self.again_wanted.emit(turn.id))
        self._actions.edit_wanted.connect(self._edit)
        self._actions.turn_chosen.connect(self.turn_chosen)
        self.set_answer(turn.answer)

    def set_acting(self, on: bool) -> None:
        """Whether to offer to do what was asked."""
        self._actions.set_acting(on)

    def turn_id(self) -> str:
        """The turn it shows."""
        return self._turn.id

    def running(self) -> bool:
        """Whether its answer is still being made."""
        return self._state in ("waiting", "streaming")

    def extend(self, channel: Channel, text: str) -> None:
        """Add streamed text to one channel."""
        if channel == "reasoning":
            self._thoughts().extend(text)
        else:
            if self._thinking is not None and not self._answer.has_text:
                self._thinking.end()
            self._answer.append(text)
        self._waiting.hide()

    def set_answer(self, answer: Answer) -> None:
        """Show the whole of `answer`, in whatever state it is."""
        self._state = answer.state
        self._shown = answer
        over = not self.running()
        if answer.reasoning:
            self._thoughts().set_answer(answer, live=not over and not answer.text)
        self._answer.set_answer(answer, over=over)
        self._waiting.setVisible(not over and not answer.text and not answer.reasoning and not answer.looks)
        if len(self._frames) == 1:
            self._frames[0].set_tokens(answer.image_tokens)
        self._marks.set_answer(answer, over=over)
        self._evidence.set_answer(answer)
        if self._chips is not None:
            self._chips.set_sources(answer.sources)
        self._show_notices(answer)
        self._show_failure(answer)
        self._actions.set_answer(answer)

    def set_waiting(self, sentence: str) -> None:
        """Say what happens before the first word comes."""
        self._waiting.setText(sentence)

    def set_look(self, look: Look) -> None:  # noqa: D102
        super().set_look(look)
        self._answer.set_look(look)
        self._evidence.set_look(look)
        self._doubts.set_look(look)

    def set_open_citation(self, number: int) -> None:
        """The citation whose page is open; 0 for none."""
        self._answer.set_open_citation(number)
        self._evidence.set_opened(number)

    def _citation(self, number: int) -> Citation | None:
        return next((each for each in self._shown.citations if each.number == number), None)

    def _open_citation(self, number: int) -> None:
        if (citation := self._citation(number)) is not None:
            self.citation_opened.emit(self._turn.id, citation)

    def _point(self, number: int, near: QRect) -> None:
        self.citation_pointed.emit(self._citation(number), near, self._words)

    def _insert(self, widget: QWidget, *, before: QWidget) -> None:
        self._column.insertWidget(self._column.indexOf(before), widget)
        # A layout leaves out what is only about to be shown.
        widget.show()

    def _drop(self, widget: QWidget) -> None:
        self._column.removeWidget(widget)
        widget.hide()
        widget.deleteLater()

    def _thoughts(self) -> ThinkingFold:
        if self._thinking is None:
            self._thinking = ThinkingFold(self._look, self._icons)
            self._insert(self._thinking, before=self._answer.first)
        return self._thinking

    def _show_notices(self, answer: Answer) -> None:
        for widget in self._notices:
            self._drop(widget)
        self._notices = [label(notice, "notice", wrap=True) for notice in answer.notices]
        for widget in self._notices:
            self._insert(widget, before=self._doubts)

    def _show_failure(self, answer: Answer) -> None:
        if self._failure is not None:
            self._drop(self._failure)
            self._failure = None
        if answer.state != "failed":
            return
        sentence = answer.error or "The answer ended early. Press Retry to ask again."
        self._failure = FailureCard(self._look, sentence, answer.offers)
        self._failure.retry_wanted.connect(lambda: self.retry_wanted.emit(self._turn.id))
        self._failure.offer_accepted.connect(lambda offer: self.offer_accepted.emit(self._turn.id, offer))
        self._insert(self._failure, before=self._actions)

    def _edit(self) -> None:
        if self._editor is not None:
            return
        self._editor = QuestionEditor(self._look, self._turn.question)
        self._editor.saved.connect(self._save)
        self._editor.cancelled.connect(self._close_editor)
        self._question.hide()
        self._insert(self._editor, before=self._question)
        self._editor.begin()

    def _save(self, question: str) -> None:
        self._close_editor()
        self.edited.emit(self._turn.id, question)

    def _close_editor(self) -> None:
        if self._editor is None:
            return
        self._drop(self._editor)
        self._editor = None
        self._question.setVisible(bool(self._turn.question))
