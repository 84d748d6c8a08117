"""TeX -> pictures, a few at a time. Setting a formula takes 3 to 15 ms, so one turn of the event loop sets only as
many as fit `_BUDGET`; the others wait their turn, shown as TeX until then."""

from __future__ import annotations

import re
import sys
import time
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_BUDGET = 0.012
"""Seconds of setting formulas in one turn of the event loop; the first one always goes."""
_KEPT = 512
_LONGEST = 2000
"""Characters of TeX; what is longer stays TeX."""
_LARGEST = 6000
"""Pixels of a side."""
_TYPESETTER = "ziamath.zmath"
_MACROS = re.compile(r"\\(?:def|gdef|edef|let|newcommand|renewcommand|providecommand|rule|includegraphics|href)\b")
"""Commands that could grow without end or reach outside the formula."""


@dataclass(frozen=True, slots=True)
class FormulaRequest:
    """What a picture depends on. `size` is the letters' in logical pixels, `colour` is ``#rrggbb``."""

    tex: str
    display: bool
    size: float
    colour: str
    ratio: float


@dataclass(frozen=True, slots=True)
class SetFormula:
    """A formula's picture in logical pixels: `ascent` above the baseline, `descent` below it."""

    pixmap: QPixmap
    width: float
    ascent: float
    descent: float


class MathsSetter(QObject):
    """Sets formulas and keeps their pictures. `ready` tells that formulas that were pending can be had now."""

    ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[FormulaRequest, SetFormula | None] = OrderedDict()
        self._waiting: OrderedDict[FormulaRequest, None] = OrderedDict()
        self._spent = 0.0
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._next_turn)

    def get(self, request: FormulaRequest) -> SetFormula | None:
        """The picture, or None: not yet, or TeX that can not be set. In both cases the TeX is what to show."""
        if request in self._kept:
            self._kept.move_to_end(request)
            return self._kept[request]
        if self._spent < _BUDGET and not self._waiting:
            return self._set(request)
        self._waiting[request] = None
        self._turn.start()
        return None

    def waits(self, request: FormulaRequest) -> bool:
        """Whether a picture may still come."""
        return request in self._waiting

    def _next_turn(self) -> None:
        self._spent = 0.0
        done = False
        while self._waiting and self._spent < _BUDGET:
            request, _ = self._waiting.popitem(last=False)
            done = self._set(request) is not None or done
        if self._waiting:
            self._turn.start()
        if done:
            self.ready.emit()

    def _set(self, request: FormulaRequest) -> SetFormula | None:
        begun = time.perf_counter()
        made = self._kept[request] = set_formula(request)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self._spent += time.perf_counter() - begun
        self._turn.start()
        return made


def load_typesetter() -> None:
    """Load the typesetter's modules: 0.2 s that the first formula would take longer. Any thread may call it."""
    if _TYPESETTER not in sys.modules:
        with warnings.catch_warnings():
            # It finds its font by a call that Python 3.11 and 3.12 call deprecated and later ones do not.
            warnings.simplefilter("ignore", DeprecationWarning)
            import_module(_TYPESETTER)


def set_formula(request: FormulaRequest) -> SetFormula | None:
    """Draw one formula; None when the TeX is not understood."""
    if len(request.tex) > _LONGEST or _MACROS.search(request.tex):
        return None
    svg = _svg(request)
    renderer = QSvgRenderer()
    if svg is None or not renderer.load(QByteArray(svg.encode())):
        return None
    box = renderer.viewBoxF()
    if not 0 < box.width() < _LARGEST or not 0 < box.height() < _LARGEST:
        return None
    # Whole device pixels around the baseline, so that it lies on a pixel row and is not blurred.
    ratio = request.ratio
    left, right = -int(-box.left() * ratio + 1), int(box.right() * ratio + 1)
    ascent, descent = int(-box.top() * ratio + 1), int(max(box.bottom(), 0) * ratio + 1)
    pixmap = QPixmap(QSize(right - left, ascent + descent))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    target = QRectF(box.left() * ratio - left, box.top() * ratio + ascent, box.width() * ratio, box.height() * ratio)
    renderer.render(painter, target)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return SetFormula(pixmap, (right - left) / ratio, ascent / ratio, descent / ratio)


def _svg(request: FormulaRequest) -> str | None:
    # Loaded with the first formula, because most answers have none.
    load_typesetter()
    from latex2mathml import exceptions  # noqa: PLC0415
    from ziamath.config import config  # noqa: PLC0415
    from ziamath.zmath import Latex  # noqa: PLC0415

    # QtSvg draws no nested <symbol>, which is what SVG 2 output is made of.
    config.svg2 = False
    # TeX from a model can be anything: whatever stops the typesetter, the reader sees the TeX.
    stops: tuple[type[Exception], ...] = (
        *_exceptions_of(exceptions),
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        RuntimeError,
        SyntaxError,
        TypeError,
        ValueError,
    )
    try:
        formula = Latex(request.tex, size=request.size, color=request.colour, inline=not request.display)
        return str(formula.svg())
    except stops:
        return None


def _exceptions_of(module: ModuleType) -> list[type[Exception]]:
    return [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, Exception)]
