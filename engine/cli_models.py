"""``fingerpost models``: what is on this machine, what fits it, and how it gets here. See docs/models.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from engine.cli_common import INTERRUPTED, UsageError, at_least, run_to_an_end, stop_on_interrupt
from engine.protocol import Done, Failed, FailureCode, ModelForm, Paused, Pull, Pulled, SourceName, Survey, Surveyed
from engine.worker.guard import no_network

if TYPE_CHECKING:
    from engine.cli_models_output import Show
    from engine.models.library import Library
    from engine.protocol import Installed

REQUEST_ID = "models"
SOURCES: dict[str, SourceName] = {"hf": "huggingface", "huggingface": "huggingface", "modelscope": "modelscope"}
FORMS = tuple(form for form in get_args(ModelForm) if form != "published")

Work = Callable[[Callable[[str, int, int], None], Callable[[], None]], "tuple[str, str]"]
"""Gets `progress(what, done, total)` and a checkpoint; returns the folder and a sentence."""


def add_models(parser: argparse.ArgumentParser) -> None:
    """The verb's own verbs."""
    verbs = parser.add_subparsers(dest="models_verb", required=True, metavar="VERB")

    def verb(name: str, words: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=words, description=f"{words[:1].upper()}{words[1:]}.")
        added.add_argument("--json", action="store_true", help="JSON objects, one a line, instead of words")
        return added

    verb("list", "what is on this machine")
    fit = verb("fit", "what would run here, and how")
    fit.add_argument("name", nargs="?", default="", metavar="MODEL", help="only this one")
    fit.add_argument(
        "--context", type=at_least(1), default=Survey("").context, metavar="N", help="tokens of context (16384)"
    )
    pull = verb("pull", "fetch a model, or go on fetching it")
    pull.add_argument("name", metavar="MODEL", help="of the list that fit prints, or a repository: OWNER/NAME")
    pull.add_argument("--from", dest="source", choices=tuple(SOURCES), help="where from; else the first that answers")
    pull.add_argument("--revision", default="", metavar="R", help="a commit or branch of the repository")
    pull.add_argument("--endpoint", default="", metavar="URL", help="another address of the source: a mirror")
    pause = verb("pause", "stop a download that runs elsewhere; every byte so far is kept")
    pause.add_argument("name", metavar="MODEL")
    discard = verb("discard", "delete what was fetched so far of a model")
    discard.add_argument("name", metavar="MODEL")
    for name, words in (
        ("verify", "read every file of a model and compare it with its published hash"),
        ("remove", "delete a model, or forget one that is only linked"),
    ):
        verb(name, words).add_argument("name", metavar="MODEL", help="its name in the list, or its folder")
    convert = verb("convert", "write a model anew with fewer bits")
    convert.add_argument("name", metavar="MODEL", help="the model as its makers published it: its name or folder")
    convert.add_argument("--to", dest="form", choices=FORMS, default="int8", help="the form of the weights (int8)")
    convert.add_argument("--into", type=Path, metavar="FOLDER", help="put the new folder here, not beside the others")
    move = verb("move", "move a model to another folder or disk")
    move.add_argument("name", metavar="MODEL")
    move.add_argument("to", type=Path, metavar="FOLDER", help="the folder to put it in")
    add = verb("import", "use a model that is here already, where it lies")
    add.add_argument("folder", type=Path, metavar="FOLDER")
    default = verb("default", "the model that is used when none is named")
    default.add_argument("name", nargs="?", default="", metavar="MODEL", help="use this one from now on")
    token = verb("token", "keep an access token, read from standard input, in the system's keyring")
    token.add_argument("--from", dest="source", choices=tuple(SOURCES), default="hf", help="for this source (hf)")
    token.add_argument("--remove", action="store_true", help="remove it")


def models(options: argparse.Namespace) -> int:
    """Run one of the verbs; the exit code."""
    from engine.cli_models_output import JsonShow, TextShow  # noqa: PLC0415 - rich: only for this verb

    show: Show = (JsonShow if options.json else TextShow)(sys.stdout, sys.stderr)
    try:
        return _verb(options, show)
    except UsageError as error:
        return _failed(show, "bad_request", str(error))


def _verb(options: argparse.Namespace, show: Show) -> int:
    match options.models_verb:
        case "list" | "fit":
            return _look(options, show)
        case "pull":
            return _pull(options, show)
        case "token":
            return _token(options, show)
        case "pause" | "discard":
            return _on_a_download(options, show)
        case "default":
            return _default(options, show)
    works: dict[str, Work] = {
        "verify": partial(_verify, options),
        "remove": partial(_remove, options),
        "convert": partial(_convert, options),
        "move": partial(_move, options),
        "import": partial(_import, options),
    }
    return _run(works[options.models_verb], show)


# --- What there is --------------------------------------------------------------------------------------------------


def _look(options: argparse.Namespace, show: Show) -> int:
    with no_network("command-line"):
        from engine.models.survey import survey  # noqa: PLC0415 - PyTorch, to see the devices: seconds

        if options.models_verb == "list":
            show.installed(survey(Survey(REQUEST_ID)))
            return 0
        show.fits(_only(survey(Survey(REQUEST_ID, options.context)), options.name))
    return 0


def _only(found: Surveyed, name: str) -> Surveyed:
    """What `name` means of all that was found. Raises `UsageError`."""
    if not name:
        return found
    wanted = name.casefold()
    offered = tuple(
        entry
        for entry in found.offered
        if wanted
        in (entry.id.casefold(), entry.title.casefold(), *(source.repo.casefold() for source in entry.sources))
    )
    installed = tuple(model for model in found.installed if wanted in (model.title.casefold(), model.folder.casefold()))
    if not offered and not installed:
        raise UsageError(f"There is no model {name}. See all with: fingerpost models fit")
    return replace(found, offered=offered, installed=installed)


# --- Downloads ------------------------------------------------------------------------------------------------------


def _pull(options: argparse.Namespace, show: Show) -> int:
    from engine.backends.base import Cancelled  # noqa: PLC0415 - NumPy, and the network's libraries
    from engine.models.download import DownloadError, pause, pull  # noqa: PLC0415
    from engine.models.places import models_folder  # noqa: PLC0415

    source = SOURCES[options.source] if options.source else None
    request = Pull(REQUEST_ID, options.name, source, options.revision, options.endpoint)
    with stop_on_interrupt() as stopped, show:

        def checkpoint() -> None:
            if stopped.is_set():
                raise Cancelled

        try:
            folder = pull(request, models_folder(), show.progress, checkpoint)
        except Cancelled:
            # Else an open window would go on with it.
            pause(models_folder(), options.name)
            show.end(
                Paused(REQUEST_ID), f"Paused; all so far is kept. Go on with: fingerpost models pull {options.name}"
            )
            return INTERRUPTED
        except DownloadError as error:
            way = " One is given with: fingerpost models token" if error.code == "gated" else ""
            return _failed(show, error.code, f"{error}{way}")
        show.end(Pulled(REQUEST_ID, str(folder)), f"The model is in {folder}")
    return 0


def _on_a_download(options: argparse.Namespace, show: Show) -> int:
    with no_network("command-line"):
        from engine.models.download import DownloadError, discard, pause  # noqa: PLC0415
        from engine.models.places import models_folder  # noqa: PLC0415

        sentence = "The download pauses; every byte so far is kept."
        try:
            if options.models_verb == "pause":
                pause(models_folder(), options.name)
            elif discard(models_folder(), options.name):
                sentence = "What was fetched so far is deleted."
            else:
                sentence = (
                    f"Nothing was fetched of {options.name} that is not a model yet. To delete one: models remove"
                )
        except DownloadError as error:
            return _failed(show, error.code, str(error))
    show.end(Done(REQUEST_ID, "", sentence), sentence)
    return 0


def _token(options: argparse.Namespace, show: Show) -> int:
    from engine.models.tokens import keep_token  # noqa: PLC0415 - the keyring

    token = "" if options.remove else sys.stdin.readline().strip()
    if not token and not options.remove:
        raise UsageError("No token came in. Pipe it in, or type it and press Enter; --remove forgets the old one.")
    sentence = keep_token(SOURCES[options.source], token)
    show.end(Done(REQUEST_ID, "", sentence), sentence)
    return 0


# --- Models that are here -------------------------------------------------------------------------------------------


def _default(options: argparse.Namespace, show: Show) -> int:
    from engine.models.library import is_there  # noqa: PLC0415
    from engine.models.places import default_model, set_default_model  # noqa: PLC0415

    if not options.name:
        folder = default_model()
        if folder is None:
            raise UsageError("No model is chosen yet. Choose one with: fingerpost models default MODEL")
        if not is_there(folder):
            return _failed(
                show,
                "model_missing",
                f"The default model is in {folder}, which is not there. Connect its disk, or choose another with: "
                "fingerpost models default MODEL",
            )
        show.end(Done(REQUEST_ID, str(folder), f"The default model is in {folder}"), str(folder))
        return 0
    model = _find(options.name)
    try:
        set_default_model(Path(model.folder))
    except OSError as error:
        return _failed(show, "folder_refused", f"The choice could not be kept: {error.strerror or error}. Make room.")
    sentence = f"{model.title} is used from now on."
    show.end(Done(REQUEST_ID, model.folder, sentence), sentence)
    return 0


def _verify(
    options: argparse.Namespace, progress: Callable[[str, int, int], None], checkpoint: Callable[[], None]
) -> tuple[str, str]:
    from engine.models.check import check  # noqa: PLC0415
    from engine.models.library import ModelsError  # noqa: PLC0415

    folder = _folder(options.name)
    try:
        return str(folder), check(folder, progress, checkpoint)
    except ModelsError as error:
        way = _way_to_get(folder) if error.code == "wrong_hash" else ""
        raise ModelsError(error.code, f"{error}{way}") from error


def _remove(
    options: argparse.Namespace, progress: Callable[[str, int, int], None], checkpoint: Callable[[], None]
) -> tuple[str, str]:
    from engine.models.errors import gigabytes  # noqa: PLC0415

    model = _find(options.name)
    there = Path(model.folder).exists()
    freed = _library().remove(Path(model.folder))
    if not there:
        return "", f"{model.title} is off the list. {model.folder} was not there."
    if model.linked:
        return "", f"{model.title} is forgotten. Its files are still in {model.folder}"
    return "", f"{model.title} is deleted; {gigabytes(freed)} are free again."


def _convert(
    options: argparse.Namespace, progress: Callable[[str, int, int], None], checkpoint: Callable[[], None]
) -> tuple[str, str]:
    from engine.models.convert import convert  # noqa: PLC0415 - PyTorch or MLX
    from engine.models.places import models_folder  # noqa: PLC0415

    into = models_folder() if options.into is None else options.into.absolute()
    folder = convert(_folder(options.name), options.form, into, progress, checkpoint)
    return str(folder), f"The converted model is in {folder}"


def _move(
    options: argparse.Namespace, progress: Callable[[str, int, int], None], checkpoint: Callable[[], None]
) -> tuple[str, str]:
    from engine.models.moving import move  # noqa: PLC0415

    folder = move(_library(), Path(_find(options.name).folder), options.to.absolute(), progress, checkpoint)
    return str(folder), f"The model is now in {folder}"


def _import(
    options: argparse.Namespace, progress: Callable[[str, int, int], None], checkpoint: Callable[[], None]
) -> tuple[str, str]:
    from engine.models.importing import import_folder  # noqa: PLC0415

    model = import_folder(_library(), options.folder.absolute(), checkpoint)
    return model.folder, f"{model.title} can be used now. It stays in {model.folder}"


def _run(work: Work, show: Show) -> int:
    """Run `work` without a network and tell its end; the exit code."""

    def run(checkpoint: Callable[[], None]) -> int:
        from engine.models.library import ModelsError  # noqa: PLC0415

        with show:
            try:
                folder, sentence = work(show.work, checkpoint)
            except ModelsError as error:
                return _failed(show, error.code, str(error))
            except UsageError as error:
                return _failed(show, "bad_request", str(error))
            show.end(Done(REQUEST_ID, folder, sentence), sentence)
        return 0

    def say(sentence: str) -> None:
        _failed(show, "internal", sentence)

    return run_to_an_end(run, say)


def _failed(show: Show, code: FailureCode, sentence: str) -> int:
    show.end(Failed(REQUEST_ID, code, sentence), sentence)
    return 2


def _find(name: str) -> Installed:
    """Raises `UsageError`."""
    model = _library().find(name)
    if model is None:
        raise UsageError(f"There is no model {name} on this machine. See all with: fingerpost models list")
    return model


def _folder(name: str) -> Path:
    """Of a model of the library, or one that only this command line names. Raises `UsageError`."""
    named = Path(name).expanduser()
    return named.absolute() if named.is_dir() else Path(_find(name).folder)


def _way_to_get(folder: Path) -> str:
    """The command that brings what is wrong in `folder` again, as a sentence after a blank; ``""`` where none does."""
    from engine.models.description import is_repairable  # noqa: PLC0415
    from engine.models.manifest import read_manifest  # noqa: PLC0415

    known = read_manifest(folder)
    if known is None or not is_repairable(folder, known):
        return ""
    source = next(short for short, name in SOURCES.items() if known.source in (None, name))
    return f" With: fingerpost models pull --from {source} --revision {known.revision} {known.repo}"


def _library() -> Library:
    from engine.models.library import Library  # noqa: PLC0415
    from engine.models.places import models_folder  # noqa: PLC0415

    return Library(models_folder())
