"""What is asked for: from the name that a person gives to the places where the model lies."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.models.catalogue import Catalogue, Entry
from engine.models.download.errors import DownloadError
from engine.models.download.state import State
from engine.protocol import Pull, Source, SourceName

REPO = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)
NAMES: tuple[SourceName, ...] = ("huggingface", "modelscope")
"""Asked in this order for a repository that the catalogue does not know."""


@dataclass(frozen=True, slots=True)
class Order:
    """A `Pull` with what was remembered of an earlier one. `slug` names its folder among the downloads, `folder` the
    one that the model gets; `sources` are asked in turn. `entry` is its row of the catalogue."""

    request: Pull
    slug: str
    title: str
    folder: str
    sources: tuple[Source, ...]
    entry: Entry | None


def slug_of(name: str) -> str:
    """The folder of a download, the same for every way to write its name.

    Raises:
        DownloadError: it is no name of a model.
    """
    entry = Catalogue.load().find(name)
    if entry is not None:
        return entry.id
    if not REPO.fullmatch(name.strip()):
        raise DownloadError(
            "bad_request",
            f"“{name}” is no model of the catalogue, and not the name of a repository. Write it as OWNER/NAME.",
        )
    return name.strip().replace("/", "--").lower()


def order_of(request: Pull, remembered: State | None) -> Order:
    """What `request` means; what it leaves open is as it was when the download was begun. Raises `DownloadError`."""
    slug = slug_of(request.name)
    request = Pull(
        request.request_id,
        remembered.name if remembered else request.name.strip(),
        request.source or (remembered.source if remembered else None),
        request.revision or (remembered.revision if remembered else ""),
        request.endpoint or (remembered.endpoint if remembered else ""),
    )
    entry = Catalogue.load().find(request.name)
    known = entry.sources if entry else tuple(Source(name, request.name, "") for name in NAMES)
    only = _only(request)
    sources = tuple(
        Source(source.name, source.repo, request.revision or source.revision)
        for source in known
        if only in (None, source.name)
    )
    if not sources:
        raise DownloadError(
            "repo_missing", f"{request.name} is not to be had from {only}. Take it from another source."
        )
    title = entry.title if entry else request.name.rpartition("/")[2]
    return Order(request, slug, title, sources[0].repo.rpartition("/")[2], sources, entry)


def _only(request: Pull) -> SourceName | None:
    """The one source that is meant: an address alone is that of a mirror of the first."""
    return request.source or (NAMES[0] if request.endpoint else None)
