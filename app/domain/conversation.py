"""What the window knows of a conversation: pure values, without Qt. Identity is a string id, storage is elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.domain.documents import Citation, DocumentAttachment
from app.domain.geometry import Place, Rect
from app.domain.screen import WindowRef
from engine.protocol import Element, Mark, Offer, Searched, SourceRead

Source = Literal["region", "screen", "window", "clipboard", "file", "drop"]
AnswerState = Literal["waiting", "streaming", "finished", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that has just come in, checked but not kept yet. `data` are the bytes of an image file that Pillow can
    open; sizes in pixels, EXIF applied; `place` is None unless it was taken from a screen."""

    data: bytes
    media_type: str
    width: int
    height: int
    source: Source
    title: str
    place: Place | None = None
    elements: tuple[Element, ...] = ()
    window: WindowRef | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture kept by its content: `id` is the sha256 of the file's bytes in hex. Sizes in pixels, EXIF applied."""

    id: str
    path: Path
    media_type: str
    width: int
    height: int
    source: Source
    title: str
    """Window title or file name, for people; may be empty."""
    place: Place | None = None
    elements: tuple[Element, ...] = ()
    """What the program in front told of the parts of its window, on this picture."""
    window: WindowRef | None = None
    """That window; None once this run of the desktop is over, as the system uses its number again."""


@dataclass(frozen=True, slots=True)
class CloserLook:
    """A part of `picture` that the model asked for and was shown in the original's own pixels. `area` is normalised."""

    picture: Attachment
    area: Rect
    label: str = ""
    """What the model looks for there, in its own words; may be empty."""
    at: int = 0
    """How many characters of the answer's text came before it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a question, as far as it came. Times in seconds since the epoch or as a duration."""

    state: AnswerState = "waiting"
    text: str = ""
    reasoning: str = ""
    reasoning_seconds: float = 0.0
    notices: tuple[str, ...] = ()
    error: str = ""
    """One sentence with what to do next, when `state` is ``failed``."""
    offers: tuple[Offer, ...] = ()
    model: str = ""
    total_seconds: float = 0.0
    tokens_per_second: float = 0.0
    image_tokens: int = 0
    looks: tuple[CloserLook, ...] = ()
    """In the order they came."""
    citations: tuple[Citation, ...] = ()
    """By number."""
    sources: tuple[SourceRead, ...] = ()
    searches: tuple[Searched, ...] = ()
    """In the order they came."""
    marks: tuple[Mark, ...] = ()
    """By number."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its pictures and documents, and its answer."""

    id: str
    question: str
    attachments: tuple[Attachment, ...]
    answer: Answer
    created: float
    siblings: tuple[str, ...] = ()
    """Ids of all turns that stand in this place, this one included, oldest first: asked again or edited."""
    documents: tuple[DocumentAttachment, ...] = ()

    @property
    def window(self) -> WindowRef | None:
        """The window that the question is about: that of its last picture which shows one that is known."""
        return next((each.window for each in reversed(self.attachments) if each.window is not None), None)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A whole conversation, oldest turn first. `title` comes from the first question unless the person renamed it."""

    id: str
    title: str
    turns: tuple[Turn, ...]
    created: float
    updated: float

    def turn(self, id: str) -> Turn | None:  # noqa: A002 - the field's own name
        """The turn of that id on this path."""
        return next((turn for turn in self.turns if turn.id == id), None)


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """A row of the sidebar. `thumbnail` is the first picture of the conversation, if there is one."""

    id: str
    title: str
    detail: str
    """Small second line: window title, file name, or number of pictures."""
    thumbnail: Attachment | None
    updated: float
