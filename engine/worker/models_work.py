"""What the commands about models do, and how each ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.failures import failure_of
from engine.models.check import Progress, check
from engine.models.convert import convert
from engine.models.errors import ModelsError, gigabytes
from engine.models.importing import import_folder
from engine.models.library import Library
from engine.models.moving import move
from engine.models.places import models_folder
from engine.models.survey import survey
from engine.protocol import (
    CheckModel,
    ConvertModel,
    Done,
    Event,
    Failed,
    ImportModel,
    MoveModel,
    RemoveModel,
    Survey,
)

ModelsCommand = Survey | CheckModel | ConvertModel | RemoveModel | MoveModel | ImportModel


def work(command: ModelsCommand, progress: Progress, checkpoint: Callable[[], None]) -> Event:
    """Carry out `command`. Raises whatever goes wrong, and `Cancelled` from the checkpoint."""
    library = Library(models_folder())
    match command:
        case Survey():
            return survey(command)
        case CheckModel():
            return Done(command.request_id, command.folder, check(Path(command.folder), progress, checkpoint))
        case ConvertModel():
            folder = convert(Path(command.folder), command.form, library.models, progress, checkpoint)
            model = library.at(folder)
            return Done(command.request_id, str(folder), f"{model.title} is ready. It takes {gigabytes(model.bytes)}.")
        case RemoveModel():
            return _remove(library, command)
        case MoveModel():
            folder = move(library, Path(command.folder), Path(command.to), progress, checkpoint)
            return Done(command.request_id, str(folder), f"{library.at(folder).title} is in {folder.parent} now.")
        case ImportModel():
            model = import_folder(library, Path(command.folder), checkpoint)
            return Done(
                command.request_id, model.folder, f"{model.title} can be used now. Its files stay where they are."
            )


def stopped(command: ModelsCommand) -> Event:
    """The end of a command that was cancelled."""
    match command:
        case Survey():
            return Failed(command.request_id, "bad_request", "The look at the models was stopped. Look again.")
        case ConvertModel(form="int8" | "int4"):
            sentence = "Stopped. What was converted so far is kept: convert the model again to go on."
        case _:
            sentence = "Stopped. The model is as it was."
    return Done(command.request_id, command.folder, sentence)


def failed(request_id: str, error: Exception) -> Failed:
    """The end of a command that can not be carried out. What nobody foresaw goes into the log with its trace."""
    if isinstance(error, ModelsError):
        return Failed(request_id, error.code, str(error))
    return failure_of(request_id, error)


def _remove(library: Library, command: RemoveModel) -> Done:
    model = library.at(Path(command.folder))
    freed = library.remove(Path(model.folder))
    if freed:
        sentence = f"{model.title} is deleted; {gigabytes(freed)} are free again."
    else:
        sentence = f"{model.title} is off the list. Its files stay where they are."
    return Done(command.request_id, "", sentence)
