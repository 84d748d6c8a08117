"""What a model folder is, from its small files alone: quick, and without reading a weight."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.backends.shards import weight_files
from engine.models.manifest import Manifest, ManifestError, read_manifest
from engine.models.places import models_folder
from engine.protocol import ModelForm, Variant
from engine.spec import ModelError, model_name, read_config, read_spec, variant_of

TOKENIZER_FILE = "tokenizer.json"
OTHER_FORMATS = {".gguf": "GGUF files", ".bin": "PyTorch's own .bin files", ".onnx": "ONNX files"}
"""Weights that do not run here, by the endings of their files."""
MODELSCOPE_MARK = ".msc"
"""What ModelScope's client leaves in each folder of its cache."""
SUFFIXES: dict[ModelForm, str] = {
    "int8": "-int8",
    "int4": "-int4",
    "mlx-8bit": "-MLX-8bit",
    "mlx-4bit": "-MLX-4bit",
}
"""What a conversion adds to the name of its folder."""
WORDS: dict[ModelForm, str] = {
    "int8": " (8 bits)",
    "int4": " (4 bits)",
    "mlx-8bit": " (MLX, 8 bits)",
    "mlx-4bit": " (MLX, 4 bits)",
}
"""What a conversion adds to the title."""


@dataclass(frozen=True, slots=True)
class Description:
    """`bytes` are those on the disk. `repo` and `revision` are ``""`` where nobody knows. `problem` is a sentence,
    ``""`` for a sound folder. `repairable`: a download fetches what is damaged of it."""

    title: str
    tier: str
    variant: Variant
    form: ModelForm
    bytes: int
    repo: str
    revision: str
    problem: str
    repairable: bool = False


def describe(folder: Path) -> Description:
    """What is known of `folder`. A folder that is gone or damaged is described too, by its problem."""
    manifest, problem = _manifest(folder)
    tier: str = "custom"
    form: ModelForm = "published"
    problem = problem or _differing(folder, manifest)
    try:
        form = manifest.form if manifest else _form(read_config(folder))
        tier = read_spec(folder, conversions=True).tier
        problem = problem or _incomplete(folder)
    except ModelError as error:
        problem = problem or str(error)
    except OSError as error:
        problem = f"{folder} can not be read ({error.strerror or error}). Allow yourself to read it."
    repo, revision = (manifest.repo, manifest.revision) if manifest and manifest.repo else _cached_repo(folder)
    name = repo.rpartition("/")[2] if repo else model_name(folder)
    return Description(
        title=title_of(name, form),
        tier=tier,
        variant=variant_of(folder),
        form=form,
        bytes=size_of(folder),
        repo=repo,
        revision=revision,
        problem=problem,
        repairable=bool(problem) and manifest is not None and is_repairable(folder, manifest),
    )


def form_of(folder: Path) -> ModelForm:
    """How the weights in `folder` are stored. Raises `ModelError`, `ManifestError`."""
    manifest = read_manifest(folder)
    return manifest.form if manifest else _form(read_config(folder))


def title_of(name: str, form: ModelForm) -> str:
    """``"Qwen3.5-4B (8 bits)"``: `name` of a repository or folder, without the ending that its form has given it."""
    ending, words = SUFFIXES.get(form, ""), WORDS.get(form, "")
    if ending and name.lower().endswith(ending.lower()):
        name = name[: -len(ending)]
    return name + words


def size_of(folder: Path) -> int:
    """Bytes of all files, each once, wherever links lead."""
    seen: dict[tuple[int, int], int] = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                facts = Path(parent, name).stat()
            except OSError:
                continue
            # A file system that numbers no files gives all of them the number 0.
            seen[facts.st_dev, facts.st_ino or -len(seen) - 1] = facts.st_size
    return sum(seen.values())


def is_supported(folder: Path) -> bool:
    """Whether `folder` holds a model that Fingerpost runs, as far as its config.json tells."""
    try:
        read_spec(folder, conversions=True)
    except (ModelError, OSError):
        return False
    return True


def _manifest(folder: Path) -> tuple[Manifest | None, str]:
    try:
        return read_manifest(folder), ""
    except ManifestError as error:
        return None, str(error)


def _form(config: dict[str, Any]) -> ModelForm:
    """Of a folder without manifest: conversions for MLX say so themselves."""
    quantisation = config.get("quantization") or config.get("quantization_config")
    if not isinstance(quantisation, dict) or not isinstance(quantisation.get("bits"), int):
        return "published"
    return "mlx-4bit" if quantisation["bits"] <= 4 else "mlx-8bit"


def _incomplete(folder: Path) -> str:
    """What every model needs and `folder` lacks, as a sentence, ``""`` for nothing. Raises `ModelError`."""
    weight_files(folder)
    if not (folder / TOKENIZER_FILE).is_file():
        return f"{folder.name} lacks {TOKENIZER_FILE}. Fetch the model's files again."
    return ""


def _differing(folder: Path, manifest: Manifest | None) -> str:
    """Which file is not what the manifest says, as a sentence, ``""`` for none; sizes are compared, contents only as
    the last check has."""
    if manifest is None:
        return ""
    for fact in manifest.files:
        try:
            size = (folder / fact.path).stat().st_size
        except OSError:
            return f"{folder.name} lacks {fact.path}. {remedy(folder, manifest)}"
        if size != fact.size:
            return f"{fact.path} in {folder.name} has another size than it should. {remedy(folder, manifest)}"
    if manifest.wrong:
        are = "is" if len(manifest.wrong) == 1 else "are"
        return f"{', '.join(manifest.wrong)} in {folder.name} {are} damaged. {remedy(folder, manifest)}"
    return ""


def remedy(folder: Path, manifest: Manifest | None) -> str:
    """What to do about files of `folder` that are missing or damaged, as a sentence."""
    if manifest is None:
        return "Fetch it again."
    if manifest.scheme is not None:
        return "Remove it, and convert the model again."
    if is_repairable(folder, manifest):
        return "Get the model again: only what is damaged is fetched."
    return "Remove the model, and fetch it again."


def is_repairable(folder: Path, manifest: Manifest) -> bool:
    """Whether a download brings single files of the model in `folder` again, where it lies."""
    return manifest.scheme is None and bool(manifest.repo) and is_own(folder)


def is_own(folder: Path) -> bool:
    """Whether `folder` lies among Fingerpost's own, where a download finds it."""
    return folder.parent == models_folder() and not folder.is_symlink()


def _cached_repo(folder: Path) -> tuple[str, str]:
    """Repository and commit of a folder in a hub's cache, by its path."""
    whole = Path(os.path.realpath(folder))
    cached = whole.parent.parent.name.removeprefix("models--")
    if whole.parent.name == "snapshots" and "--" in cached:
        return cached.replace("--", "/", 1), whole.name
    if (whole / MODELSCOPE_MARK).exists():
        return f"{whole.parent.name}/{model_name(whole)}", ""
    return "", ""
