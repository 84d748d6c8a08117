"""The look as named values, from ``resources/look/tokens.json``: the one source of every colour, radius, distance and
type size. Painters take a `Palette`, style sheets are filled from it by `style_sheet`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one theme as ``#rrggbb`` text."""

    theme: Theme
    paper: str
    surface: str
    raised: str
    sunken: str
    line: str
    line_strong: str
    ink: str
    ink_2: str
    ink_3: str
    accent: str
    accent_ink: str
    accent_soft: str
    mark: str
    mark_ink: str
    mark_halo: str
    ok: str
    warn: str
    bad: str
    code: str


@dataclass(frozen=True, slots=True)
class Sizes:
    """Qt logical pixels, the same in both themes."""

    radius_s: int
    radius_m: int
    radius_l: int
    space_1: int
    space_2: int
    space_3: int
    space_4: int
    space_5: int
    space_6: int
    font_s: int
    font_m: int
    font_answer: int
    font_l: int
    font_xl: int
    page_width: int


@dataclass(frozen=True, slots=True)
class Look:
    """A palette with the sizes: what every widget and painter is given."""

    palette: Palette
    sizes: Sizes
