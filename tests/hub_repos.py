"""What a hub on loopback publishes, and how each dialect lists it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

IN_LFS = (".safetensors", ".gguf", ".bin", "tokenizer.json")
PIECE = 16 * 1024


@dataclass
class HubFile:
    """A file as the listing tells it; a test may make it lie."""

    path: str
    source: Path
    size: int
    sha256: str
    git_sha1: str
    lfs: bool


@dataclass
class Repo:
    name: str
    commit: str
    files: dict[str, HubFile]
    gated: bool = False
    private: bool = False

    def knows(self, revision: str) -> bool:
        return revision in ("", "main", "master", self.commit)


NO_LISTING = {"Files": None, "IsVisual": 0, "LatestCommitter": None}


def huggingface_listing(repo: Repo, blobs: bool) -> dict[str, object]:
    rows: list[dict[str, object]] = []
    for file in repo.files.values():
        row: dict[str, object] = {"rfilename": file.path}
        if blobs:
            row |= {"size": file.size, "blobId": file.git_sha1}
        if blobs and file.lfs:
            row["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": 135}
        rows.append(row)
    return {
        "_id": "0",
        "id": repo.name,
        "modelId": repo.name,
        "sha": repo.commit,
        "private": repo.private,
        "gated": "manual" if repo.gated else False,
        "disabled": False,
        "siblings": rows,
    }


def modelscope_listing(repo: Repo, recursive: bool) -> dict[str, object]:
    rows: list[dict[str, object]] = []
    for number, file in enumerate(repo.files.values()):
        # The commit that changed the file last, which is the newest one's for one of them at least.
        changed = hashlib.sha1(file.path.encode()).hexdigest() if number else repo.commit
        facts = {"Path": file.path, "Size": file.size, "Sha256": file.sha256, "IsLFS": file.lfs, "Type": "blob"}
        if recursive or "/" not in file.path or ".." in file.path or file.path.startswith("/"):
            rows.append({**facts, "Name": file.path.rsplit("/", 1)[-1], "Mode": "33188", "Revision": changed})
    for folder in sorted({file.path.split("/")[0] for file in repo.files.values() if "/" in file.path}):
        rows.append({"Path": folder, "Name": folder, "Size": 0, "Sha256": "", "IsLFS": False, "Type": "tree"})
    return {"Files": rows, "IsVisual": 0, "LatestCommitter": {"Id": "", "ShortId": repo.commit[:8]}}


def facts_of(path: str, source: Path) -> HubFile:
    size = source.stat().st_size
    sha256, sha1 = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size)
    for piece in pieces(source, 0, size, size):
        sha256.update(piece)
        sha1.update(piece)
    return HubFile(path, source, size, sha256.hexdigest(), sha1.hexdigest(), path.endswith(IN_LFS))


def pieces(source: Path, start: int, end: int, at: int) -> Iterator[bytes]:
    """The bytes from `start` to `end` in pieces, one of which begins at `at`."""
    with source.open("rb") as file:
        file.seek(start)
        while start < end:
            limit = at if start < at else end
            piece = file.read(min(PIECE, limit - start))
            if not piece:
                return
            start += len(piece)
            yield piece
