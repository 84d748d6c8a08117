"""The elements of a window in a JSON file, as ``fingerpost capture --tree`` writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from engine import wire
from engine.protocol import Element


class TreeFileError(Exception):
    """A file that has no elements to read. `str()` is a sentence for a person."""


def read_tree(path: Path) -> tuple[Element, ...]:
    """The elements in ``{"elements": [...]}``.

    Raises:
        TreeFileError: it is not there, or holds something else.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TreeFileError(f"There is no file {path}. Check its name.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise TreeFileError(f"{path} can not be read. Write it again with fingerpost capture --tree.") from error
    listed = document.get("elements") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise TreeFileError(f"{path} holds no elements of a window. Write it with fingerpost capture --tree.")
    try:
        return tuple(wire.from_json(Element, item, f"elements[{index}]") for index, item in enumerate(listed))
    except ValueError as error:
        raise TreeFileError(
            f"{path} is not complete ({error}). Write it again with fingerpost capture --tree."
        ) from error


def tree_text(elements: Sequence[Element]) -> str:
    """What `read_tree` reads."""
    return json.dumps({"elements": wire.to_json(tuple(elements))}, ensure_ascii=False, indent=1)
