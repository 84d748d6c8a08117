"""Events of one request on a terminal, in a pipe, or as lines of JSON."""

from __future__ import annotations

from typing import Protocol, TextIO

from engine.protocol import (
    Cited,
    DocumentRead,
    Event,
    Failed,
    Finished,
    ImageProgress,
    LoadProgress,
    Notice,
    OcrProgress,
    PageWord,
    PrefillProgress,
    QuoteChecked,
    ReadProgress,
    Searched,
    SourcesRead,
    TaskProgress,
    TextDelta,
    encode,
)

DIM, PLAIN = "\x1b[2m", "\x1b[22m"
ERASE_LINE = "\r\x1b[K"


class Output(Protocol):
    """Where the events of a request go."""

    def show(self, event: Event) -> None:
        """Show one event."""


class JsonOutput:
    """Each event as one line of the protocol on `out`; what went wrong also in words on `errors`."""

    def __init__(self, out: TextIO, errors: TextIO) -> None:
        self._out, self._errors = out, errors

    def show(self, event: Event) -> None:
        """Show one event."""
        self._out.write(encode(event).decode())
        self._out.flush()
        if isinstance(event, Failed):
            print(event.message, file=self._errors, flush=True)


class TextOutput:
    """The answer on `out` as it is written, and below it what its marks stand for. Thoughts, notices and errors go to
    `errors`, and where that is a terminal also how far the work is."""

    def __init__(self, out: TextIO, errors: TextIO) -> None:
        self._out, self._errors = out, errors
        self._terminal = errors.isatty()
        self._status = False
        self._thought = False
        self._line_open = False
        self._page_words: dict[str, PageWord] = {}
        self._cited: dict[int, Cited] = {}
        self._doubtful: list[QuoteChecked] = []
        self._left_out: set[str] = set()

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case LoadProgress():
                self._say_status(f"Loading the model: {100 * event.done // max(event.total, 1)} %")
            case ImageProgress():
                self._say_status(f"Reading picture {event.index} of {event.total}")
            case PrefillProgress():
                self._say_status(f"Reading {event.done:,} of {event.total:,} tokens")
            case ReadProgress() | OcrProgress():
                deed = "Recognising" if isinstance(event, OcrProgress) else "Reading"
                self._say_status(f"{deed} page {event.done:,} of {event.total:,}")
            case DocumentRead():
                self._clear_status()
                self._page_words[event.info.document] = event.info.page_word
            case TaskProgress():
                self._say_status(f"{event.what} ({event.done + 1:,} of {event.total:,})")
            case SourcesRead():
                self._tell_sources(event)
            case Searched():
                self._end_answer()
                self._say(f"The documents were searched for “{event.query}”.")
            case Cited():
                self._cited.setdefault(event.number, event)
            case QuoteChecked(proved=False):
                self._doubtful.append(event)
            case TextDelta(channel="reasoning"):
                self._clear_status()
                self._errors.write(f"{DIM}{event.text}{PLAIN}" if self._terminal else event.text)
                self._errors.flush()
                self._thought = True
            case TextDelta():
                self._clear_status()
                self._end_thought()
                self._out.write(event.text)
                self._out.flush()
                self._line_open = not event.text.endswith("\n")
            case Notice():
                self._end_answer()
                self._say(event.message)
            case Finished():
                self._clear_status()
                self._end_answer()
                self._tell_cited()
            case Failed():
                self._end_answer()
                self._say(event.message)

    def _tell_sources(self, event: SourcesRead) -> None:
        """What was not read, each time it is another sentence."""
        for source in event.sources:
            sentence = f"{source.name}: {source.left_out}"
            if source.left_out and sentence not in self._left_out:
                self._left_out.add(sentence)
                self._say(sentence)

    def _tell_cited(self) -> None:
        if self._cited:
            self._out.write("\n")
        for number, cited in sorted(self._cited.items()):
            passage = cited.passage
            word = self._page_words.get(passage.document, "page")
            label = f" “{passage.label}”" if passage.label and passage.label != str(passage.page) else ""
            self._out.write(f"[{number}] {passage.name}, {word} {passage.page}{label}\n")
        self._out.flush()
        for check in self._doubtful:
            self._say(f"The document does not say “{check.quote}” [{check.number}].")

    def _end_answer(self) -> None:
        """The prompt of the shell shall begin a line."""
        self._end_thought()
        if self._line_open:
            self._out.write("\n")
            self._out.flush()
            self._line_open = False

    def _end_thought(self) -> None:
        if self._thought:
            self._errors.write("\n\n" if self._terminal else "\n")
            self._errors.flush()
            self._thought = False

    def _say(self, sentence: str) -> None:
        self._clear_status()
        print(sentence, file=self._errors, flush=True)

    def _say_status(self, sentence: str) -> None:
        if self._terminal:
            self._errors.write(ERASE_LINE + sentence)
            self._errors.flush()
            self._status = True

    def _clear_status(self) -> None:
        if self._status:
            self._errors.write(ERASE_LINE)
            self._errors.flush()
            self._status = False
