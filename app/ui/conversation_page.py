"""The conversation as a page: turns in one column, and where the person is in it."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QCoreApplication, QElapsedTimer, QEvent, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.domain.conversation import Answer, Conversation, Turn
from app.domain.documents import Citation
from app.domain.status import Status
from app.look import Look
from app.ui.answer import AnswerFactory
from app.ui.buttons import Button
from app.ui.document_viewer.words import PageWords
from app.ui.documents.passage_card import PassageCard
from app.ui.icons import Icons
from app.ui.themed import Themed
from app.ui.thumbnails import Thumbnails
from app.ui.turn import TurnView
from engine.protocol import Channel

_BATCH_MS = 20
"""How long turns are built before the window gets its turn again."""
_AT_END = 24
"""Pixels from the lower end that still count as being there."""


class ConversationPage(QWidget, Themed):
    """Shows a conversation from its newest end; older turns are added above in small batches.

    It follows the end only while the person is there, and keeps what is read in its place otherwise.
    """

    copy_wanted = Signal(str)
    """Markdown for the clipboard."""
    again_wanted = Signal(str)
    """Turn id."""
    edited = Signal(str, str)
    """Turn id and the new question."""
    retry_wanted = Signal(str)
    offer_accepted = Signal(str, object)
    """Turn id and the `Offer`."""
    turn_chosen = Signal(str)
    """Id of the sibling to show."""
    enlarge_wanted = Signal(object)
    """The `Attachment`."""
    closer_look_wanted = Signal(object)
    """The `CloserLook` to show in its picture."""
    link_activated = Signal(str)
    citation_opened = Signal(str, object)
    """Turn id and the `Citation` whose page is to be shown."""
    document_opened = Signal(object)
    """The `DocumentAttachment` of a question."""
    sources_wanted = Signal(object, object)
    """The `Answer` of which all that was read is to be shown, and the `PageWords` of its turn."""
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
    answering_changed = Signal(bool)
    """Whether a question of this conversation waits for its answer, or the answer is being written."""

    def __init__(
        self,
        look: Look,
        icons: Icons,
        thumbnails: Thumbnails,
        answer_view: AnswerFactory,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._icons = icons
        self._thumbnails = thumbnails
        self._answer_view = answer_view
        self._views: dict[str, TurnView] = {}
        self._older: list[Turn] = []
        self._status = Status("stopped", "")
        self._following = True
        self._settling = False
        self._answering = False
        self._acting = False
        self._covered = 0
        self._opened = ("", 0)
        self._card = PassageCard(look, self)
        # What the person reads: the topmost turn in sight, and how far below the upper edge it begins.
        self._anchor: tuple[str, int] | None = None
        self._batches = QTimer(self)
        self._batches.setInterval(0)
        self._batches.timeout.connect(self._build_older)
        self._column = QWidget()
        self._column.setObjectName("column")
        self._turns = QVBoxLayout(self._column)
        self._turns.setSpacing(look.sizes.space_6)
        self._turns.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("page")
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName("Conversation")
        self._scroll.setWidget(self._column)
        self._scroll.viewport().installEventFilter(self)
        self._bar = self._scroll.verticalScrollBar()
        self._bar.valueChanged.connect(self._on_moved)
        self._bar.rangeChanged.connect(self._on_range)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._scroll)
        self._jump = Button(look, "Newest", "chip", icons, "newest", self)
        self._jump.describe("Jump to the newest")
        self._jump.hide()
        self._jump.clicked.connect(self.jump_to_newest)

    def set_conversation(self, conversation: Conversation | None) -> None:
        """Show `conversation` from its newest turn, or an empty page."""
        self._batches.stop()
        for view in self._views.values():
            self._turns.removeWidget(view)
            view.hide()
            view.deleteLater()
        self._views.clear()
        self._card.go()
        self._opened = ("", 0)
        self._anchor = None
        self._older = list(conversation.turns) if conversation is not None else []
        self._following = True
        self._build_older()

    def set_acting(self, on: bool) -> None:
        """Whether answers offer to do what was asked."""
        self._acting = on
        for view in self._views.values():
            view.set_acting(on)

    def add_turn(self, turn: Turn) -> None:
        """Put `turn` at the end and go there: the person has just asked."""
        self._following = True
        self._add(turn, self._turns.count() - 1)
        self._settle()
        self._tell_answering()

    def extend_answer(self, turn_id: str, channel: Channel, text: str) -> None:
        """Add streamed text. A turn that is not shown is left alone."""
        view = self._views.get(turn_id)
        if view is not None:
            view.extend(channel, text)

    def set_answer(self, turn_id: str, answer: Answer) -> None:
        """Show the whole of `answer`. A turn that is not shown yet will be built with it."""
        view = self._views.get(turn_id)
        if view is not None:
            view.set_answer(answer)
            self._tell_answering()
            return
        for index, turn in enumerate(self._older):
            if turn.id == turn_id:
                self._older[index] = dataclasses.replace(turn, answer=answer)

    def set_status(self, status: Status) -> None:
        """Say it where the answer will stand, for turns that wait for their first word."""
        self._status = status
        for view in self._views.values():
            if view.running():
                view.set_waiting(status.sentence)

    def _tell_answering(self) -> None:
        answering = any(view.running() for view in self._views.values())
        if answering != self._answering:
            self._answering = answering
            self.answering_changed.emit(answering)

    def set_open_citation(self, turn_id: str, number: int) -> None:
        """The citation whose page is open beside the conversation; ``""`` and 0 for none."""
        before, self._opened = self._opened, (turn_id, number)
        for view in {before[0], turn_id} & self._views.keys():
            self._views[view].set_open_citation(number if view == turn_id else 0)

    def jump_to_newest(self) -> None:
        """Go to the lower end and follow it again."""
        self._following = True
        self._settle()

    def set_covered(self, height: int) -> None:
        """Keep the end of the page clear of something that lies over its lower `height` pixels."""
        if height != self._covered:
            self._covered = height
            self._set_margins()
            self._place_jump()

    def complete(self) -> bool:
        """Whether every turn of the conversation is on the page."""
        return not self._older

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102
        if event.type() == QEvent.Type.Resize:
            self._set_margins()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._place_jump()

    def _build_older(self) -> None:
        """Newest first, so that what is looked at is there at once."""
        clock = QElapsedTimer()
        clock.start()
        while self._older and clock.elapsed() < _BATCH_MS:
            self._add(self._older.pop(), 0)
        self._settle()
        if self._older:
            self._batches.start()
        else:
            self._batches.stop()
        self._tell_answering()

    def _add(self, turn: Turn, at: int) -> None:
        view = TurnView(self._look, self._icons, turn, self._thumbnails, self._answer_view)
        view.copy_wanted.connect(self.copy_wanted)
        view.again_wanted.connect(self.again_wanted)
        view.edited.connect(self.edited)
        view.retry_wanted.connect(self.retry_wanted)
        view.offer_accepted.connect(self.offer_accepted)
        view.turn_chosen.connect(self.turn_chosen)
        view.enlarge_wanted.connect(self.enlarge_wanted)
        view.closer_look_wanted.connect(self.closer_look_wanted)
        view.link_activated.connect(self.link_activated)
        view.citation_opened.connect(self._open)
        view.citation_pointed.connect(self._point)
        view.document_opened.connect(self.document_opened)
        view.sources_wanted.connect(self.sources_wanted)
        view.marks_opened.connect(self.marks_opened)
        view.copy_marked_wanted.connect(self.copy_marked_wanted)
        view.mark_show_wanted.connect(self.mark_show_wanted)
        view.walk_wanted.connect(self.walk_wanted)
        view.act_wanted.connect(self.act_wanted)
        view.set_acting(self._acting)
        if turn.id == self._opened[0]:
            view.set_open_citation(self._opened[1])
        if view.running() and self._status.sentence:
            view.set_waiting(self._status.sentence)
        self._views[turn.id] = view
        self._turns.insertWidget(at, view)
        # A layout leaves out what is only about to be shown.
        view.show()

    def _point(self, citation: Citation | None, near: QRect, words: PageWords) -> None:
        if citation is None:
            self._card.go()
        else:
            self._card.show_for(citation, near, words)

    def _open(self, turn: str, citation: Citation) -> None:
        # The page moves when the document comes beside it: the card would point at nothing.
        self._card.go()
        self.citation_opened.emit(turn, citation)

    def _settle(self) -> None:
        """Lay the page out now and restore the place, so that no frame shows it anywhere else."""
        self._settling = True
        from_end = self._bar.maximum() - self._bar.value()
        # Sent, not posted: the turns are laid out and the column gets the height they want before anything is drawn.
        for widget in (self._column, self._scroll):
            QCoreApplication.sendEvent(widget, QEvent(QEvent.Type.LayoutRequest))
        self._bar.setValue(self._bar.maximum() - (0 if self._following else from_end))
        self._settling = False
        self._set_anchor()
        self._show_jump()

    def _on_range(self, _low: int, high: int) -> None:
        """The page was laid out anew: what is read stays where it is, whatever grew above or below it."""
        if not self._settling:
            self._settling = True
            if self._following:
                self._bar.setValue(high)
            elif self._anchor is not None and (view := self._views.get(self._anchor[0])) is not None:
                self._bar.setValue(view.y() - self._anchor[1])
            self._settling = False
        self._show_jump()

    def _on_moved(self, value: int) -> None:
        self._card.go()
        if not self._settling:
            self._following = value >= self._bar.maximum() - _AT_END
            self._set_anchor()
        self._show_jump()

    def _set_anchor(self) -> None:
        top = self._bar.value()
        seen = [view for view in self._views.values() if view.geometry().bottom() > top]
        first = min(seen, key=lambda view: view.y(), default=None)
        self._anchor = None if first is None else (first.turn_id(), first.y() - top)

    def _set_margins(self) -> None:
        sizes = self._look.sizes
        # In line with the composer, whether there is a scroll bar or not.
        side = max(0, (self.width() - sizes.page_width) // 2 - sizes.shadow_reach)
        right = max(0, side - (self.width() - self._scroll.viewport().width()))
        self._turns.setContentsMargins(side, sizes.space_5, right, sizes.space_4 + self._covered)

    def _show_jump(self) -> None:
        away = self._bar.maximum() - self._bar.value() > self._scroll.viewport().height() // 4
        self._jump.setVisible(away and not self._following)
        self._place_jump()

    def _place_jump(self) -> None:
        hint = self._jump.sizeHint()
        bottom = self.height() - self._covered - hint.height() - self._look.sizes.space_2
        self._jump.setGeometry((self.width() - hint.width()) // 2, bottom, hint.width(), hint.height())
        self._jump.raise_()
