"""What was read for an answer, all of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.conversation import Answer
from app.look import Look
from app.ui.buttons import Button
from app.ui.document_viewer.words import PageWords, passage_place
from app.ui.documents.words import source_line
from app.ui.sheet import Sheet
from app.ui.text import label

_PLACES = 6


class SourcesSheet(Sheet):
    """Pages, tokens, what was left out and why, and what the model looked for by itself."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(look, "What was read", parent)
        self.column.addWidget(label("What was read", "title"))
        self._box: QWidget | None = None
        close = Button(look, "Close", "plain")
        close.clicked.connect(self.close_over)
        self.foot.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)

    def open_for(self, answer: Answer, words: PageWords) -> None:
        """Show it for `answer`; `words` are what pages are called."""
        if self._box is not None:
            self.column.removeWidget(self._box)
            self._box.hide()
            self._box.deleteLater()
        self._box = self._made(answer, words)
        self.column.addWidget(self._box)
        self._box.show()
        self.open_over()

    def _made(self, answer: Answer, words: PageWords) -> QWidget:
        sizes = self._look.sizes
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(sizes.space_1)
        for source in answer.sources:
            column.addWidget(label(source.name, "heading", wrap=True))
            column.addWidget(label(source_line(source, words.get(source.document, "page")), "caption", wrap=True))
            if source.left_out:
                column.addWidget(label(source.left_out, "notice", wrap=True))
            column.addSpacing(sizes.space_3)
        if answer.searches:
            column.addWidget(label("The model looked again by itself", "heading", wrap=True))
        for search in answer.searches:
            places = [passage_place(passage, words) for passage in search.found]
            more = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
            found = "; ".join(places[:_PLACES]) + more if places else "nothing found"
            column.addWidget(label(f"“{search.query}”", wrap=True))
            column.addWidget(label(found, "small", wrap=True))
        return box
