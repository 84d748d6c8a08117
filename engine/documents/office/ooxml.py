"""Office Open XML: the parts of a package and how they refer to each other (ECMA-376 part 2)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from engine.documents.document import DocumentError
from engine.documents.limits import SafeZip, parse_xml

POINT = 12_700
"""EMU, the unit of lengths in drawings, in a point."""
_GENERIC_TITLES = frozenset(("word document", "powerpoint presentation", "presentation title", "untitled"))


@dataclass(frozen=True, slots=True)
class Relation:
    """From one part to another. `kind` is the last word of its type, `target` a member of the zip."""

    kind: str
    target: str


class Package:
    """The parts of an Office file. Names and types are compared without namespaces: the transitional and the strict
    form of the standard differ in nothing else that matters here."""

    def __init__(self, file: SafeZip, name: str) -> None:
        self._file, self._name = file, name
        self._members = {member.lower(): member for member in file.names}

    @property
    def main(self) -> str:
        """The part that the file is about. Raises DocumentError."""
        for relation in self.relations("").values():
            if relation.kind == "officeDocument" and relation.target in self:
                return relation.target
        raise DocumentError(
            "document_unreadable",
            f"{self._name} is incomplete: the part with its text is missing. Save it again in the program it comes "
            "from.",
        )

    def __contains__(self, part: object) -> bool:
        return isinstance(part, str) and part.lower() in self._members

    def read(self, part: str) -> bytes:
        """The bytes of `part`. Raises DocumentError."""
        return self._file.read(self._members.get(part.lower(), part))

    def root(self, part: str) -> Any:
        """The root element of `part`. Raises DocumentError."""
        return parse_xml(self.read(part), self._name)

    def relations(self, part: str) -> dict[str, Relation]:
        """What `part` refers to within the file, by id; ``""`` for the package."""
        folder, base = posixpath.split(part)
        place = posixpath.join(folder, "_rels", f"{base}.rels")
        if place not in self:
            return {}
        found = {}
        for element in self.root(place):
            if element.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/" + folder, unquote(element.get("Target", ""))))
                kind = element.get("Type", "").rpartition("/")[2]
                found[element.get("Id", "")] = Relation(kind, target.lstrip("/"))
        return found

    def related(self, part: str, kind: str) -> list[str]:
        """The parts of `kind` that `part` refers to and that are there."""
        return [one.target for one in self.relations(part).values() if one.kind == kind and one.target in self]

    def title(self) -> str:
        """The title that the properties of the file give, ``""`` for none, or one that the program made up."""
        for part in self.related("", "core-properties"):
            for element in self.root(part):
                if local(element) == "title":
                    title = (element.text or "").strip()
                    return "" if title.lower() in _GENERIC_TITLES else title
        return ""


def local(element: Any) -> str:
    """The tag of `element` without its namespace; ``""`` for entities, which are never expanded."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Any, name: str, default: str = "") -> str:
    """The attribute `name` of whatever namespace."""
    value = element.get(name)
    if value is not None:
        return str(value)
    ending = f"}}{name}"
    return next((str(value) for key, value in element.attrib.items() if key.endswith(ending)), default)


def child(element: Any, *path: str) -> Any:
    """The first element down `path` by local names, None where there is none."""
    for name in path:
        element = next((one for one in element if local(one) == name), None)
        if element is None:
            return None
    return element


def children(element: Any, name: str) -> Iterator[Any]:
    """The elements right below of this local name."""
    return (one for one in element if local(one) == name)


def number(text: str, default: int = 0) -> int:
    """A whole number as attributes hold it, `default` for anything else."""
    try:
        return int(text) if len(text) < 20 else default
    except ValueError:
        return default
