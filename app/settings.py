"""What a person has chosen, kept in one JSON file."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from app.files import write_whole
from engine.protocol import ImageBudget

Device = Literal["auto", "cpu", "cuda", "xpu", "mps"]
Dtype = Literal["auto", "int8", "int4", "float32", "bfloat16", "float16"]
ThemeChoice = Literal["system", "light", "dark"]

RECENT_MODELS = 8
"""How many model folders are remembered."""
CAPTURE_DELAYS = (0, 3, 5, 10)
"""Seconds that may be waited before a capture."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices, each with the value it has at first.

    `model_folder` is ``""`` before one was chosen; `recent_models` are folders, newest first; `detail` is how closely
    the model looks at pictures; with `look_closer` it may ask for a part of one at full size, which is off at first
    because even an answer that needs none then waits for 440 more tokens to be read; `capture_delay` is one of
    `CAPTURE_DELAYS`; `mirror` is the address that models of Hugging Face are fetched from, ``""`` for its own.
    """

    model_folder: str = ""
    recent_models: tuple[str, ...] = ()
    device: Device = "auto"
    dtype: Dtype = "auto"
    thinking: bool = False
    detail: ImageBudget = "balanced"
    look_closer: bool = False
    capture_delay: int = 0
    theme: ThemeChoice = "system"
    mirror: str = ""


def load(path: Path) -> Settings:
    """The settings in `path`, see `load_with_notice`."""
    return load_with_notice(path)[0]


def load_with_notice(path: Path) -> tuple[Settings, str]:
    """The settings in `path`, and a sentence for the person if the file could not be used (else nothing).

    A value that is missing or makes no sense takes its default, an unknown one is left out. A file that is no settings
    at all is set aside with the suffix ``.broken``.
    """
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Settings(), ""
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Settings(), f"The settings in {path} can not be read ({reason}), so this start uses the first ones."
    except (ValueError, RecursionError):
        return Settings(), _set_aside(path)
    if not isinstance(document, dict):
        return Settings(), _set_aside(path)
    chosen = {name: document[name] for name, fits in _FITS.items() if name in document and fits(document[name])}
    if "recent_models" in chosen:
        chosen["recent_models"] = tuple(dict.fromkeys(chosen["recent_models"]))[:RECENT_MODELS]
    return Settings(**chosen), ""


def save(path: Path, settings: Settings) -> None:
    """Write the file anew; after a crash or a full disk the old one is still whole. Raises `OSError`."""
    # ASCII, because a folder's name need not be UTF-8 and must come back as the same bytes.
    text = json.dumps(dataclasses.asdict(settings), indent=2, ensure_ascii=True)
    write_whole(path, text.encode("ascii") + b"\n")


def with_model(settings: Settings, folder: str) -> Settings:
    """The settings with `folder` as the model, first among the recent ones."""
    others = (recent for recent in settings.recent_models if recent != folder)
    return dataclasses.replace(settings, model_folder=folder, recent_models=(folder, *others)[:RECENT_MODELS])


def without_model(settings: Settings, folder: str) -> Settings:
    """The settings without the model `folder`, neither in use nor among the recent ones."""
    others = tuple(recent for recent in settings.recent_models if recent != folder)
    used = "" if settings.model_folder == folder else settings.model_folder
    return dataclasses.replace(settings, model_folder=used, recent_models=others)


def _set_aside(path: Path) -> str:
    """Rename the file out of the way; what to tell the person."""
    aside = path.with_name(f"{path.name}.broken")
    try:
        path.replace(aside)
    except OSError:
        return f"The settings in {path} are damaged, so this start uses the first ones. Remove that file."
    return f"The settings were damaged and begin anew. The old file is kept as {aside}."


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _one_of(*options: object) -> Callable[[object], bool]:
    """The type counts too: in Python False is 0."""
    return lambda value: any(type(value) is type(option) and value == option for option in options)


_FITS: Mapping[str, Callable[[object], bool]] = {
    "model_folder": _is_text,
    "recent_models": _are_texts,
    "device": _one_of(*get_args(Device)),
    "dtype": _one_of(*get_args(Dtype)),
    "thinking": _one_of(False, True),
    "detail": _one_of(*get_args(ImageBudget)),
    "look_closer": _one_of(False, True),
    "capture_delay": _one_of(*CAPTURE_DELAYS),
    "mirror": _is_text,
    "theme": _one_of(*get_args(ThemeChoice)),
}
