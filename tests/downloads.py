"""What the tests of downloads share: a repository to publish, and a download that is watched."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from engine import resources
from engine.models.catalogue import Catalogue
from engine.models.download import Hosts, Patience, pull
from engine.models.tokens import Tokens
from engine.protocol import DownloadProgress, Pull, Source, SourceName
from tests.hub_server import HubServer

REPO = "maker/Model-4B"
KNOWN = "qwen3.5-4b"
"""A model of the catalogue, which has two sources."""
SHARD = "model-00001-of-00002.safetensors"
SECOND = "model-00002-of-00002.safetensors"
HASTY = Patience(connect=2.0, stall=0.3, first=0.01, longest=0.05, tries=2)


def write_repo(folder: Path, *, sizes: tuple[int, int] = (300_000, 200_000), template: bool = True) -> Path:
    """A repository with a real configuration and random weights."""
    random_bytes = random.Random(5).randbytes
    folder.mkdir(parents=True)
    config = (resources.folder() / "models" / "4B" / "config.json").read_text(encoding="utf-8")
    (folder / "config.json").write_text(config, encoding="utf-8")
    settings = {"chat_template": "{{ messages }}"} if template else {}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "tokenizer.json").write_bytes(random_bytes(40_000))
    (folder / "README.md").write_text("A model\n")
    (folder / "LICENSE").write_bytes(b"")
    (folder / "picture.png").write_bytes(random_bytes(10_000))
    for name, size in zip((SHARD, SECOND), sizes, strict=True):
        (folder / name).write_bytes(random_bytes(size))
    return folder


def wanted_of(folder: Path) -> dict[str, bytes]:
    """The files of a repository that belong to the model."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".png"}


def files_of(folder: Path) -> dict[str, bytes]:
    """What a fetched model consists of, Fingerpost's own file aside."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "fingerpost.json"}


def source_of(name: SourceName) -> Source:
    """Where `KNOWN` lies."""
    entry = Catalogue.load().find(KNOWN)
    assert entry is not None
    return next(source for source in entry.sources if source.name == name)


def publish_known(server: HubServer, folder: Path, name: SourceName = "huggingface") -> None:
    """Publish `folder` as what the catalogue knows under `KNOWN`."""
    source = source_of(name)
    server.add_repo(source.repo, folder, revision=source.revision if len(source.revision) == 40 else "")


class NoTokens(Tokens):
    """No keyring is asked in a test."""

    def of(self, source: SourceName) -> str | None:
        return None


@dataclass
class Watched:
    """A download whose reports are kept. `when` may raise, to pause it."""

    models: Path
    reports: list[DownloadProgress] = field(default_factory=list)
    when: Callable[[DownloadProgress], None] = lambda progress: None
    hosts: Hosts = field(default_factory=Hosts)
    patience: Patience = HASTY
    tokens: Tokens = field(default_factory=NoTokens)

    def pull(self, name: str = REPO, endpoint: str = "", source: SourceName | None = None, revision: str = "") -> Path:
        request = Pull("r1", name, source, revision, endpoint)
        return pull(
            request, self.models, self.reports.append, self.check,
            hosts=self.hosts, tokens=self.tokens, patience=self.patience,
        )  # fmt: skip

    def check(self) -> None:
        if self.reports:
            self.when(self.reports[-1])

    @property
    def notes(self) -> str:
        return "\n".join({report.note: None for report in self.reports})

    @property
    def folder(self) -> Path:
        """Where the bytes of `REPO` are on their way."""
        return self.models / ".downloads" / REPO.replace("/", "--").lower()
