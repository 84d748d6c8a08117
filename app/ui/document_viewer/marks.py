"""What is marked in a document: the passage that a citation stands for, and what was searched for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF

from app.ui.document_viewer.content import PageContent, placed
from app.ui.document_viewer.paper import Highlights
from engine.protocol import Box, TextPlace

Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PassageMark:
    """A place to show: `boxes` on `page`, or `text` where there are none. Not `sure`: the document does not say what it
    is cited for."""

    page: int
    boxes: tuple[Box, ...] = ()
    text: str = ""
    sure: bool = True


class PageMarks:
    """The marks of one document, as rectangles of a page of a given size in pixels."""

    def __init__(self) -> None:
        self.mark: PassageMark | None = None
        self._found: dict[int, list[Box]] = {}
        self._current: TextPlace | None = None
        self._ranges: tuple[PageContent, PassageMark, list[tuple[int, int]]] | None = None

    @property
    def page(self) -> int:
        """The page with the passage, 0 without one."""
        return self.mark.page if self.mark is not None else 0

    def set_found(self, places: Iterable[TextPlace], current: TextPlace | None) -> None:
        """What was searched for, and where in it the person is."""
        self._found = {}
        for place in places:
            self._found.setdefault(place.page, []).extend(place.boxes)
        self._current = current

    def passage(self, size: Size, content: PageContent | None) -> list[QRectF]:
        """The passage on its page; found by its text where it has no places."""
        if self.mark is None:
            return []
        if self.mark.boxes:
            return [placed(box, *size) for box in self.mark.boxes]
        if content is None or not self.mark.text:
            return []
        if self._ranges is None or self._ranges[:2] != (content, self.mark):
            self._ranges = content, self.mark, content.ranges_of(self.mark.text)
        return [box for chosen in self._ranges[2] for box in content.boxes(chosen)]

    def on(self, page: int, size: Size, content: PageContent | None, selected: Sequence[QRectF]) -> Highlights:
        """All marks of a page, `selected` among them."""
        current = self._current.boxes if self._current is not None and self._current.page == page else ()
        return Highlights(
            self.passage(size, content) if page == self.page else (),
            self.mark is None or self.mark.sure,
            [placed(box, *size) for box in self._found.get(page, ())],
            [placed(box, *size) for box in current],
            selected,
        )
