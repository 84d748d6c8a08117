"""Model folders for tests of the library: a tiny checkpoint with several shards, and what can go wrong with one."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from engine.models.manifest import MANIFEST_FILE, FileFact, Manifest, write_manifest
from engine.protocol import ModelForm
from tests.checkpoints import make_tiny

CACHES = ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "MODELSCOPE_CACHE", "XDG_CACHE_HOME")
SHARD_BYTES = 300_000
REPO = "Qwen/Qwen3.5-4B"


def settle_in(person: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home of a person who has no caches, and where Fingerpost keeps everything; child processes see it too."""
    person.mkdir()
    for name in CACHES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(person))
    monkeypatch.setenv("USERPROFILE", str(person))
    monkeypatch.setenv("FINGERPOST_HOME", str(data))


def make_shards(folder: Path) -> Path:
    """A whole checkpoint of several shards, without manifest."""
    return make_tiny(folder, "4B", dtype="bfloat16", shard_bytes=SHARD_BYTES)


def copy_model(source: Path, folder: Path) -> Path:
    """Another folder with the same files."""
    shutil.copytree(source, folder)
    return folder


def sign(folder: Path, form: ModelForm = "published", repo: str = REPO) -> Path:
    """Give it the manifest that a download writes."""
    files = sorted(path for path in folder.iterdir() if path.name != MANIFEST_FILE)
    facts = tuple(
        FileFact(path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files
    )
    write_manifest(folder, Manifest(form, "huggingface", repo, "c" * 40, facts))
    return folder


def shards(folder: Path) -> list[Path]:
    """Its weight files."""
    return sorted(folder.glob("*.safetensors"))


def cut(path: Path, count: int = 100) -> None:
    """The last bytes are missing, as after a download that broke off."""
    with path.open("rb+") as file:
        file.truncate(path.stat().st_size - count)


def flip(path: Path, at: int = -1) -> None:
    """One byte differs."""
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)


def make_cache(model: Path, hub: Path, repo: str = REPO, revision: str = "f" * 40) -> Path:
    """The model as Hugging Face's client keeps it: links to blobs named by their hashes. Returns the snapshot."""
    repository = hub / f"models--{repo.replace('/', '--')}"
    snapshot, blobs = repository / "snapshots" / revision, repository / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(revision)
    for path in model.iterdir():
        data = path.read_bytes()
        name = (
            hashlib.sha256(data).hexdigest()
            if path.suffix == ".safetensors"
            else hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        )
        (blobs / name).write_bytes(data)
        (snapshot / path.name).symlink_to(Path("..", "..", "blobs", name))
    return snapshot


def rewrite_index(folder: Path, **changes: str | None) -> None:
    """Tensors (dots as double underscores) are said to be in another file, or in none."""
    path = folder / "model.safetensors.index.json"
    document = json.loads(path.read_text())
    for name, file in changes.items():
        document["weight_map"].pop(name.replace("__", "."))
        if file is not None:
            document["weight_map"][name.replace("__", ".")] = file
    path.write_text(json.dumps(document))
