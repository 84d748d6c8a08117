"""The look as named values, from ``resources/look/tokens.json``: the one source of every colour, radius, distance and
type size. Painters take a `Palette`, style sheets are filled from it by `style_sheet`. Without Qt."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal

Theme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one theme as ``#rrggbb`` text; `veil`, `scrim` and `page_mark_line` as ``#aarrggbb``."""

    theme: Theme
    paper: str
    """The window and the page."""
    surface: str
    """Fields, pictures' frames, the chosen row."""
    raised: str
    """The composer, menus, sheets."""
    sunken: str
    """The sidebar, and what is pressed or under the pointer."""
    line: str
    line_strong: str
    ink: str
    ink_2: str
    ink_3: str
    accent: str
    """What the person can do, and nothing else."""
    accent_ink: str
    accent_soft: str
    accent_strong: str
    """An accent surface under the pointer."""
    mark: str
    """Where the finger points, and nothing else."""
    mark_ink: str
    mark_halo: str
    ok: str
    warn: str
    bad: str
    code: str
    shadow: str
    veil: str
    """Over the window while something stands in front of it."""
    scrim: str
    """Under words that lie on a picture."""
    scrim_ink: str
    page: str
    """The paper of a document, which is white in either theme."""
    page_ink: str
    page_ink_2: str
    page_line: str
    page_mark: str
    """Behind the passage that a citation stands for."""
    page_mark_line: str
    page_found: str
    """Behind what was searched for, and what is selected."""
    page_accent: str
    """Around the one of them where the person is."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Qt logical pixels, the same in both themes."""

    radius_s: int
    radius_control: int
    radius_m: int
    radius_l: int
    space_1: int
    space_2: int
    space_3: int
    space_4: int
    space_5: int
    space_6: int
    font_xs: int
    font_s: int
    font_m: int
    font_answer: int
    font_l: int
    font_xl: int
    page_width: int
    document_width: int
    """The side panel with documents, until it is drawn wider."""
    contents_width: int
    document_tile_width: int
    question_width: int
    picture_height: int
    """A picture on the page is at most this high."""
    narrow_width: int
    """A window below this width folds its sidebar away."""
    sidebar_width: int
    sheet_width: int
    bar_height: int
    row_height: int
    day_height: int
    thumb_width: int
    thumb_height: int
    tile_width: int
    tile_height: int
    control: int
    """Height of a small button."""
    field: int
    """Height of a text field and diameter of the round button."""
    icon: int
    dot: int
    progress: int
    shadow_reach: int
    mark_line: int
    """The line around what is pointed at, in pixels of whatever it is painted on at its own scale."""
    mark_gap: int
    """Between it and what it goes around."""
    mark_rim: int
    """The outline on both of its sides."""
    mark_glow: int
    """The faint halo around that."""
    mark_radius: int
    mark_ring: int
    """Diameter of the ring around a point."""
    mark_chip: int
    """Height of a mark's number in a text."""
    arm_height: int
    arm_point: int
    """How long the pointed end of an arm is."""
    arm_words: int
    """Words on an arm are at most this wide."""


@dataclass(frozen=True, slots=True)
class Look:
    """A palette with the sizes: what every widget and painter is given."""

    palette: Palette
    sizes: Sizes


def load_look(theme: Theme, folder: Path) -> Look:
    """The look of one theme from ``tokens.json`` in `folder` (the product's ``resources/look``).

    Raises:
        OSError, ValueError, KeyError, TypeError: the file that ships with the product is missing or damaged.
    """
    tokens = json.loads((folder / "tokens.json").read_text(encoding="utf-8"))
    return Look(Palette(theme=theme, **tokens[theme]), Sizes(**tokens["sizes"]))


def style_sheet(look: Look, template: str) -> str:
    """Fill a Qt style sheet: ``$accent`` takes a colour of the palette, ``${radius_m}`` a size without its unit.

    Raises:
        KeyError: the template names a value that the look does not have.
    """
    values = {**dataclasses.asdict(look.palette), **dataclasses.asdict(look.sizes)}
    return Template(template).substitute(values)
