"""Text in whatever encoding it was saved."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

SAMPLE = 1 << 16
"""Bytes that an encoding is guessed from."""
_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = "cp1252"
_IN_USE = (
    _WESTERN, "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874", "koi8_r", "cp866",
    "iso8859_2", "cp932", "euc_jp", "gb18030", "big5", "cp949", "utf_16_le", "utf_16_be",
)  # fmt: skip
"""What text files are found in; of the many more that exist, some are taken for these on short texts."""
_ISO_2022 = re.compile(rb"\x1b\$[@B]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def decode(data: bytes, declared: str = "") -> str:
    """The text of `data`. `declared` is the encoding that it says it has, heeded where it fits. Bytes that are no
    characters become the replacement character; control characters are left out."""
    encoding = encoding_of(data, declared)
    return clean(data.decode(encoding, "replace"))


def clean(text: str) -> str:
    """`text` with plain line ends and without control characters, which no one can see or search."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).removeprefix("\ufeff")


def encoding_of(data: bytes, declared: str = "") -> str:
    """By the mark at the beginning, by what is declared, as UTF-8 where all of it is, else guessed."""
    marked = marked_encoding(data)
    if marked:
        return marked
    if _ISO_2022.search(data[:SAMPLE]):
        return "iso2022_jp"
    for encoding in (declared, "utf-8"):
        if encoding and _fits(data, encoding):
            return encoding
    return _guess(_around(data, _first_odd(data)))


def file_encoding(path: Path) -> str:
    """As `encoding_of`, without holding more of the file at `path` than a piece. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
        marked = marked_encoding(head)
        if marked:
            return marked
        if _ISO_2022.search(head):
            return "iso2022_jp"
        decoder = codecs.getincrementaldecoder("utf-8")()
        piece = head
        while True:
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError:
                return _guess(_around(piece, _first_odd(piece)) or head)
            if not piece:
                return "utf-8"
            piece = file.read(_CHUNK)


def marked_encoding(data: bytes) -> str:
    """That of the byte order mark; UTF-16 also without one where every other byte is zero; ``""`` for neither."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    head = data[:4096]
    if len(head) >= 4:
        even, odd = head[::2].count(0) / len(head), head[1::2].count(0) / len(head)
        if odd > 0.2 and even < 0.02:
            return "utf-16-le"
        if even > 0.2 and odd < 0.02:
            return "utf-16-be"
    return ""


def _fits(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except (UnicodeError, LookupError, ValueError):
        return False
    return True


def _first_odd(data: bytes) -> int:
    """Where the first byte is that is not ASCII."""
    found = re.search(rb"[\x80-\xff]", data)
    return found.start() if found else 0


def _around(data: bytes, place: int) -> bytes:
    start = max(0, place - SAMPLE // 4)
    # Not from the middle of a character: from the beginning of a line where there is one.
    if start:
        start = max(start, data.find(b"\n", start, place) + 1)
    return data[start : start + SAMPLE]


def _guess(sample: bytes) -> str:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - only where it is needed

    # Cut at a line end: half a character at the end would rule out the right encoding.
    cut = sample.rfind(b"\n") + 1
    sample = sample[:cut] if len(sample) == SAMPLE and cut else sample
    matches = list(from_bytes(sample, cp_isolation=list(_IN_USE)))
    if not matches:
        return _WESTERN
    best = min(matches, key=lambda match: (round(match.chaos, 2), -match.coherence, match.encoding != _WESTERN))
    # Where the sample reads the same in several, what follows it is most likely in the one that most people use.
    return _WESTERN if sample.decode(_WESTERN, "replace") == str(best) else best.encoding
