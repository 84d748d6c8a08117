"""What is pointed at <-> JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.protocol import Box, Element, Mark, Proof


def element_of(value: Mapping[str, Any]) -> Element:
    """The inverse of `dataclasses.asdict`."""
    return Element(**{**value, "box": Box(**value["box"]), "states": tuple(value["states"])})


def mark_of(value: Mapping[str, Any]) -> Mark:
    """The inverse of `dataclasses.asdict`."""
    return Mark(**{**value, "box": Box(**value["box"]), "proofs": tuple(_proof_of(each) for each in value["proofs"])})


def _proof_of(value: Mapping[str, Any]) -> Proof:
    return Proof(**{**value, "box": Box(**value["box"])})
