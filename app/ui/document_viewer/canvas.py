"""The pages of a document in one column that scrolls, zooms and is read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEasingCurve, QEvent, QPointF, QRectF, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QStyle, QWidget

from app.look import Look
from app.ui.document_viewer.asking import PageRequests
from app.ui.document_viewer.content import PageContent, PlacedContent, placed
from app.ui.document_viewer.flowing import FlowingContent
from app.ui.document_viewer.marks import PageMarks, PassageMark
from app.ui.document_viewer.paper import Highlights, Page, paint_page
from app.ui.document_viewer.pictures import PagePictures
from app.ui.document_viewer.selection import TextSelection
from app.ui.document_viewer.sizing import LARGEST, SMALLEST, Sizing
from app.ui.document_viewer.stack import PageStack
from app.ui.themed import Themed
from engine.protocol import DocumentInfo, PageInfo, PageShown, TextPlace

_TEXTS = 120
"""Pages whose text is kept."""
_NEAR = 2
"""Pages without places that are laid out again at once when the size changes."""
_LINE_STEP = 48
_SCREEN_SHARE = 0.9
_MARK_AT = 0.28
"""Where in the view a mark comes to stand, as a share of its height."""
_MOTION_MS = 150
_HURRY = 1.5
"""Screens between two looks beyond which nothing is asked for yet."""


class PageCanvas(QAbstractScrollArea, Themed):
    """Shows what it is given and asks for what is in sight. Pages count from 1."""

    page_changed = Signal(int)
    """The page that is read now."""
    zoom_changed = Signal(float)
    """1.0 is the paper's own size."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._info: DocumentInfo | None = None
        self._name = ""
        self._sizing = Sizing(look)
        self._stack = PageStack((), look.sizes.space_5)
        self._pictures = PagePictures()
        self._texts: OrderedDict[int, PageContent] = OrderedDict()
        self._problems: dict[int, str] = {}
        self._marks = PageMarks()
        self._unseen = False
        """The mark's place is not known yet: it is scrolled to once the text of its page has come."""
        self._page = 0
        self._looked_at = 0
        self.selection = TextSelection()
        self.requests = PageRequests(self)
        self.requests.due.connect(self._ask)
        self._motion = QVariantAnimation(
            self, duration=_MOTION_MS, easingCurve=QEasingCurve(QEasingCurve.Type.OutCubic)
        )
        self._motion.valueChanged.connect(lambda value: self.verticalScrollBar().setValue(round(value)))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setObjectName("pages")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(_LINE_STEP)
        self.horizontalScrollBar().setSingleStep(_LINE_STEP)
        self.setAccessibleName("Document")

    # --- What is shown ---

    @property
    def page(self) -> int:
        """The page that is read now, 0 without a document."""
        return self._page

    @property
    def memory(self) -> int:
        """Bytes of the pictures that are kept."""
        return self._pictures.size

    def show_document(self, info: DocumentInfo, name: str) -> None:
        """Open a document at its first page, or go on with the one that is open when more is known of it."""
        same = self._info is not None and self._info.document == info.document
        self._info, self._name = info, name
        self._texts.clear()
        self.requests.forget()
        self._sizing.set_pages(info.pages)
        if same:
            self._arrange(self._place())
            return
        self._pictures.clear()
        self._problems.clear()
        self._marks, self._unseen, self._page = PageMarks(), False, 0
        self.selection.clear()
        self._arrange((1, -1.0) if info.pages else None)
        self.verticalScrollBar().setValue(0)
        self._tell_page()

    def set_page_picture(self, page: int, picture: QImage) -> None:
        """The picture of a page has come, in whatever width was asked for."""
        if self._info is not None and page <= len(self._info.pages):
            self._problems.pop(page, None)
            self._pictures.put(page, picture)
            self.viewport().update()

    def set_page_problem(self, page: int, sentence: str) -> None:
        """A page can not be shown, and why."""
        self._problems[page] = sentence
        self.viewport().update()

    def set_page_text(self, shown: PageShown) -> None:
        """The text of a page has come."""
        if self._info is None or not 1 <= shown.page <= len(self._info.pages):
            return
        place = self._place()
        has_place = self._info.pages[shown.page - 1].width > 0
        content = PlacedContent(shown) if has_place else FlowingContent(shown, self._look, self.font())
        self._texts[shown.page] = content
        while len(self._texts) > _TEXTS:
            self._texts.popitem(last=False)
        if self._fit(shown.page):
            self._set_bars(place)
        if self._unseen and self._marks.page == shown.page:
            self._unseen = False
            self._scroll_to_mark()
        if shown.page == self._page:
            self._describe()
        self.viewport().update()

    def show_mark(self, mark: PassageMark) -> None:
        """Mark a passage and go there."""
        self._marks.mark = mark
        self._scroll_to_mark()
        self.viewport().update()

    def set_found(self, places: Iterable[TextPlace], current: TextPlace | None) -> None:
        """Show what was searched for, and go to the `current` one of it."""
        self._marks.set_found(places, current)
        if current is not None:
            self._scroll_to(current.page, [placed(box, *self._size(current.page)) for box in current.boxes], far=False)
        self.viewport().update()

    def go_to(self, page: int) -> None:
        """Show a page from its top."""
        if self._info is not None and self._info.pages:
            page = min(max(1, page), self._stack.count)
            self._glide(self._stack.top(page) - self._look.sizes.space_3)

    def info_of(self, page: int) -> PageInfo | None:
        """What is known of a page."""
        return self._info.pages[page - 1] if self._info is not None and 1 <= page <= len(self._info.pages) else None

    def content_of(self, page: int) -> PageContent | None:
        """The text of a page, laid out, where it has come."""
        if page in self._texts:
            self._texts.move_to_end(page)
        return self._texts.get(page)

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.viewport().update()

    # --- Zoom ---

    def set_zoom(self, zoom: float | None, pivot: QPointF | None = None) -> None:
        """Change the size; None fits the width. What lies under `pivot`, in the view, stays there."""
        at = pivot if pivot is not None else QPointF(self.viewport().width() / 2, 0)
        place = self._stack.place_of(self.verticalScrollBar().value() + at.y()) if self._stack.count else None
        across = (self.horizontalScrollBar().value() + at.x()) / max(1.0, self._extent())
        self._sizing.zoom = None if zoom is None else min(LARGEST, max(SMALLEST, zoom))
        self._arrange(place, at.y())
        self.horizontalScrollBar().setValue(round(across * self._extent() - at.x()))
        self.requests.later()

    def zoom_by(self, factor: float, pivot: QPointF | None = None) -> None:
        """Larger or smaller by a factor."""
        self.set_zoom(self._sizing.factor * factor, pivot)

    # --- Places ---

    def page_area(self, page: int) -> QRectF:
        """Where a page lies in the view."""
        width, _ = self._sizing.size_of(page)
        view = self.viewport().width()
        left = max(0.0, (view - width) / 2) if self._extent() <= view else (self._extent() - width) / 2
        x = round(left) - (self.horizontalScrollBar().value() if self._extent() > view else 0)
        y = round(self._stack.top(page)) - self.verticalScrollBar().value()
        return QRectF(x, y, width, self._stack.height(page))

    def page_at(self, point: QPointF) -> int:
        """The page nearest to a point of the view, 0 without a document."""
        return self._stack.at(self.verticalScrollBar().value() + point.y()) if self._stack.count else 0

    def visible_pages(self) -> range:
        """The pages that are in sight."""
        top = self.verticalScrollBar().value()
        return self._stack.between(top, top + self.viewport().height() - 1)

    def scroll_screens(self, screens: float) -> None:
        """Read on, or back."""
        self._glide(self.verticalScrollBar().value() + screens * _SCREEN_SHARE * self.viewport().height())

    # --- Events ---

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        place = self._place()
        super().resizeEvent(event)
        self._arrange(place)
        self.requests.later()

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: D102
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.requests.soon()
        return super().viewportEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: D102
        del dx, dy
        self.viewport().update()
        self.requests.soon()
        self._tell_page()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: D102
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(1.25 ** (event.angleDelta().y() / 120), event.position())
            event.accept()
        else:
            self._motion.stop()
            super().wheelEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self.viewport())
        clip = QRectF(event.rect())
        painter.fillRect(clip, QColor(self._look.palette.sunken))
        for page in self.visible_pages():
            area = self.page_area(page)
            paint_page(painter, area, clip, self._page_now(page), self._highlights(page), self._look)
        painter.end()

    # --- Inside ---

    def _page_now(self, page: int) -> Page:
        info = self.info_of(page)
        problem = self._problems.get(page) or (info.problem if info else "")
        remark = ""
        if info is not None and info.recognised:
            remark = "Text recognised from a scan"
        elif info is not None and info.scanned:
            remark = "Scan, its text is not recognised yet"
        return Page(self._pictures.get(page), self.content_of(page), remark, problem)

    def _highlights(self, page: int) -> Highlights:
        content = self.content_of(page)
        selected = content.boxes(self.selection.on(page, content)) if content is not None else []
        return self._marks.on(page, self._size(page), content, selected)

    def _size(self, page: int) -> tuple[float, float]:
        return self._sizing.size_of(page)[0], self._stack.height(page)

    def _extent(self) -> float:
        return self._sizing.width + 2 * self._look.sizes.space_5

    def _place(self) -> tuple[int, float] | None:
        return self._stack.place_of(self.verticalScrollBar().value()) if self._stack.count else None

    def _arrange(self, place: tuple[int, float] | None, below: float = 0.0) -> None:
        """Lay all pages out again and leave `place` `below` pixels under the upper edge."""
        if self._info is None:
            return
        self._sizing.set_room(self.viewport().width())
        heights = [self._sizing.size_of(page.number)[1] for page in self._info.pages]
        self._stack = PageStack(heights, self._look.sizes.space_4)
        # Laying text out takes long: what is far away is asked for again when it comes near.
        near = range(place[0] - _NEAR, place[0] + _NEAR + 1) if place is not None else range(0)
        for page in list(self._texts):
            if page in near or isinstance(self._texts[page], PlacedContent):
                self._fit(page)
            else:
                del self._texts[page]
                self.requests.forget_text(page)
        self._set_bars(place, below)
        self.zoom_changed.emit(self._sizing.factor)

    def _fit(self, page: int) -> bool:
        """Lay out a page's text. True when its height is another one now."""
        width, height = self._sizing.size_of(page)
        now = round(self._texts[page].arrange(width, height, self._sizing.text_zoom))
        if now == self._stack.height(page):
            return False
        self._stack.set_height(page, now)
        return True

    def _set_bars(self, place: tuple[int, float] | None, below: float = 0.0) -> None:
        view = self.viewport().size()
        down, across = self.verticalScrollBar(), self.horizontalScrollBar()
        down.setPageStep(view.height())
        down.setRange(0, max(0, round(self._stack.total) - view.height()))
        across.setPageStep(view.width())
        across.setRange(0, max(0, round(self._extent()) - view.width()) if self._sizing.zoom is not None else 0)
        if place is not None:
            down.setValue(round(self._stack.y_of(place) - below))
        self.viewport().update()
        self.requests.soon()
        self._tell_page()

    def _ask(self) -> None:
        if self._info is None or not self.isVisible() or not self._stack.count:
            return
        top, height = self.verticalScrollBar().value(), self.viewport().height()
        moved, self._looked_at = abs(top - self._looked_at), top
        if moved > _HURRY * height and self.verticalScrollBar().isSliderDown():
            self.requests.soon()
            return
        near = self._stack.between(top - height, top + 2 * height)
        seen = self.visible_pages()
        order = sorted(near, key=lambda page: (page not in seen, abs(page - seen[0])))
        ratio = self.devicePixelRatioF()
        wanted = [(page, self._sizing.pixels_of(page, ratio)) for page in order if self._info.pages[page - 1].width]
        self.requests.want_pictures(wanted)
        texts = {page for page in near if page in seen or not self._info.pages[page - 1].width}
        if self._unseen:
            texts.add(self._marks.page)
        self.requests.want_texts(texts)

    def _tell_page(self) -> None:
        """The page that takes the upper third of the view is read."""
        if not self._stack.count:
            return
        bar = self.verticalScrollBar()
        at_end = bar.value() == bar.maximum() and bar.maximum() > 0
        page = self._stack.count if at_end else self._stack.at(bar.value() + self.viewport().height() / 3)
        if page != self._page:
            self._page = page
            self._describe()
            self.page_changed.emit(page)

    def _describe(self) -> None:
        if self._info is not None:
            self.setAccessibleName(f"{self._name}, {self._info.page_word} {self._page} of {len(self._info.pages)}")
        content = self._texts.get(self._page)
        self.setAccessibleDescription(content.text((0, content.length)) if content is not None else "")

    def _scroll_to_mark(self) -> None:
        page = self._marks.page
        if self.info_of(page) is None:
            return
        content = self.content_of(page)
        boxes = self._marks.passage(self._size(page), content)
        self._unseen = not boxes and content is None
        self._scroll_to(page, boxes, far=True)
        self.requests.soon()

    def _scroll_to(self, page: int, boxes: Sequence[QRectF], *, far: bool) -> None:
        """Bring the first of `boxes` into sight; not `far`: only when it is not."""
        if self.info_of(page) is None:
            return
        if not boxes:
            self.go_to(page)
            return
        height = self.viewport().height()
        y = self._stack.top(page) + min(box.top() for box in boxes)
        top = self.verticalScrollBar().value()
        if far or not top + _LINE_STEP < y < top + height - _LINE_STEP:
            self._glide(y - _MARK_AT * height)
        if self.horizontalScrollBar().maximum():
            left = min(box.left() for box in boxes)
            self.horizontalScrollBar().setValue(round(left - self._look.sizes.space_6))

    def _glide(self, target: float) -> None:
        """Scroll there; the last screen of the way is seen."""
        bar = self.verticalScrollBar()
        self._motion.stop()
        end = min(max(0, round(target)), bar.maximum())
        style = self.style()
        still = style.styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, self) == 0 or not self.isVisible()
        far = self.viewport().height() / 2
        if abs(end - bar.value()) > far:
            bar.setValue(round(end - far if end > bar.value() else end + far))
        if still or end == bar.value():
            bar.setValue(end)
            return
        self._motion.setStartValue(float(bar.value()))
        self._motion.setEndValue(float(end))
        self._motion.start()
