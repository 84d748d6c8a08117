"""How a model is to run when nobody has said it."""

from __future__ import annotations

from engine.protocol import Fit, Installed, Offered

AUTO = "auto"
"""As the model is stored."""
_FEWER_BITS = ("int8", "int4")
_ORDER = ("fits", "tight", "no")


def dtype_for(model: Offered | Installed) -> str:
    """What `LoadModel` takes: as the model is stored if that fits as well as fewer bits do, else the best of those."""
    if model.form != "published" or not model.fits:
        return AUTO
    best = min(model.fits, key=_rank)
    return best.dtype if best.verdict != "no" and best.dtype in _FEWER_BITS else AUTO


def _rank(fit: Fit) -> tuple[int, bool]:
    return _ORDER.index(fit.verdict), fit.dtype in _FEWER_BITS
