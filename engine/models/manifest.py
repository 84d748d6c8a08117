"""``fingerpost.json``: what Fingerpost knows of a model folder that it has fetched or made.

It is written last, so a folder that has one was whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast, get_args

from engine.protocol import ModelForm, SourceName

MANIFEST_FILE = "fingerpost.json"
FORMAT = 1
"""Of this file. A higher one was written by a later Fingerpost."""


@dataclass(frozen=True, slots=True)
class FileFact:
    """A file of the folder: `path` with slashes, `size` in bytes, its hashes in hex, ``""`` where one is not known.
    `git_sha1` is that of the git blob, which is how a hub names files outside LFS."""

    path: str
    size: int
    sha256: str = ""
    git_sha1: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`source`, `repo` and `revision` (a commit where one is known) say where it came from, ``""`` where nobody knows.
    A conversion also has a `scheme` (bits, group size, which weights differ) and the facts of the files it was made
    from, `origin`. `wrong` are the paths of files in which the last check has found other bytes."""

    form: ModelForm
    source: SourceName | None
    repo: str
    revision: str
    files: tuple[FileFact, ...]
    scheme: Mapping[str, Any] | None = None
    origin: tuple[FileFact, ...] = ()
    wrong: tuple[str, ...] = ()


class ManifestError(Exception):
    """A ``fingerpost.json`` that can not be used. `str()` is a sentence for a person."""


def read_manifest(folder: Path) -> Manifest | None:
    """What is known of `folder`, None where there is no such file.

    Raises:
        ManifestError: it is damaged, or of a later version.
    """
    path = folder / MANIFEST_FILE
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise ManifestError(f"{path} can not be read. Check the model, or fetch it again.") from error
    if isinstance(document, dict) and isinstance(document.get("format"), int) and document["format"] > FORMAT:
        raise ManifestError(f"{folder.name} was made by a later Fingerpost. Update Fingerpost to use it.")
    try:
        return _manifest(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ManifestError(f"{path} is damaged. Check the model, or fetch it again.") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it whole or not at all. Raises `OSError`."""
    document = {"format": FORMAT, **asdict(manifest)}
    path = folder / MANIFEST_FILE
    draft = path.with_name(f".{MANIFEST_FILE}.partial")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _manifest(document: dict[str, Any]) -> Manifest:
    if document["form"] not in get_args(ModelForm):
        raise ValueError("form")
    if document["source"] not in (None, *get_args(SourceName)):
        raise ValueError("source")
    scheme = document.get("scheme")
    if scheme is not None and not isinstance(scheme, dict):
        raise ValueError("scheme")
    return Manifest(
        form=cast(ModelForm, document["form"]),
        source=cast("SourceName | None", document["source"]),
        repo=str(document["repo"]),
        revision=str(document["revision"]),
        files=_facts(document["files"]),
        scheme=scheme,
        origin=_facts(document.get("origin", [])),
        wrong=tuple(str(path) for path in document.get("wrong", [])),
    )


def _facts(rows: list[dict[str, Any]]) -> tuple[FileFact, ...]:
    facts = tuple(FileFact(row["path"], row["size"], row["sha256"], row["git_sha1"]) for row in rows)
    if not all(is_inside(fact.path) and isinstance(fact.size, int) for fact in facts):
        raise ValueError("files")
    return facts


def is_inside(path: str) -> bool:
    """Whether `path`, with slashes, stays inside its folder on every system."""
    parts = path.split("/")
    return bool(path) and not any(
        part in ("", ".", "..") or any(sign in part for sign in '\\:\0<>"|?*') for part in parts
    )
