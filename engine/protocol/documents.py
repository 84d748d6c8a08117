"""The process ``reader``: files that people drop, read, searched and shown. It has no network and no model.

A document is known by the sha256 of its bytes, `document`, as pictures are. What was read is kept on disk by it:
reading the same bytes again takes no time, and the model process searches there too. Each command ends in exactly one
event of its own kind or in `Failed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

DocumentKind = Literal[
    "pdf", "docx", "pptx", "xlsx", "xls", "ods", "odt", "odp", "epub", "html", "markdown", "text", "code", "csv",
    "json", "email", "picture",
]  # fmt: skip
PageWord = Literal["page", "slide", "sheet", "section", "part"]
"""What a page of this kind of file is called: sections have a heading and no place on paper, parts are pieces of a long
text."""
SpanKind = Literal["text", "heading", "table", "note", "code", "form", "caption"]


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a page: 0 to 1 of its width from the left, of its height from the top."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page of a document as a picture for the model, as scans and figures need it: `attachment` is the sha256 of the
    file's bytes in hex, `path` where it lies."""

    page: int
    attachment: str
    path: str


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A document inside a message, which the reader process has read before.

    `passages`, `marks` and `found` are those of its `SourceRead` when this message was answered, so that the
    conversation reads as it did; empty for a question that has not been answered yet. A later question without a
    `DocumentRef` is about the documents of the messages before it too. `pictures` are shown to the model before the
    passages.
    """

    kind: ClassVar[str] = "document"
    document: str
    path: str
    name: str
    passages: tuple[int, ...] = ()
    marks: tuple[int, ...] = ()
    found: int = 0
    pictures: tuple[PagePicture, ...] = ()


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """An entry of the table of contents. `level` and `page` count from 1."""

    title: str
    level: int
    page: int


@dataclass(frozen=True, slots=True)
class PageInfo:
    """What a viewer must know of a page before it shows it. `width` and `height` are points, 0 where the format has no
    places: then the page is laid out from its spans. `problem` is a sentence where the page could not be read."""

    number: int
    label: str
    width: float
    height: float
    characters: int
    scanned: bool
    recognised: bool
    problem: str


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What is told of a document once it is read. `notes` are sentences: what was left out, and why. `passages` is how
    many there are to search, `characters` the length of all text."""

    document: str
    kind: DocumentKind
    title: str
    page_word: PageWord
    pages: tuple[PageInfo, ...]
    outline: tuple[OutlineEntry, ...]
    notes: tuple[str, ...]
    passages: int
    characters: int


@dataclass(frozen=True, slots=True)
class PassageFound:
    """A piece of a document, with its place. `boxes` are the lines of it on page `page` (from 1), empty where the
    format has no places. `number` is its own within the document. A higher `score` is better."""

    document: str
    name: str
    number: int
    page: int
    label: str
    heading: str
    text: str
    boxes: tuple[Box, ...]
    score: float


@dataclass(frozen=True, slots=True)
class SpanShown:
    """A piece of a page's text, for selection, and for pages that are laid out from it. `words` and `boxes` go
    together, and are empty where the format has no places."""

    text: str
    kind: SpanKind
    level: int
    words: tuple[str, ...]
    boxes: tuple[Box, ...]


# --- Commands: window -> child --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """Read the file at `path`, which `name` is what the person calls it. Pages without text are recognised after that,
    with `OcrProgress`, while the document can be used already."""

    kind: ClassVar[str] = "read_document"
    request_id: str
    document: str
    path: str
    name: str
    password: str = ""


@dataclass(frozen=True, slots=True)
class FindPassages:
    """The passages of `documents` that say most about `question`, best first."""

    kind: ClassVar[str] = "find_passages"
    request_id: str
    documents: tuple[str, ...]
    question: str
    top: int = 10


@dataclass(frozen=True, slots=True)
class FindText:
    """All places of `text` in a document, as a viewer's search box wants them."""

    kind: ClassVar[str] = "find_text"
    request_id: str
    document: str
    text: str


@dataclass(frozen=True, slots=True)
class RenderPage:
    """A picture of page `page` (from 1), `width` pixels wide, of the part `area` of it alone where one is given."""

    kind: ClassVar[str] = "render_page"
    request_id: str
    document: str
    path: str
    page: int
    width: int
    area: Box | None = None
    password: str = ""


@dataclass(frozen=True, slots=True)
class ShowPage:
    """The text of page `page`, with places where there are any."""

    kind: ClassVar[str] = "show_page"
    request_id: str
    document: str
    page: int


@dataclass(frozen=True, slots=True)
class LocateQuote:
    """Where a document says `quote`, near enough; `page` is where it should be, 0 for anywhere."""

    kind: ClassVar[str] = "locate_quote"
    request_id: str
    document: str
    quote: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class SaveTable:
    """Write table `table` (from 0) of page `page` as the CSV file `to`."""

    kind: ClassVar[str] = "save_table"
    request_id: str
    document: str
    page: int
    table: int
    to: str


# --- Events: child -> window ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """`done` of `total` pages are read."""

    kind: ClassVar[str] = "read_progress"
    request_id: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class DocumentRead:
    """A document can be used. It comes again after pages were recognised, with what is known then; `final` is true the
    last time."""

    kind: ClassVar[str] = "document_read"
    request_id: str
    info: DocumentInfo
    final: bool


@dataclass(frozen=True, slots=True)
class OcrProgress:
    """`done` of `total` pages without text are recognised."""

    kind: ClassVar[str] = "ocr_progress"
    request_id: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class PassagesFound:
    """The end of a `FindPassages`."""

    kind: ClassVar[str] = "passages_found"
    request_id: str
    passages: tuple[PassageFound, ...]


@dataclass(frozen=True, slots=True)
class TextPlace:
    """A place of a text: all lines of it on a page."""

    page: int
    boxes: tuple[Box, ...]
    before: str
    match: str
    after: str


@dataclass(frozen=True, slots=True)
class TextFound:
    """The end of a `FindText`, in the order of the document. `more` is whether there are more than were looked for."""

    kind: ClassVar[str] = "text_found"
    request_id: str
    places: tuple[TextPlace, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class PageRendered:
    """The end of a `RenderPage`: a PNG file that the window may read and then delete."""

    kind: ClassVar[str] = "page_rendered"
    request_id: str
    page: int
    path: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PageShown:
    """The end of a `ShowPage`. `tables` is how many tables it has."""

    kind: ClassVar[str] = "page_shown"
    request_id: str
    page: int
    spans: tuple[SpanShown, ...]
    tables: int


@dataclass(frozen=True, slots=True)
class QuoteLocated:
    """The end of a `LocateQuote`. `page` 0: the document does not say it."""

    kind: ClassVar[str] = "quote_located"
    request_id: str
    page: int
    boxes: tuple[Box, ...]
    text: str
    exact: bool


# --- Events of an answer about documents (the process ``model``) ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceRead:
    """What of a document an answer was given.

    `passages` are the numbers of those that came with this question, `marks` the numbers in brackets that they go by in
    the conversation, in the same order; the last `found` of them came while it was answered. What came with an earlier
    question is not among them, but it counts in the rest: `whole` is whether all of the document was read, `pages` are
    the pages that were, `tokens` is what their passages take. `left_out` is a sentence, ``""`` where nothing was.
    """

    document: str
    name: str
    whole: bool
    passages: tuple[int, ...]
    pages: tuple[int, ...]
    total_pages: int
    tokens: int
    left_out: str
    marks: tuple[int, ...] = ()
    found: int = 0


@dataclass(frozen=True, slots=True)
class SourcesRead:
    """What was read for this answer, told before its first word, and again after each look of the model's own."""

    kind: ClassVar[str] = "sources_read"
    request_id: str
    sources: tuple[SourceRead, ...]


@dataclass(frozen=True, slots=True)
class Searched:
    """The model has looked for `query` by itself and was given these passages."""

    kind: ClassVar[str] = "searched"
    request_id: str
    query: str
    found: tuple[PassageFound, ...]


@dataclass(frozen=True, slots=True)
class Cited:
    """The answer cites `number`: the mark ``[number]`` in its text means this passage. Told before the first one."""

    kind: ClassVar[str] = "citation"
    request_id: str
    number: int
    passage: PassageFound


@dataclass(frozen=True, slots=True)
class QuoteChecked:
    """The answer quotes `quote` and cites `number` for it. `proved`: the document says so, at `page` and `boxes`."""

    kind: ClassVar[str] = "quote_checked"
    request_id: str
    number: int
    quote: str
    proved: bool
    page: int
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """`done` of `total` parts of a long task are done; `what` says what comes next."""

    kind: ClassVar[str] = "task_progress"
    request_id: str
    done: int
    total: int
    what: str
