"""The models that Fingerpost knows by name: where they lie, how large they are, and what each is for."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from engine import resources
from engine.protocol import ModelForm, Source, Variant
from engine.spec import ModelSpec, read_spec

FOLDER = "models"
CATALOGUE_FILE = f"{FOLDER}/catalogue.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that can be fetched. `bytes` are all of its files, `parameters` what those hold. `spec` is that of its
    tier, with the name `title`; conversions for Apple chips come without the drafter."""

    id: str
    title: str
    tier: str
    variant: Variant
    form: ModelForm
    purpose: str
    licence: str
    parameters: int
    bytes: int
    sources: tuple[Source, ...]
    spec: ModelSpec


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of them, the usual choice first."""

    entries: tuple[Entry, ...]

    @classmethod
    def load(cls) -> Catalogue:
        """Read the product's own list.

        Raises:
            FileNotFoundError: the installation is not complete; `str()` is a sentence for a person.
        """
        document = json.loads(resources.text(CATALOGUE_FILE))
        specs = {tier: read_spec(resources.folder() / FOLDER / tier) for tier in document["purposes"]}
        return cls(tuple(_entry(row, document, specs[row["tier"]]) for row in document["models"]))

    def find(self, name: str) -> Entry | None:
        """The one with the id or the repository `name`, in capitals or not."""
        wanted = name.strip().lower()
        for entry in self.entries:
            if wanted == entry.id or any(wanted == source.repo.lower() for source in entry.sources):
                return entry
        return None


def _entry(row: dict[str, Any], document: dict[str, Any], spec: ModelSpec) -> Entry:
    if row["form"].startswith("mlx-"):
        spec = replace(spec, text=replace(spec.text, mtp_layers=0))
    return Entry(
        **{key: value for key, value in row.items() if key != "sources"},
        purpose=document["base"] if row["variant"] == "base" else document["purposes"][row["tier"]],
        licence=document["licence"],
        sources=tuple(Source(**source) for source in row["sources"]),
        spec=replace(spec, name=row["title"]),
    )
