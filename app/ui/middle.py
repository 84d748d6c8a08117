"""The middle of the window: a conversation, or the plain page of a model that continues a text."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QWidget

from app.domain.conversation import Conversation
from app.look import Look
from app.ui.answer import AnswerFactory
from app.ui.completion_page import CompletionPage
from app.ui.composer import Composer
from app.ui.conversation_page import ConversationPage
from app.ui.empty_page import EmptyPage
from app.ui.icons import Icons
from app.ui.thumbnails import Thumbnails
from engine.protocol import Variant


class Middle(QStackedWidget):
    """Shows one of its pages, and below it, where the window has put them, either `composer` or the plain page's bar.

    For a model that answers: the open conversation or the empty page, and the composer. For a Base model: the open
    conversation, to read, or the plain page.
    """

    def __init__(
        self, look: Look, icons: Icons, thumbnails: Thumbnails, answer_view: AnswerFactory, composer: Composer
    ) -> None:
        super().__init__()
        self.page = ConversationPage(look, icons, thumbnails, answer_view)
        self.empty = EmptyPage(look, icons)
        self.completion = CompletionPage(look, icons)
        self._composer = composer
        self._variant: Variant = "instruct"
        for page in (self.empty, self.page, self.completion):
            self.addWidget(page)
        self.completion.bar.hide()
        self.page.answering_changed.connect(composer.set_busy)

    @property
    def asks(self) -> bool:
        """Whether there is a composer."""
        return self._variant == "instruct"

    @property
    def card(self) -> QWidget:
        """What stands below: the composer or the bar."""
        return self._composer if self.asks else self.completion.bar

    def set_variant(self, variant: Variant) -> None:
        """What the loaded model does."""
        self._variant = variant
        self._show(reads=self.currentWidget() is self.page)

    def show_conversation(self, conversation: Conversation | None) -> None:
        """Open a conversation, or none."""
        self.page.set_conversation(conversation)
        self._show(reads=conversation is not None and bool(conversation.turns))

    def show_turns(self) -> None:
        """The open conversation has its first turn."""
        self._show(reads=True)

    def insert(self, text: str) -> None:
        """Put `text` into what is written in now, if anything is."""
        if self.asks:
            self._composer.insert(text)
        elif self.currentWidget() is self.completion:
            self.completion.insert(text)

    def focus(self) -> None:
        """Put the cursor there."""
        (self._composer if self.asks else self.completion).focus()

    def set_covered(self, height: int) -> None:
        """Keep the ends of the pages clear of something that lies over the lower `height` pixels."""
        self.page.set_covered(height)
        self.completion.set_covered(height)

    def _show(self, *, reads: bool) -> None:
        self.setCurrentWidget(self.page if reads else self.empty if self.asks else self.completion)
        self.completion.bar.set_reading(reads)
        # First the one that goes: with both at once the page would jump.
        (self.completion.bar if self.asks else self._composer).hide()
        self.card.show()
