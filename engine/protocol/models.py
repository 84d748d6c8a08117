"""The processes ``models`` (no network) and ``downloads`` (nothing but the hosts of models): what is on this machine,
what fits it, and how it gets here.

Each command with a request id ends in exactly one event of its own kind (`Surveyed`, `Pulled`, `Paused`, `Done`) or in
`Failed`. `Cancel` stops it: a download pauses, a conversion can be taken up again later, all else leaves things as they
were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.protocol.conversation import Variant

SourceName = Literal["huggingface", "modelscope"]
ModelForm = Literal["published", "int8", "int4", "mlx-8bit", "mlx-4bit"]
"""As its makers published it; Fingerpost's own conversions; conversions for Apple chips."""
Verdict = Literal["fits", "tight", "no"]
DownloadState = Literal["waiting", "listing", "fetching", "checking"]


# --- What there is --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MachineInfo:
    """What a model finds here, in bytes. `device` is the best one as `engine.devices` names it; its memory is the
    machine's own where `shared` is true (processors, Apple chips). `disk_free` is where models are kept."""

    processor: str
    memory_total: int
    memory_free: int
    device: str
    device_name: str
    device_total: int
    device_free: int
    shared: bool
    disk_free: int


@dataclass(frozen=True, slots=True)
class Fit:
    """How a model would run at one precision on this machine.

    `dtype` is what `LoadModel` takes. `weights` and `memory` are bytes: of the weights alone, and at the peak with
    `context` tokens. `context` is the longest that fits (0: not even the smallest), at most the model's own. ``fits``:
    the usual context and a picture, with room for other programs; ``tight``: less than that, `context` says how much.
    `sentence` says it to a person.
    """

    dtype: str
    device: str
    verdict: Verdict
    weights: int
    memory: int
    context: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a repository lies. `revision` is a commit, or the branch where no commit is pinned."""

    name: SourceName
    repo: str
    revision: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A model of the catalogue. `id` names it on the command line; `purpose` is a sentence for a person; `bytes` is
    what is fetched, `parameters` a count. `fits` has a line per precision, the best first, and is empty for what this
    machine can not run at all (a conversion for Apple chips elsewhere). `recommended` is true for at most one.
    `installed` is its folder, ``""`` where it is not here."""

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
    fits: tuple[Fit, ...]
    recommended: bool
    installed: str


@dataclass(frozen=True, slots=True)
class Installed:
    """A model on this machine. `linked`: it lies in a folder of its own that Fingerpost does not own, and is only
    forgotten when it is removed. `last_used` is seconds since 1970, 0 for never. `problem` is a sentence, ``""`` for a
    sound one. `repairable`: a `Pull` of `repo` at `revision` fetches what is damaged of it, where it lies."""

    folder: str
    title: str
    tier: str
    variant: Variant
    form: ModelForm
    bytes: int
    linked: bool
    last_used: float
    repo: str
    revision: str
    default: bool
    fits: tuple[Fit, ...]
    problem: str
    repairable: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A model that lies on this machine and is not used yet: in the cache of another program, or beside the others."""

    folder: str
    title: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A download that was begun. `name` is what `Pull` takes to go on with it, `wanted` whether it is to go on by
    itself: the person has not paused it."""

    name: str
    title: str
    source: SourceName
    done: int
    total: int
    wanted: bool


# --- Commands: window -> child --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Survey:
    """Look around: what is here, what could be, and what fits with `context` tokens."""

    kind: ClassVar[str] = "survey"
    request_id: str
    context: int = 16_384


@dataclass(frozen=True, slots=True)
class CheckModel:
    """Read every file of a model and compare it with its published hash."""

    kind: ClassVar[str] = "check_model"
    request_id: str
    folder: str


@dataclass(frozen=True, slots=True)
class ConvertModel:
    """Write a published model anew with fewer bits, beside the others."""

    kind: ClassVar[str] = "convert_model"
    request_id: str
    folder: str
    form: ModelForm


@dataclass(frozen=True, slots=True)
class RemoveModel:
    """Delete a model, or forget one that is only linked."""

    kind: ClassVar[str] = "remove_model"
    request_id: str
    folder: str


@dataclass(frozen=True, slots=True)
class MoveModel:
    """Move a model into the folder `to`, which may lie on another disk."""

    kind: ClassVar[str] = "move_model"
    request_id: str
    folder: str
    to: str


@dataclass(frozen=True, slots=True)
class ImportModel:
    """Use a folder that is here already, where it lies, after checking it."""

    kind: ClassVar[str] = "import_model"
    request_id: str
    folder: str


@dataclass(frozen=True, slots=True)
class Pull:
    """Fetch a model, or go on fetching it. `name` is an id of the catalogue or a repository id; `source` None takes the
    first that answers; `revision` ``""`` the pinned one or the newest; `endpoint` ``""`` the source's own address."""

    kind: ClassVar[str] = "pull"
    request_id: str
    name: str
    source: SourceName | None = None
    revision: str = ""
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class DiscardDownload:
    """Delete what was fetched so far of `name`."""

    kind: ClassVar[str] = "discard_download"
    request_id: str
    name: str


@dataclass(frozen=True, slots=True)
class KeepToken:
    """Keep an access token of `source` in the system's keyring; ``""`` removes it."""

    kind: ClassVar[str] = "keep_token"
    request_id: str
    source: SourceName
    token: str


# --- Events: child -> window ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What a `Survey` found. `models_folder` is where models are kept."""

    kind: ClassVar[str] = "surveyed"
    request_id: str
    machine: MachineInfo
    offered: tuple[Offered, ...]
    installed: tuple[Installed, ...]
    found: tuple[Found, ...]
    unfinished: tuple[Unfinished, ...]
    models_folder: str


@dataclass(frozen=True, slots=True)
class WorkProgress:
    """`done` of `total` bytes of a check, a conversion or a move; `what` is a word for a person: the file or tensor."""

    kind: ClassVar[str] = "work_progress"
    request_id: str
    what: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """Where a download is. `done` of `total` bytes are here, `rate` bytes a second come in, `seconds_left` is None
    while nobody can know. `hosts` are all that were contacted so far, in order. `note` is a sentence: that the other
    source is tried, that the network is waited for."""

    kind: ClassVar[str] = "download_progress"
    request_id: str
    name: str
    title: str
    state: DownloadState
    source: SourceName | None
    done: int
    total: int
    rate: float
    seconds_left: float | None
    hosts: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Paused:
    """A download stopped because it was asked to; every byte so far is kept."""

    kind: ClassVar[str] = "paused"
    request_id: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model is here, whole and checked, in `folder`."""

    kind: ClassVar[str] = "pulled"
    request_id: str
    folder: str


@dataclass(frozen=True, slots=True)
class Done:
    """A command about a model is through. `folder` is where the model is now (``""``: nowhere any more), `message` a
    sentence for a person."""

    kind: ClassVar[str] = "done"
    request_id: str
    folder: str
    message: str
