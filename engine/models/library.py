"""The models that are on this machine: those in Fingerpost's own folder, and those that lie elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from engine.models.description import Description, describe, is_supported
from engine.models.errors import ModelsError, told
from engine.models.garbage import delete, delete_drafts, working
from engine.models.manifest import MANIFEST_FILE
from engine.models.places import default_model, set_default_model
from engine.models.record import Place, Record, Use, change_record, read_record, same_folder
from engine.protocol import Installed
from engine.spec import model_name

__all__ = ["Library", "ModelsError"]


class Library:
    """What is known of models beside the folder `models`, which need not exist. Several processes may have one each."""

    def __init__(self, models: Path) -> None:
        self.models = models

    def installed(self) -> tuple[Installed, ...]:
        """All models, the default first. `fits` is empty. One whose disk is not there is told as its problem."""
        record, default = read_record(self.models), default_model()
        uses = {use.folder: use.at for use in record.uses}
        found = [
            Installed(
                folder=str(folder),
                title=seen.title,
                tier=seen.tier,
                variant=seen.variant,
                form=seen.form,
                bytes=seen.bytes,
                linked=linked,
                last_used=uses.get(str(folder), 0.0),
                repo=seen.repo,
                revision=seen.revision,
                default=default is not None and same_folder(folder, default),
                fits=(),
                problem=seen.problem,
                repairable=seen.repairable,
            )
            for folder, seen, linked in self._known(record, default)
        ]
        return tuple(sorted(found, key=lambda model: (not model.default, model.title.casefold(), model.folder)))

    def find(self, name: str) -> Installed | None:
        """The model with the title, the folder, the name of the folder or the repository `name`, in capitals or not;
        the default first."""
        wanted, path = name.strip().casefold(), Path(name).expanduser().absolute()
        for model in self.installed():
            folder = Path(model.folder)
            names = (model.title, folder.name, model.repo, model.repo.rpartition("/")[2])
            if wanted in (known.casefold() for known in names if known) or same_folder(folder, path):
                return model
        return None

    def at(self, folder: Path) -> Installed:
        """The model in `folder`. Raises `ModelsError`: there is none."""
        for model in self.installed():
            if same_folder(Path(model.folder), folder):
                return model
        raise ModelsError(
            "model_missing", f"{folder} is not among the models of Fingerpost. Look at the list again, or import it."
        )

    def link(self, folder: Path, *, owned: bool = False) -> None:
        """Use `folder` where it lies; `owned` when it may be deleted and moved, as one may that was owned before.
        Raises `ModelsError`."""
        if folder.parent == self.models:
            return
        known = next(
            (place for place in read_record(self.models).places if same_folder(Path(place.folder), folder)), None
        )
        place = Place(str(folder), owned or (known is not None and known.owned), describe(folder))
        with told(f"{place.last.title} can not be kept in the list", self.models):
            change_record(self.models, lambda record: replace(record, places=(*_others(record, folder), place)))

    def forget(self, folder: Path) -> None:
        """No longer use `folder`, and leave its files as they are. Raises `ModelsError`."""
        with told(f"{folder.name} can not be taken off the list", self.models):
            if folder.parent == self.models and folder.is_symlink():
                folder.unlink()
            change_record(self.models, lambda record: _without(record, folder))
            self._clear_default(folder)

    def used(self, folder: Path, at: float) -> None:
        """The model in `folder` was used at `at`; one that is not in the list is not remembered. Raises `OSError`."""
        record = read_record(self.models)
        known = next((path for path in self._folders(record) if same_folder(path, folder)), None)
        if known is not None:
            use = Use(str(known), at)
            change_record(
                self.models,
                lambda now: replace(now, uses=(*(other for other in now.uses if other.folder != use.folder), use)),
            )

    def remove(self, folder: Path) -> int:
        """Delete a model of Fingerpost's own, or forget one that is only linked; bytes that are free again.

        Raises:
            ModelsError: there is no such model, or a program holds it; it is as it was then.
        """
        model = self.at(folder)
        folder = Path(model.folder)
        if model.linked or not folder.exists():
            self.forget(folder)
            return 0
        with told(f"{model.title} can not be deleted", folder), working(self.models):
            delete_drafts(self.models, model_name(folder))
            delete(self.models, folder)
            change_record(self.models, lambda record: _without(record, folder))
            self._clear_default(folder)
        return model.bytes

    @contextmanager
    def arriving(self, source: Path, target: Path) -> Iterator[None]:
        """What is in `source` becomes `target` inside, and is Fingerpost's own there: it is in the list before, so that
        a crash loses nothing, and out of it again where that fails. Raises `OSError`."""
        if target.parent == self.models:
            yield
            return
        place = Place(str(target), True, describe(source))
        change_record(self.models, lambda record: replace(record, places=(*_others(record, target), place)))
        try:
            yield
        except BaseException:
            change_record(self.models, lambda record: _without(record, target))
            raise

    def moved(self, source: Path, target: Path) -> None:
        """What was in `source` is in `target` now, and remains Fingerpost's own. Raises `OSError`."""
        if (default := default_model()) is not None and same_folder(default, source):
            set_default_model(target)
        change_record(
            self.models,
            lambda record: replace(
                _without(record, source),
                uses=tuple(
                    replace(use, folder=str(target)) if use.folder == str(source) else use for use in record.uses
                ),
            ),
        )

    def _known(self, record: Record, default: Path | None) -> Iterator[tuple[Path, Description, bool]]:
        """Folder, description, and whether it is only linked."""
        for folder in self._own():
            yield folder, describe(folder), folder.is_symlink()
        for place in record.places:
            yield Path(place.folder), _seen(place), not place.owned
        if default is not None and not any(same_folder(folder, default) for folder in self._folders(record)):
            yield default, describe(default), True

    def _folders(self, record: Record) -> list[Path]:
        return [*self._own(), *(Path(place.folder) for place in record.places)]

    def _own(self) -> list[Path]:
        try:
            inside = sorted(self.models.iterdir())
        except OSError:
            return []
        return [
            folder
            for folder in inside
            if not folder.name.startswith(".") and ((folder / MANIFEST_FILE).is_file() or is_supported(folder))
        ]

    def _clear_default(self, folder: Path) -> None:
        if (default := default_model()) is not None and same_folder(default, folder):
            set_default_model(None)


def _seen(place: Place) -> Description:
    folder = Path(place.folder)
    if is_there(folder):
        return describe(folder)
    problem = f"{folder} is not there. Connect its disk, or remove the model from the list."
    return replace(place.last, problem=problem, repairable=False)


def is_there(folder: Path) -> bool:
    """Whether `folder` is one that may be looked at."""
    try:
        return folder.is_dir()
    except OSError:
        return False


def _others(record: Record, folder: Path) -> tuple[Place, ...]:
    return tuple(place for place in record.places if not same_folder(Path(place.folder), folder))


def _without(record: Record, folder: Path) -> Record:
    return replace(
        record,
        places=_others(record, folder),
        uses=tuple(use for use in record.uses if use.folder != str(folder)),
    )
