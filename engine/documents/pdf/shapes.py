"""What is drawn on a PDF page besides text: the lines that tables are ruled with, and pictures."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from engine.documents.pdf.view import Boxes, Side, View

MOST_OBJECTS = 5_000
_MOST_EDGES = 400
_DEEPEST = 3
_THIN = 2.5
"""Points: a shape that is thinner is a line."""
_IDENTITY = np.eye(3)


@dataclass(slots=True)
class Shapes:
    """Straight lines across and down, each as the thin box that it covers; the boxes of pictures; whether anything is
    drawn at all. `left` is how many more objects are looked at."""

    across: list[Side] = field(default_factory=list)
    down: list[Side] = field(default_factory=list)
    pictures: list[Side] = field(default_factory=list)
    drawn: bool = False
    left: int = MOST_OBJECTS


def shapes_of(page: Any, view: View) -> Shapes:
    """What a page that is open (an FPDF_PAGE) is drawn of, its first few thousand objects."""
    shapes = Shapes()
    for index in range(min(pdfium.FPDFPage_CountObjects(page), MOST_OBJECTS)):
        _collect(pdfium.FPDFPage_GetObject(page, index), _IDENTITY, view, shapes, _DEEPEST)
    return shapes


def _collect(item: Any, matrix: Boxes, view: View, shapes: Shapes, depth: int) -> None:
    shapes.left -= 1
    kind = pdfium.FPDFPageObj_GetType(item) if item and shapes.left >= 0 else pdfium.FPDF_PAGEOBJ_TEXT
    if kind == pdfium.FPDF_PAGEOBJ_TEXT:
        return
    if kind == pdfium.FPDF_PAGEOBJ_FORM:
        if depth > 0:
            inner = _matrix_of(item) @ matrix
            for index in range(min(pdfium.FPDFFormObj_CountObjects(item), MOST_OBJECTS)):
                _collect(pdfium.FPDFFormObj_GetObject(item, index), inner, view, shapes, depth - 1)
        return
    shapes.drawn = True
    if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
        shapes.pictures.append(_side(view, _moved(_bounds(item), matrix)))
    elif kind == pdfium.FPDF_PAGEOBJ_PATH:
        _collect_path(item, matrix, view, shapes)


def _collect_path(path: Any, matrix: Boxes, view: View, shapes: Shapes) -> None:
    count = pdfium.FPDFPath_CountSegments(path)
    if _noted(_side(view, _moved(_bounds(path), matrix)), shapes) or not 0 < count <= _MOST_EDGES:
        return
    mode, stroked = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, mode, stroked)
    if stroked.value:
        for edge in view.shown(_moved(_edges(path, count), _matrix_of(path) @ matrix)):
            _noted((edge[0], edge[1], edge[2], edge[3]), shapes)


def _noted(box: Side, shapes: Shapes) -> bool:
    """Note a box as a line, if it is thin and long enough."""
    wide, high = box[2] - box[0], box[3] - box[1]
    if high <= _THIN and wide > 2 * _THIN:
        shapes.across.append(box)
    elif wide <= _THIN and high > 2 * _THIN:
        shapes.down.append(box)
    else:
        return False
    return True


def _edges(path: Any, count: int) -> Boxes:
    """The straight pieces of a path, each from point to point."""
    x, y = ctypes.c_float(), ctypes.c_float()
    start = here = (0.0, 0.0)
    edges = []
    for index in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(path, index)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point, kind = (x.value, y.value), pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            edges.append((*here, *point))
        here = point
        if pdfium.FPDFPathSegment_GetClose(segment):
            edges.append((*here, *start))
            here = start
    return np.array(edges, np.float64).reshape(-1, 4)


def _matrix_of(item: Any) -> Boxes:
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(item, matrix):
        return _IDENTITY
    return np.array([[matrix.a, matrix.b, 0], [matrix.c, matrix.d, 0], [matrix.e, matrix.f, 1]], np.float64)


def _bounds(item: Any) -> Boxes:
    sides = [ctypes.c_float() for _ in range(4)]
    pdfium.FPDFPageObj_GetBounds(item, *sides)
    return np.array([[side.value for side in sides]])


def _moved(boxes: Boxes, matrix: Boxes) -> Boxes:
    if matrix is _IDENTITY:
        return boxes
    turn, shift = matrix[:2, :2], matrix[2, :2]
    return np.hstack([boxes[:, :2] @ turn + shift, boxes[:, 2:] @ turn + shift])


def _side(view: View, boxes: Boxes) -> Side:
    left, top, right, bottom = view.shown(boxes)[0].tolist()
    return left, top, right, bottom
