"""`ShownPages`: scanned pages as pictures for the model, which can not read them as text alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from app.capture.encode import picture_of
from app.capture.shot import Taken
from app.documents.looking import Looking
from app.documents.reading import Reading
from app.domain.conversation import Attachment
from app.domain.documents import DocumentAttachment, ShownPage
from app.jobs import Jobs
from app.store import Store
from engine.protocol import Failed, PassagesFound

MOST = 4
"""Pages that one question shows."""
WIDTH = 1280
"""Pixels: what a page of print needs to be read."""
TOP = 12
"""Passages among which the pages are looked for."""

Taker = Callable[[tuple[DocumentAttachment, ...]], None]

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Wish:
    documents: list[DocumentAttachment]
    taker: Taker
    left: int = 0
    is_begun: bool = False


class ShownPages(QObject):
    """All scanned pages where they are few, else those that say most about the question. What can not be drawn is left
    out: the page itself says so where it is looked at."""

    def __init__(
        self, reading: Reading, looking: Looking, store: Store, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._reading, self._looking, self._store, self._jobs = reading, looking, store, jobs

    def add_to(self, documents: Sequence[DocumentAttachment], question: str, taker: Taker) -> None:
        """Hand `documents` to `taker` with the pages that are to be shown."""
        scanned = {document.id: self._scanned(document) for document in documents}
        wish = _Wish(list(documents), taker)
        if not any(scanned.values()):
            taker(tuple(documents))
            return
        if sum(map(len, scanned.values())) <= MOST or not question.strip():
            pages = [(id_, page) for id_, numbers in scanned.items() for page in numbers]
            self._draw(wish, pages[:MOST])
            return

        def found(event: PassagesFound | Failed) -> None:
            passages = event.passages if isinstance(event, PassagesFound) else ()
            best = dict.fromkeys((passage.document, passage.page) for passage in passages)
            pages = [(id_, page) for id_, page in best if page in scanned[id_]]
            first = [(id_, numbers[0]) for id_, numbers in scanned.items() if numbers]
            self._draw(wish, (pages or first)[:MOST])

        with_scans = tuple(id_ for id_, numbers in scanned.items() if numbers)
        self._looking.find_passages(with_scans, question, TOP, found)

    def _scanned(self, document: DocumentAttachment) -> list[int]:
        info = self._reading.info(document.id)
        return [] if info is None else [page.number for page in info.pages if page.scanned]

    def _draw(self, wish: _Wish, pages: Sequence[tuple[str, int]]) -> None:
        wish.left = len(pages)
        for id_, page in sorted(pages):
            document = next(each for each in wish.documents if each.id == id_)
            self._looking.draw(
                document, page, WIDTH, partial(self._keep, wish, document, page), partial(self._missed, wish)
            )

    def _keep(self, wish: _Wish, document: DocumentAttachment, page: int, image: QImage) -> None:
        title = f"{document.name}, {document.page_word} {page}"
        self._jobs.run(
            partial(_kept, self._store, image, title),
            partial(self._add, wish, document.id, page),
            lambda error: self._missed(wish, str(error)),
        )

    def _add(self, wish: _Wish, id_: str, page: int, kept: Attachment) -> None:
        shown = ShownPage(page, kept.id, kept.path, kept.width, kept.height)
        wish.documents = [
            replace(each, shown=tuple(sorted((*each.shown, shown), key=lambda one: one.page)))
            if each.id == id_
            else each
            for each in wish.documents
        ]
        self._count_down(wish)

    def _missed(self, wish: _Wish, sentence: str) -> None:
        _log.info("a page is not shown to the model: %s", sentence)
        self._count_down(wish)

    def _count_down(self, wish: _Wish) -> None:
        wish.left -= 1
        if wish.left == 0:
            wish.taker(tuple(wish.documents))


def _kept(store: Store, image: QImage, title: str) -> Attachment:
    return store.keep(picture_of(Taken(image, title, None), "file"))
