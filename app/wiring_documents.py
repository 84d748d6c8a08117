"""Who hears whom about documents: what waits in the composer, the viewer beside the conversation, and the reader."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from app.attachments import Attachments
from app.capture.encode import picture_of
from app.capture.shot import Taken
from app.documents import DocumentDesk, Looking, Opening, Reading
from app.domain.conversation import Conversation, Picture, Turn
from app.domain.documents import Citation, DocumentAttachment
from app.jobs import Jobs
from app.session import ChatSession
from app.ui.main_window import MainWindow
from engine.protocol import (
    Box,
    DocumentInfo,
    Done,
    Failed,
    PageShown,
    PassageFound,
    PassagesFound,
    QuoteLocated,
    TextFound,
)

TOP = 20
"""Passages that a search shows."""
REGION_WIDTH = 1600
"""Pixels of a region of a page that becomes a picture of the question."""


class WiringDocuments(QObject):
    """Connects its parts, which live as long as it does. A document of the history is read again when what was read of
    it is gone, and a citation that has no place yet is looked for in the document's own text."""

    def __init__(
        self,
        window: MainWindow,
        desk: DocumentDesk,
        reading: Reading,
        looking: Looking,
        opening: Opening,
        session: ChatSession,
        attachments: Attachments,
        jobs: Jobs,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window, self._desk, self._session = window, desk, session
        self._reading, self._looking, self._opening = reading, looking, opening
        self._attachments, self._jobs = attachments, jobs
        self._window.installEventFilter(self)
        self._connect_composer()
        self._connect_page()
        self._connect_viewer()
        self._connect_search()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Who drags something over the window, or looks for a file, is about to give it."""
        if event.type() == QEvent.Type.DragEnter:
            self._reading.expect()
        return super().eventFilter(watched, event)

    # --- The composer ------------------------------------------------------------------------------------------------

    def _connect_composer(self) -> None:
        composer, desk = self._window.composer, self._desk
        composer.tools.files_wanted.connect(self._reading.expect)
        composer.document_removed.connect(desk.remove)
        composer.document_opened.connect(self._open_waiting)
        composer.password_given.connect(desk.give_password)
        desk.attachments_changed.connect(composer.set_documents)
        desk.attachments_changed.connect(self._name_searched)
        desk.problem.connect(self._window.show_problem)
        desk.note.connect(self._window.show_note)
        self._opening.problem.connect(self._window.show_problem)

    def _open_waiting(self, id_: str) -> None:
        document = next((each for each in self._desk.ready if each.id == id_), None)
        if document is not None:
            self._open_document(document)

    # --- The conversation --------------------------------------------------------------------------------------------

    def _connect_page(self) -> None:
        page, session = self._window.page, self._session
        page.document_opened.connect(self._open_document)
        page.citation_opened.connect(self._open_citation)
        session.conversation_opened.connect(self._look_after)
        session.conversation_opened.connect(self._name_searched)
        session.turn_added.connect(self._name_searched)
        self._reading.known.connect(self._show_news)

    def _look_after(self, conversation: Conversation | None) -> None:
        """What was read of its documents is needed for the next question."""
        for document in _documents_of(conversation):
            self._opening.look_after(document)

    def _open_document(self, document: DocumentAttachment) -> None:
        self._opening.open(document, lambda opened, info: self._window.documents.show_document(info, opened.name))

    def _open_citation(self, turn: str, citation: Citation) -> None:
        document = self._document(citation.passage.document)
        if document is not None:
            self._opening.open(document, lambda _, info: self._show_citation(info, turn, citation))

    def _show_citation(self, info: DocumentInfo, turn: str, citation: Citation) -> None:
        self._window.show_citation(info, turn, citation)
        if citation.lines or not info.pages[citation.place - 1].width:
            return
        # The page may have been recognised since: then the passage has a place now.
        self._looking.locate(info.document, citation.passage.text, citation.place, partial(self._mark, citation))

    def _mark(self, citation: Citation, event: QuoteLocated | Failed) -> None:
        viewer = self._window.documents.viewer
        if isinstance(event, QuoteLocated) and event.page and viewer.document() == citation.passage.document:
            viewer.show_mark(event.page, event.boxes, event.text, sure=citation.proved is not False)

    def _show_news(self, info: DocumentInfo) -> None:
        """Pages of the open document were recognised."""
        document = self._opening.document(info.document)
        if document is not None and self._window.documents.viewer.document() == info.document:
            self._window.documents.viewer.show_document(info, document.name)

    # --- The viewer --------------------------------------------------------------------------------------------------

    def _connect_viewer(self) -> None:
        viewer = self._window.documents.viewer
        viewer.page_wanted.connect(self._draw)
        viewer.text_wanted.connect(self._show_text)
        viewer.find_wanted.connect(self._find_text)
        viewer.region_taken.connect(self._take_region)
        viewer.table_wanted.connect(self._save_table)

    def _draw(self, id_: str, page: int, width: int) -> None:
        viewer = self._window.documents.viewer
        document = self._opening.document(id_)
        if document is not None:
            self._looking.draw(
                document,
                page,
                width,
                partial(viewer.set_page_picture, id_, page),
                partial(viewer.set_page_problem, id_, page),
                is_wanted=partial(viewer.wants_page, id_, page, width),
            )

    def _show_text(self, id_: str, page: int) -> None:
        viewer = self._window.documents.viewer

        def answer(event: PageShown | Failed) -> None:
            if isinstance(event, PageShown):
                viewer.set_page_text(id_, event)
            else:
                viewer.set_page_problem(id_, page, event.message)

        self._looking.show_page(id_, page, answer)

    def _find_text(self, id_: str, text: str) -> None:
        viewer = self._window.documents.viewer

        def answer(event: TextFound | Failed) -> None:
            if isinstance(event, TextFound):
                viewer.set_found(id_, text, event.places, more=event.more)
            else:
                self._window.show_problem(event.message)

        self._looking.find_text(id_, text, answer)

    def _take_region(self, id_: str, page: int, box: Box) -> None:
        """A part of a page goes into the question as a picture, as sharp as a screenshot of it would be."""
        document = self._opening.document(id_)
        if document is None:
            return
        title = f"{document.name}, {document.page_word} {page}"
        width = max(1, round(REGION_WIDTH * (box.x1 - box.x0)))
        self._looking.draw(document, page, width, partial(self._attach, title), self._window.show_problem, area=box)

    def _attach(self, title: str, image: QImage) -> None:
        add: Callable[[Picture], None] = self._attachments.add
        self._jobs.run(
            partial(picture_of, Taken(image, title, None), "file"),
            add,
            lambda error: self._window.show_problem(str(error)),
        )

    def _save_table(self, id_: str, page: int, table: int) -> None:
        document = self._opening.document(id_)
        if document is None:
            return
        proposed = f"{Path(document.name).stem}, {document.page_word} {page}.csv"
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Save the table", proposed, "Tables (*.csv)")
        if chosen:
            self._looking.save_table(id_, page, table, Path(chosen), self._tell_saved)

    def _tell_saved(self, event: Done | Failed) -> None:
        if isinstance(event, Done):
            self._window.show_note(event.message)
        else:
            self._window.show_problem(event.message)

    # --- The search --------------------------------------------------------------------------------------------------

    def _connect_search(self) -> None:
        passages = self._window.documents.passages
        passages.find_wanted.connect(self._search)
        passages.passage_opened.connect(self._open_passage)

    def _name_searched(self) -> None:
        self._window.documents.passages.set_names([document.name for document in self._searched()])

    def _search(self, question: str) -> None:
        passages = self._window.documents.passages
        names = {document.id: document.name for document in self._searched()}
        if not names:
            passages.set_problem("There is no document here yet. Drop one into the question.")
            return

        def answer(event: PassagesFound | Failed) -> None:
            if isinstance(event, Failed):
                passages.set_problem(event.message)
            else:
                passages.set_passages([_named(passage, names) for passage in event.passages])

        self._looking.find_passages(tuple(names), question, TOP, answer)

    def _open_passage(self, passage: PassageFound) -> None:
        document = self._document(passage.document)
        if document is not None:
            self._opening.open(document, lambda _, info: self._window.documents.show_passage(info, passage))

    def _searched(self) -> tuple[DocumentAttachment, ...]:
        """Those that wait in the question; without any, those of the conversation, and the open one."""
        opened = self._opening.document(self._window.documents.viewer.document())
        here = self._desk.ready or _documents_of(self._session.conversation)
        return here or ((opened,) if opened is not None else ())

    def _document(self, id_: str) -> DocumentAttachment | None:
        here = (*_documents_of(self._session.conversation), *self._desk.ready)
        return next((document for document in here if document.id == id_), self._opening.document(id_))


def _documents_of(conversation: Conversation | None) -> tuple[DocumentAttachment, ...]:
    """Each once, in the order in which they came."""
    turns: tuple[Turn, ...] = () if conversation is None else conversation.turns
    return tuple({document.id: document for turn in turns for document in turn.documents}.values())


def _named(passage: PassageFound, names: dict[str, str]) -> PassageFound:
    """With what the person calls the document."""
    return dataclasses.replace(passage, name=names.get(passage.document, passage.name))
