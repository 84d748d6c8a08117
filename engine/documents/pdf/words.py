"""The words of a PDF page with their places, a few foreign calls a word: PDFium has one for each property of each
character, and a book has millions of them."""

from __future__ import annotations

import ctypes
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from engine.documents.pdf.view import Boxes, View

# PDFium's own mark where a hyphen at the end of a line divides a word, and the soft hyphen.
_HYPHEN = "\ufffe\x02\xad"
_IDEOGRAPHS = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d"
# Scripts without spaces go character by character: a place in a line must be found in them too.
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|[^\s\x00-\x1f{_HYPHEN}{_IDEOGRAPHS}]+")
_UNMAPPED = re.compile("[\ufffd\ue000-\uf8ff]")
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u200b": None}
)
_ASCENT, _DESCENT = 0.85, 0.21
"""How far a line of text reaches above and below its baseline, in ems: fonts declare anything between 0.6 and 1.5."""
_BOLD = 600
_LARGEST = 10_000.0

# Made thousands of times a page: without the checks of ctypes, and without letting go of the interpreter.
_loose_box = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
    ctypes.cast(pdfium.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0
)
_unicode = ctypes.PYFUNCTYPE(ctypes.c_uint, ctypes.c_void_p, ctypes.c_int)(
    ctypes.cast(pdfium.FPDFText_GetUnicode, ctypes.c_void_p).value or 0
)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a page in the order of the file. `breaks`: a line ends after it; `glued`: the next one follows
    without a space; `divided`: a hyphen after it divides a word at the end of a line. `sizes` are those of the font in
    points, 0 where the line is not upright. `unmapped` is how many characters have no meaning that the file tells."""

    texts: list[str]
    boxes: Boxes
    breaks: NDArray[np.bool_]
    glued: NDArray[np.bool_]
    divided: NDArray[np.bool_]
    sizes: NDArray[np.float64]
    bold: NDArray[np.bool_]
    unmapped: int

    def only(self, seen: NDArray[np.bool_]) -> Words:
        """The words where `seen` is true."""
        texts = [text for text, kept in zip(self.texts, seen, strict=True) if kept]
        return Words(
            texts,
            self.boxes[seen],
            self.breaks[seen],
            self.glued[seen],
            self.divided[seen],
            self.sizes[seen],
            self.bold[seen],
            self.unmapped,
        )


def words_of(page: Any, view: View) -> Words:
    """All words that can be seen on a page that is open (an FPDF_PAGE)."""
    handle = pdfium.FPDFText_LoadPage(page)
    if not handle:
        return _none()
    try:
        text = _text_of(handle, max(pdfium.FPDFText_CountChars(handle), 0))
        found = [match.span() for match in _WORD.finditer(text)]
        if not found:
            return _none()
        words = _placed(handle, view, text, found)
        _fit_to_baseline(handle, view, words, [start for start, _ in found])
    finally:
        pdfium.FPDFText_ClosePage(handle)
    x, y = words.boxes[:, [0, 2]].mean(1), words.boxes[:, [1, 3]].mean(1)
    seen = (x >= 0) & (x <= view.width) & (y >= 0) & (y <= view.height)
    return words if seen.all() else words.only(seen)


def _placed(handle: Any, view: View, text: str, found: list[tuple[int, int]]) -> Words:
    count = len(found)
    starts = [start for start, _ in found] + [-1]
    after = [text[end : end + 1] for _, end in found]
    divided = np.array([letter != "" and letter in _HYPHEN for letter in after])
    return Words(
        [text[start:end] for start, end in found] if text.isascii() else _plain(text, found),
        view.shown(_boxes_of(handle, found)),
        divided | np.array([letter in ("\r", "\n") for letter in after]),
        np.array([found[index][1] == starts[index + 1] for index in range(count)]),
        divided,
        np.zeros(count),
        np.zeros(count, np.bool_),
        len(_UNMAPPED.findall(text)),
    )


def _fit_to_baseline(handle: Any, view: View, words: Words, starts: list[int]) -> None:
    """Replace the heights that fonts declare by those of their letters, and note size and weight, line by line."""
    heights = words.boxes[:, 3] - words.boxes[:, 1]
    same = (np.abs(np.diff(words.boxes[:, 3])) < 0.1) & (np.abs(np.diff(heights)) < 0.1) & ~words.breaks[:-1]
    ends = np.flatnonzero(~same)
    firsts = np.concatenate([[0], ends + 1])
    x, y, matrix = ctypes.c_double(), ctypes.c_double(), pdfium.FS_MATRIX()
    origins = np.zeros((len(firsts), 4))
    sizes, bold = np.zeros(len(firsts)), np.zeros(len(firsts), np.bool_)
    for line, first in enumerate(firsts.tolist()):
        start = starts[first]
        pdfium.FPDFText_GetMatrix(handle, start, matrix)
        size = pdfium.FPDFText_GetFontSize(handle, start) * math.hypot(matrix.c, matrix.d)
        angle = round(math.degrees(math.atan2(matrix.b, matrix.a)))
        if 0 < size < _LARGEST and (angle - view.turn) % 360 == 0:
            pdfium.FPDFText_GetCharOrigin(handle, start, x, y)
            origins[line] = x.value, y.value, x.value, y.value
            sizes[line], bold[line] = size, pdfium.FPDFText_GetFontWeight(handle, start) >= _BOLD
    lengths = np.diff(np.append(firsts, len(starts)))
    base, words.sizes[:] = np.repeat(view.shown(origins)[:, 1], lengths), np.repeat(sizes, lengths)
    words.bold[:] = np.repeat(bold, lengths)
    top, bottom = words.boxes[:, 1].copy(), words.boxes[:, 3].copy()
    fitted_top = np.maximum(top, base - _ASCENT * words.sizes)
    fitted_bottom = np.maximum(np.minimum(bottom, base + _DESCENT * words.sizes), fitted_top + 0.5)
    words.boxes[:, 1] = np.where(words.sizes > 0, fitted_top, top)
    words.boxes[:, 3] = np.where(words.sizes > 0, fitted_bottom, bottom)


def _text_of(handle: Any, count: int) -> str:
    """`count` characters, one for each of PDFium's: its own text leaves out those that have no meaning."""
    buffer = (ctypes.c_ushort * (count + 1))()
    if pdfium.FPDFText_GetText(handle, 0, count, buffer) == count + 1:
        text = bytes(buffer)[: count * 2].decode("utf-16-le", "replace")
        if len(text) == count:
            return text
    address = ctypes.cast(handle, ctypes.c_void_p).value
    return "".join([_letter(_unicode(address, index)) for index in range(count)])


def _plain(text: str, found: list[tuple[int, int]]) -> list[str]:
    return [text[start:end].translate(_LIGATURES) for start, end in found]


def _letter(code: int) -> str:
    return "\ufffd" if code == 0 or 0xD800 <= code < 0xE000 or code > 0x10FFFF else chr(code)


def _boxes_of(handle: Any, words: list[tuple[int, int]]) -> Boxes:
    """PDF coordinates of words from those of their first and last characters; text runs straight."""
    rectangles = (pdfium.FS_RECTF * (2 * len(words)))()
    address, at, size = ctypes.cast(handle, ctypes.c_void_p).value, ctypes.addressof(rectangles), 16
    for start, end in words:
        _loose_box(address, start, at)
        _loose_box(address, end - 1, at + size)
        at += 2 * size
    # left, top, right, bottom
    sides = np.frombuffer(rectangles, np.float32).reshape(-1, 2, 4).astype(np.float64)
    lowest, highest = sides.min(1), sides.max(1)
    boxes = np.stack([lowest[:, 0], lowest[:, 3], highest[:, 2], highest[:, 1]], 1)
    finite: Boxes = np.nan_to_num(boxes, nan=0.0, posinf=0.0, neginf=0.0)
    return finite


def _none() -> Words:
    none = np.zeros(0, np.bool_)
    return Words([], np.zeros((0, 4)), none, none, none, np.zeros(0), none, 0)
