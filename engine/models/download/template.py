"""Some conversions were published without a chat template: the one of the model they were made from is taken along."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import httpx2

from engine.models.catalogue import Catalogue
from engine.models.description import describe
from engine.models.download.crew import Halt
from engine.models.download.errors import DownloadError, SourceLost
from engine.models.download.fetch import Access, Fetcher, fact_of
from engine.models.download.gauge import Gauge
from engine.models.download.retry import Patience
from engine.models.hubs import HubError
from engine.models.manifest import FileFact
from engine.protocol import Source

TEMPLATE_FILE = "chat_template.jinja"
TRIES = 2

log = logging.getLogger(__name__)


def borrow_template(
    folder: Path, client: httpx2.Client, access: Access, halt: Halt, gauge: Gauge, patience: Patience
) -> tuple[FileFact, ...]:
    """Fetch a template into `folder` where it has none, from the same hub; what was fetched.

    Nobody has to wait for it: the engine has a template of its own. Raises `Stopped` and `OSError` alone.
    """
    source = None if _has_template(folder) else _origin(folder, access)
    if source is None:
        return ()
    try:
        snapshot = access.hub.snapshot(source.repo, source.revision, access.token)
        file = next(file for file in snapshot.files if file.path == TEMPLATE_FILE)
        origin = Access(access.hub, source.repo, access.token)
        Fetcher(client, origin, halt, gauge, patience, TRIES).fetch(file, folder / file.path)
    except (HubError, DownloadError, SourceLost, StopIteration) as error:
        log.info("no template from %s: %r", source.repo, error)
        return ()
    return (fact_of(file),)


def _has_template(folder: Path) -> bool:
    if any((folder / name).is_file() for name in (TEMPLATE_FILE, "chat_template.json")):
        return True
    try:
        settings = json.loads((folder / "tokenizer_config.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(settings, dict) and bool(settings.get("chat_template"))


def _origin(folder: Path, access: Access) -> Source | None:
    """Where the model of the same tier lies as its makers published it, on the hub of `access`."""
    tier = describe(folder).tier
    for entry in Catalogue.load().entries:
        if (entry.tier, entry.variant, entry.form) == (tier, "instruct", "published"):
            return next((source for source in entry.sources if source.name == access.hub.name), None)
    return None
