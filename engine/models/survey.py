"""All that can be said of models on this machine: what is here, what could be, and what would run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.models.catalogue import Catalogue, Entry
from engine.models.download import unfinished
from engine.models.fit import fits, recommend
from engine.models.garbage import tidy
from engine.models.importing import found_elsewhere
from engine.models.library import Library
from engine.models.machine import machine_info
from engine.models.places import models_folder
from engine.protocol import Fit, Installed, MachineInfo, Offered, Survey, Surveyed
from engine.spec import ModelError, read_spec


def survey(request: Survey) -> Surveyed:
    """Look around. What a crash has left is deleted on the way."""
    models = models_folder()
    tidy(models)
    machine, library = machine_info(models), Library(models)
    installed = tuple(replace(model, fits=_fits_of(model, machine, request.context)) for model in library.installed())
    return Surveyed(
        request_id=request.request_id,
        machine=machine,
        offered=_offered(Catalogue.load(), installed, machine, request.context),
        installed=installed,
        found=found_elsewhere(library),
        unfinished=unfinished(models),
        models_folder=str(models),
    )


def _fits_of(model: Installed, machine: MachineInfo, context: int) -> tuple[Fit, ...]:
    """None for a model that can not be read."""
    if model.problem:
        return ()
    try:
        spec = read_spec(Path(model.folder), conversions=True)
    except (ModelError, OSError):
        return ()
    return fits(spec, model.form, machine, context)


def _offered(
    catalogue: Catalogue, installed: Sequence[Installed], machine: MachineInfo, context: int
) -> tuple[Offered, ...]:
    fit = {entry.id: fits(entry.spec, entry.form, machine, context) for entry in catalogue.entries}
    recommended = recommend([(entry.id, fit[entry.id]) for entry in catalogue.entries if entry.variant == "instruct"])
    return tuple(
        Offered(
            id=entry.id,
            title=entry.title,
            tier=entry.tier,
            variant=entry.variant,
            form=entry.form,
            purpose=entry.purpose,
            licence=entry.licence,
            parameters=entry.parameters,
            bytes=entry.bytes,
            sources=entry.sources,
            fits=fit[entry.id],
            recommended=entry.id == recommended,
            installed=_where(entry, installed),
        )
        for entry in catalogue.entries
    )


def _where(entry: Entry, installed: Sequence[Installed]) -> str:
    """The folder of a sound model that came from one of the entry's repositories, or is called like one; ``""``."""
    repos = {source.repo.casefold() for source in entry.sources}
    names = {repo.rpartition("/")[2] for repo in repos}
    for model in installed:
        if model.form != entry.form or model.problem:
            continue
        if model.repo.casefold() in repos or (not model.repo and Path(model.folder).name.casefold() in names):
            return model.folder
    return ""
