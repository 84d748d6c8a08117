"""Writing in pictures -> text with places, by the models that come with RapidOCR. Nothing is ever fetched.

They know Latin letters, Chinese and Japanese. What they do not know they pass over in silence, so how much of the
writing on a page came out as letters is measured, and a page where too little did is said to be unreadable.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.documents.document import DocumentError, Page, Span
from engine.documents.pdf.layout import lay_out
from engine.documents.pdf.words import Words

LONGEST_SIDE = 2_000
"""Pixels that are looked at; larger pictures are made smaller. An A4 page at 170 dots per inch."""
MOST_THREADS = 4
_BATCH = 6
_DETECTION, _RECOGNITION = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
_CERTAIN = 0.5
"""Scores of lines that are kept."""
_SPARSE = 0.5
"""Letters for each line height of its length, below which a line was not recognised. Latin has 2, Chinese 1."""
_ODD_PART = 0.3
_EM = 0.7
"""Of the height of a line's box."""
_SAME = 0.25
"""How far lines of one size differ in height."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of writing that was found: what it says, its words with boxes, how certain, and its sides in pixels."""

    text: str
    words: tuple[tuple[str, tuple[float, float, float, float]], ...]
    score: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a picture says. `problem` is a sentence where most of its writing is of a script that is not known, and
    there are no spans then."""

    spans: tuple[Span, ...]
    problem: str = ""


class Recogniser:
    """Loads its models when it is first used: then it takes about 0.8 GB. One picture at a time.

    `threads`: how many to compute with, 0 for as many as are good."""

    def __init__(self, threads: int = 0) -> None:
        self._threads = threads or min(MOST_THREADS, os.cpu_count() or 1)
        self._engine: Any = None

    def read(self, picture: Image.Image) -> Recognised:
        """Everything that is written in an RGB picture, in reading order.

        Raises:
            DocumentError: there is not enough memory for it.
        """
        lines = self._lines(picture)
        if problem := unreadable_script(lines):
            return Recognised((), problem)
        kept = [line for line in lines if line.score >= _CERTAIN and line.words]
        if not kept:
            return Recognised(())
        laid = lay_out(_words(kept), [], picture.width, picture.height)
        return Recognised(tuple(laid.spans))

    def recognise(self, picture: Image.Image) -> tuple[Span, ...]:
        """The spans of `read`."""
        return self.read(picture).spans

    def _lines(self, picture: Image.Image) -> list[Line]:
        from rapidocr.inference_engine.onnxruntime.main import ONNXRuntimeError  # noqa: PLC0415 - takes a second

        engine = self._load()
        # OpenCV's order of colours.
        pixels = np.ascontiguousarray(np.asarray(picture.convert("RGB"))[..., ::-1])
        try:
            small, record = engine.preprocess_img(pixels)
            found, turned, said, cuttings = engine.run_ocr_steps(small, record)
        except (ONNXRuntimeError, MemoryError) as error:
            raise DocumentError(
                "out_of_memory",
                "There is not enough free memory to recognise text. Close other programs and try again.",
            ) from error
        if found.boxes is None or said.txts is None:
            return []
        silent = [
            Line("", (), 0.0, *_sides(box))
            for box, text in zip(found.boxes, said.txts, strict=True)
            if not text.strip()
        ]
        result = engine.build_final_output(pixels, found, turned, said, cuttings, record)
        if result.boxes is None or not result.txts:
            return silent
        lines = [
            _line(text, words, float(score), box)
            for text, words, score, box in zip(
                result.txts, result.word_results, result.scores, result.boxes, strict=False
            )
        ]
        return lines + silent

    def _load(self) -> Any:
        if self._engine is None:
            import rapidocr  # noqa: PLC0415 - takes a second

            models = Path(rapidocr.__file__).parent / "models"
            self._engine = rapidocr.RapidOCR(
                params={
                    "Global.use_cls": False,
                    "Global.log_level": "error",
                    "Global.text_score": 0.0,
                    "Global.max_side_len": LONGEST_SIDE,
                    "Global.return_word_box": True,
                    "EngineConfig.onnxruntime.intra_op_num_threads": self._threads,
                    "Rec.rec_batch_num": _BATCH,
                    # Named, or the library would look for them in the network where they are missing.
                    "Det.model_path": str(models / _DETECTION),
                    "Rec.model_path": str(models / _RECOGNITION),
                }
            )
        return self._engine


def unreadable_script(lines: Sequence[Line]) -> str:
    """A sentence, if most of the writing found in a picture did not come out as letters that are known; else ``""``."""
    length = sum(line.width / line.height for line in lines)
    if not length:
        return ""
    lost = sum(line.width / line.height for line in lines if _is_lost(line))
    if lost <= 0.5 * length and not _is_vietnamese("".join(line.text for line in lines)):
        return ""
    return (
        "The writing on this page can not be recognised: only Latin letters, Chinese and Japanese are known. It can be "
        "looked at, but not searched."
    )


def with_text(page: Page, recognised: Recognised) -> Page:
    """A scanned page with what was recognised on it, next to its form fields and notes."""
    marks = tuple(span for span in page.spans if span.kind in ("form", "note"))
    return replace(page, spans=(*recognised.spans, *marks), recognised=True, problem=recognised.problem)


def _is_lost(line: Line) -> bool:
    letters = [letter for letter in line.text if letter.isalnum()]
    odd = sum("\u0370" <= letter <= "\u05ff" for letter in letters)
    sparse = len([letter for letter in line.text if not letter.isspace()]) < _SPARSE * line.width / line.height
    # Greek letters are known as signs of formulas: as words they come out with holes.
    return line.score < _CERTAIN or sparse or odd > _ODD_PART * len(letters) + 1


def _is_vietnamese(text: str) -> bool:
    """Of its letters some are known, and most of those with two marks are left out."""
    own = sum(letter in "ơưƠƯ" for letter in text)
    return own >= 2 and own >= 0.02 * len(text)


def _line(text: str, words: Any, score: float, box: NDArray[np.float32]) -> Line:
    placed = []
    for word, _, corners in words or ():
        sides = np.asarray(corners, np.float64)
        low, high = sides.min(0).tolist(), sides.max(0).tolist()
        if word.strip():
            placed.append((word.strip(), (low[0], low[1], high[0], high[1])))
    return Line(text, tuple(placed), score, *_sides(box))


def _sides(corners: NDArray[np.float32]) -> tuple[float, float]:
    """Width and height of a box that may be tilted."""
    width = float(np.linalg.norm(corners[1] - corners[0]))
    height = float(np.linalg.norm(corners[3] - corners[0]))
    return width, max(height, 1.0)


def _words(lines: list[Line]) -> Words:
    words = [word for line in lines for word in line.words]
    counts = [len(line.words) for line in lines]
    ends = np.cumsum(counts) - 1
    breaks = np.zeros(len(words), np.bool_)
    breaks[ends] = True
    heights = np.array([line.height for line in lines])
    usual = float(np.median(heights))
    sizes = _EM * np.where(np.abs(heights - usual) <= _SAME * usual, usual, heights)
    none = np.zeros(len(words), np.bool_)
    glued = np.array(
        [
            _is_ideograph(one[0]) and _is_ideograph(other[0])
            for one, other in zip(words, words[1:] + words[:1], strict=True)
        ]
    )
    return Words(
        [text for text, _ in words],
        np.array([box for _, box in words], np.float64),
        breaks,
        glued & ~breaks,
        none,
        np.repeat(sizes, counts),
        none.copy(),
        0,
    )


def _is_ideograph(text: str) -> bool:
    return "\u3040" <= text[0] <= "\u9fff"
