"""A published model with fewer bits, in a new folder beside the others."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from engine.backends.conversion import ConversionError
from engine.models.check import Progress, Tally, facts_of
from engine.models.description import SUFFIXES, Description, describe, size_of
from engine.models.errors import ModelsError, told
from engine.models.garbage import working
from engine.models.library import Library
from engine.models.manifest import MANIFEST_FILE, Manifest, read_manifest, write_manifest
from engine.models.places import models_folder
from engine.protocol import ModelForm
from engine.spec import model_name

MlxForm = Literal["mlx-8bit", "mlx-4bit"]


def convert(folder: Path, form: ModelForm, models: Path, progress: Progress, checkpoint: Callable[[], None]) -> Path:
    """Write the published model in `folder` in another `form` into a new folder in `models`; that folder.

    Raises:
        ModelsError: it can not be converted so, or not here.
        Cancelled: from the checkpoint; what can be taken up again later is kept.
    """
    model = describe(folder)
    out = models / f"{model_name(folder)}{SUFFIXES.get(form, '')}"
    _check(model, form, out)
    with told(f"{model.title} can not be converted", models), working(models_folder()):
        models.mkdir(parents=True, exist_ok=True)
        try:
            _write(folder, out, form, progress, checkpoint)
        except ConversionError as error:
            raise ModelsError("folder_refused", str(error)) from error
    if models != models_folder():
        Library(models_folder()).link(out, owned=True)
    return out


def _check(model: Description, form: ModelForm, out: Path) -> None:
    """Raises `ModelsError`: there is nothing to convert, or nothing to convert it with."""
    if form == "published":
        raise ModelsError("bad_request", "A model is published by its makers. Choose a form of 8 or 4 bits.")
    if model.problem:
        raise ModelsError("model_damaged", model.problem)
    if model.form != "published":
        raise ModelsError(
            "model_unsupported", f"{model.title} is converted already. Convert the model as its makers published it."
        )
    if out.exists():
        raise ModelsError("folder_refused", f"{out.name} is here already. Use it, or remove it first.")
    if form.startswith("mlx") and find_spec("mlx") is None:
        raise ModelsError(
            "device_unavailable",
            "This form is for Apple chips and needs MLX, which is not installed. On such a Mac, install it with: "
            "python -m pip install mlx-lm",
        )


def _write(folder: Path, out: Path, form: ModelForm, progress: Progress, checkpoint: Callable[[], None]) -> None:
    match form:
        case "int8" | "int4":
            from engine.backends.torch.convert import convert as write  # noqa: PLC0415 - PyTorch

            write(folder, out, form, progress, checkpoint)
        case "mlx-8bit" | "mlx-4bit":
            _write_for_mlx(folder, out, form, progress, checkpoint)


def _write_for_mlx(folder: Path, out: Path, form: MlxForm, progress: Progress, checkpoint: Callable[[], None]) -> None:
    from engine.backends.mlx.convert import convert as write  # noqa: PLC0415 - MLX

    bits: Literal[4, 8] = 4 if form == "mlx-4bit" else 8
    write(folder, out, bits, lambda done, total: progress(out.name, done, total), checkpoint)
    known = read_manifest(folder)
    origin = describe(folder)
    # Not stopped any more: what took so long is there, and to read it takes seconds.
    tally = Tally(progress, lambda: None, size_of(out))
    write_manifest(
        out,
        Manifest(
            form=form,
            source=known.source if known else None,
            repo=origin.repo,
            revision=origin.revision,
            files=tuple(fact for fact in facts_of(out, tally) if fact.path != MANIFEST_FILE),
            scheme={"bits": bits},
            origin=known.files if known else (),
        ),
    )
