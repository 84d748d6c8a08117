"""Models that other programs have brought to this machine, used where they lie."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from engine.backends.shards import weight_files
from engine.models.check import Tally, compare, known_facts
from engine.models.description import OTHER_FORMATS, Description, describe, is_supported
from engine.models.errors import ModelsError, told
from engine.models.library import Library
from engine.models.manifest import FileFact, read_manifest
from engine.models.places import default_model
from engine.models.record import read_record
from engine.models.structure import check_structure
from engine.protocol import Found, Installed
from engine.spec import ModelError, model_name

SMALL = 64 * 1024**2
"""Bytes of a file that is compared with its published hash before it is used; `check` compares larger ones too."""
UNFINISHED = ".downloads"


def import_folder(library: Library, folder: Path, checkpoint: Callable[[], None]) -> Installed:
    """Use the model in `folder`, which may also be one of its files, or a repository in the cache of Hugging Face. No
    file is copied or changed.

    Raises:
        ModelsError: it is none that Fingerpost runs, or not whole: the sentence says why.
        Cancelled: from the checkpoint.
    """
    with told(f"{folder} can not be used", folder):
        folder = _model_folder(folder.expanduser())
        check_structure(folder, checkpoint)
        facts = [_quick(fact) for fact in known_facts(folder, read_manifest(folder))]
        compare(folder, model_name(folder), facts, Tally(lambda what, done, total: None, checkpoint, total=0))
        library.link(folder)
    return library.at(folder)


def found_elsewhere(library: Library) -> tuple[Found, ...]:
    """Models that are not in the library: in the caches of other programs, and beside those that are. Only small files
    are read."""
    record, default = read_record(library.models), default_model()
    known = [Path(model.folder) for model in library.installed()]
    beside = [Path(place.folder).parent for place in record.places]
    if default is not None:
        beside.append(default.parent)
    seen = {os.path.realpath(folder) for folder in known}
    found = []
    for folder in _candidates(os.environ, beside):
        real = os.path.realpath(folder)
        if real in seen or folder.parent == library.models or not _is_whole(folder):
            continue
        seen.add(real)
        model = describe(folder)
        if _runs_here(model):
            found.append(Found(str(folder), model.title, model.bytes))
    return tuple(sorted(found, key=lambda model: (model.title.casefold(), model.folder)))


def _quick(fact: FileFact) -> FileFact:
    """Of a large file the size alone."""
    return fact if fact.size <= SMALL else replace(fact, sha256="", git_sha1="")


def _model_folder(named: Path) -> Path:
    """The folder that is meant by `named`.

    Raises:
        ModelsError: there is nothing that Fingerpost runs.
        OSError: it can not be looked at.
    """
    try:
        named.stat()
    except FileNotFoundError:
        raise ModelsError(
            "model_missing", f"There is no folder {named}. Choose the folder of a Qwen3.5 model."
        ) from None
    except (OSError, RuntimeError) as error:
        raise ModelsError(
            "folder_refused",
            f"{named} can not be opened: its links lead nowhere, or it may not be read. "
            "Choose the folder itself, or allow yourself to read it.",
        ) from error
    folder = Path(os.path.abspath(named if named.is_dir() else named.parent))  # noqa: PTH100 - links stay as they are
    if UNFINISHED in folder.parts:
        raise ModelsError("model_damaged", f"{folder.name} is still being fetched. Wait until the download is through.")
    if (folder / "snapshots").is_dir():
        snapshot = _snapshot(folder)
        folder = folder if snapshot is None else snapshot
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise ModelsError("folder_refused", f"{folder} may not be read. Allow yourself to read it.") from error
    if not any(name.endswith(".safetensors") for name in names):
        _refuse_formats(folder, names)
    return folder


def _refuse_formats(folder: Path, names: list[str]) -> None:
    """Raises `ModelsError`: the weights are there, and in another format."""
    for ending, words in OTHER_FORMATS.items():
        if any(name.lower().endswith(ending) for name in names):
            raise ModelsError(
                "model_unsupported",
                f"{folder.name} holds {words}. Fingerpost runs the published safetensors files: choose the folder of "
                "those, or fetch the model.",
            )


def _candidates(environment: Mapping[str, str], beside: Iterable[Path]) -> Iterator[Path]:
    for cache in _hugging_face(environment):
        for repository in _folders(cache, "models--*"):
            snapshot = _snapshot(repository)
            if snapshot is not None:
                yield snapshot
    for cache in _model_scope(environment):
        yield from _folders(cache, "*--*/snapshots/*")
        yield from _folders(cache, "*/*")
    for cache in (Path.home() / ".lmstudio" / "models", Path.home() / ".cache" / "lm-studio" / "models"):
        yield from _folders(cache, "*/*")
    for parent in beside:
        yield from _folders(parent, "*")


def _hugging_face(environment: Mapping[str, str]) -> list[Path]:
    """Where its client keeps repositories: as said, and where it does when nothing is said."""
    homes = [Path(home).expanduser() / "hub" for home in (environment.get("HF_HOME", ""),) if home]
    caches = [environment.get(name, "") for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")]
    general = Path(environment.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    named = [Path(cache).expanduser() for cache in caches if cache]
    return [*named, *homes, general / "huggingface" / "hub", Path.home() / ".cache" / "huggingface" / "hub"]


def _model_scope(environment: Mapping[str, str]) -> list[Path]:
    """The same for ModelScope, whose client has changed its mind about the layout."""
    named = environment.get("MODELSCOPE_CACHE", "")
    roots = [Path(named).expanduser()] if named else []
    roots.append(Path.home() / ".cache" / "modelscope")
    return [root / part for root in roots for part in ("models", "hub/models", "hub", ".")]


def _folders(parent: Path, pattern: str) -> list[Path]:
    try:
        return sorted(parent.glob(pattern))
    except (OSError, RuntimeError):
        return []


def _snapshot(repository: Path) -> Path | None:
    """The newest in a repository of Hugging Face's cache: the one its branch points to, or that came last."""
    try:
        commit = (repository / "refs" / "main").read_text(encoding="utf-8").strip()
        if commit and (repository / "snapshots" / commit / "config.json").is_file():
            return repository / "snapshots" / commit
    except (OSError, ValueError):
        pass
    try:
        snapshots = [path for path in (repository / "snapshots").iterdir() if (path / "config.json").is_file()]
        return max(snapshots, key=lambda path: path.stat().st_mtime, default=None)
    except OSError:
        return None


def _is_whole(folder: Path) -> bool:
    """Whether it is a model of the family with all weight files, as far as is quickly seen."""
    try:
        return is_supported(folder) and bool(weight_files(folder))
    except (ModelError, OSError):
        return False


def _runs_here(model: Description) -> bool:
    return not model.problem and (not model.form.startswith("mlx") or find_spec("mlx") is not None)
