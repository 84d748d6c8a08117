"""The product's look and font, for tests of the blocks alone."""

from __future__ import annotations

from pathlib import Path

from app.look import Look, Theme, load_look

RESOURCES = Path(__file__).parents[3] / "resources"


def look(theme: Theme = "light") -> Look:
    return load_look(theme, RESOURCES / "look")
