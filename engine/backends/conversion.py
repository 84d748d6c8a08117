"""What all conversions of a published model share: what they start from, what they copy, and how they fail."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.backends.shards import INDEX_FILE
from engine.models.manifest import MANIFEST_FILE
from engine.protocol import FailureCode
from engine.spec import ModelSpec, read_config, read_spec

COPIED = (".json", ".jinja", ".txt", ".model")
LEFT = ("config.json", INDEX_FILE, MANIFEST_FILE)
"""What is written anew."""
LEGAL = ("LICENSE", "NOTICE")
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class ConversionError(Exception):
    """A model that can not be converted, or not to where it shall be written. `code` is the protocol's failure code,
    `str()` a sentence for a person."""

    def __init__(self, message: str, code: FailureCode = "folder_refused") -> None:
        super().__init__(message)
        self.code = code


def published_spec(folder: Path) -> ModelSpec:
    """The model in `folder` as its makers published it.

    Raises:
        ConversionError: it is quantised already.
        ModelError: `folder` holds no model of the family, or a damaged one.
    """
    config = read_config(folder)
    quantised = config.get("quantization") or config.get("quantization_config")
    if quantised or (spec := read_spec(folder)).form != "published":
        raise ConversionError(
            f"{folder.name} is quantised already. Convert the model as its makers published it.", "model_unsupported"
        )
    return spec


def check_place(out: Path) -> None:
    """Raises `ConversionError`: there is something at `out`, or no folder to write it in."""
    if out.exists():
        raise ConversionError(f"There is already something at {out}. Name a folder that does not exist yet.")
    if not out.parent.is_dir():
        raise ConversionError(f"There is no folder {out.parent}. Make it first, or name another place.")


def check_room(needed: int, out: Path) -> None:
    """Raises `ConversionError`: `needed` bytes are more than are free on the disk of `out`."""
    free = shutil.disk_usage(out.parent).free
    if needed > free:
        raise ConversionError(
            f"The converted model takes {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free where {out.name} is to "
            "be written. Free some space, or name a place on another disk.",
            "disk_full",
        )


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """What fails while `out` is written becomes a `ConversionError`."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise disk_full(out) from error
        raise ConversionError(f"{out} can not be written ({error.strerror}). Name another place.") from error


def disk_full(out: Path) -> ConversionError:
    """The disk of `out` has no room left."""
    return ConversionError(
        f"The disk is full, so {out.name} could not be written. Free some space, then try again.", "disk_full"
    )


def copied_files(folder: Path) -> list[Path]:
    """What a conversion takes over as it is: tokenizer, templates, picture settings and licence."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.name not in LEFT
        and not path.name.startswith(".")
        and (path.suffix in COPIED or path.stem in LEGAL)
        and path.is_file()
    ]
