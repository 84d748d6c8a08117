"""A published checkpoint -> a folder of Fingerpost's own with weights of 8 or 4 bits; see `stored` for how they lie.

The published files are read once from beginning to end, a block of rows at a time, so that the largest table takes no
more memory than the smallest. What is written grows in a folder beside the new one, ``.NAME.partial``, and stays there
when it is stopped: the next time it goes on behind the last file that is whole and was read back.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from engine.backends.base import Checkpoint
from engine.backends.conversion import (
    ConversionError,
    check_place,
    check_room,
    copied_files,
    published_spec,
    writing,
)
from engine.backends.published import needed
from engine.backends.safetensors_file import Damaged, HashedFile, ShardFile
from engine.backends.shards import write_index
from engine.backends.torch.conversion_plan import Plan, Source, Step, make_plan
from engine.backends.torch.conversion_record import RECORD_FILE, Record
from engine.backends.torch.int4 import Int4Weight
from engine.backends.torch.int8 import Int8Weight
from engine.backends.torch.load import has_drafter
from engine.backends.torch.quantize import Precision
from engine.backends.torch.stored import scheme
from engine.backends.torch.weights import STORED, WeightFiles
from engine.models.manifest import FileFact, Manifest, read_manifest, write_manifest
from engine.models.tensors import published_tensors
from engine.spec import ModelError, ModelSpec

CONFIG_FILE = "config.json"
BLOCK_BYTES = 8 * 1024**2
"""Of a published tensor, read at a time: what rounding makes of so many stays near the processor, which is 2.5 times as
fast at 4 bits as four times as many."""


def convert(
    folder: Path, out: Path, form: Precision, progress: Callable[[str, int, int], None], checkpoint: Checkpoint
) -> None:
    """Write the published model in `folder` as the new folder `out`, or go on with it.

    `progress` gets the file that is read or checked, and bytes done and in all, of reading and of checking.

    Raises:
        ConversionError: `folder` is quantised already, or `out` can not be written.
        ModelError: `folder` holds no model of the family, or a damaged one.
        Cancelled: from the checkpoint, between two blocks.
    """
    spec = published_spec(folder)
    out = out.absolute()
    check_place(out)
    _check_whole(folder, spec, checkpoint)
    plan = make_plan(folder, spec, form)
    draft = draft_of(out)
    with writing(out), torch.inference_mode():
        draft.mkdir(exist_ok=True)
        record = Record.of(draft, plan, form)
        check_room(plan.total_bytes - sum(fact.size for fact in record.made), out)
        _Work(folder, out, plan, record, progress, checkpoint).run()
        _finish(folder, draft, plan, record, form)
        draft.rename(out)
        (out / RECORD_FILE).unlink()


def draft_of(out: Path) -> Path:
    """Where the conversion to `out` grows. Whoever wants nothing of one that was stopped deletes it."""
    return out.parent / f".{out.name}.partial"


def _check_whole(folder: Path, spec: ModelSpec, checkpoint: Checkpoint) -> None:
    """Raises `ModelError`: a tensor that the model needs is not there, or is another."""
    with WeightFiles(folder, needed(spec), lambda done, total: None, checkpoint) as files:
        if not has_drafter(files):
            spec = replace(spec, text=replace(spec.text, mtp_layers=0))
        for name, shape in published_tensors(spec):
            # Where there is no memory, nothing is read.
            files.take(name, shape, torch.bfloat16, torch.device("meta"))


class _Work:
    """The reading, rounding and writing of one conversion."""

    def __init__(
        self,
        folder: Path,
        out: Path,
        plan: Plan,
        record: Record,
        progress: Callable[[str, int, int], None],
        checkpoint: Checkpoint,
    ) -> None:
        self._folder, self._out, self._plan, self._record = folder, out, plan, record
        self._progress, self._checkpoint = progress, checkpoint
        self._shard: ShardFile | None = None
        self._total = sum(source.size for source in plan.sources) + plan.total_bytes
        self._done = sum(entry.nbytes for shard in range(len(record.made)) for entry in plan.entries(shard))

    def run(self) -> None:
        """Read all published files, and write what is not written yet."""
        try:
            for source in self._plan.sources:
                if source.path.name in self._record.read and all(map(self._is_made, source.steps)):
                    self._passed(source.path.name, source.size)
                else:
                    self._read(source)
        finally:
            if self._shard is not None:
                self._shard.close()

    def _is_made(self, step: Step) -> bool:
        return step.shard < len(self._record.made)

    def _read(self, source: Source) -> None:
        passed = partial(self._passed, source.path.name)
        try:
            with HashedFile(source.path) as file:
                for step in source.steps:
                    file.pass_to(step.source.start, passed)
                    if self._is_made(step):
                        file.pass_to(step.source.start + step.source.nbytes, passed)
                    else:
                        self._write(step, file, passed)
                fact = file.finish(passed)
        except Damaged:
            raise _damaged(source.path) from None
        if not self._is_as_fetched(fact):
            # Nobody knows which of the tensors are wrong.
            if self._shard is not None:
                self._shard.close()
            shutil.rmtree(self._record.folder)
            raise _damaged(source.path)
        self._record.read[fact.path] = fact
        self._record.write()

    def _is_as_fetched(self, fact: FileFact) -> bool:
        manifest = read_manifest(self._folder)
        known = {file.path: file.sha256 for file in manifest.files} if manifest else {}
        return known.get(fact.path, "") in ("", fact.sha256)

    def _write(self, step: Step, file: HashedFile, passed: Callable[[int], None]) -> None:
        if self._shard is None:
            name = self._plan.names[step.shard]
            self._shard = ShardFile(self._record.folder / name, self._plan.entries(step.shard))
        for data in _blocks(step, file):
            for entry, written in zip(step.stored, _stored(step, data), strict=True):
                self._shard.write(entry.name, written)
            passed(len(data))
        if self._shard.full:
            self._close(self._shard, self._plan.names[step.shard])

    def _close(self, shard: ShardFile, name: str) -> None:
        try:
            fact = shard.finish(partial(self._passed, name))
        except Damaged:
            raise ConversionError(
                f"What was written to {self._out.parent} can not be read back as it was. Its disk may be failing: name "
                "a place on another one."
            ) from None
        self._shard = None
        self._record.made.append(fact)
        self._record.write()

    def _passed(self, what: str, count: int) -> None:
        self._checkpoint()
        self._done += count
        self._progress(what, self._done, self._total)


def _blocks(step: Step, file: HashedFile) -> Iterator[bytearray]:
    """The tensor of `step`, which comes next in the file, in whole rows."""
    total = step.source.nbytes
    row = max(1, total // max(1, step.source.shape[0] if step.source.shape else 1))
    size = max(1, BLOCK_BYTES // row) * row
    return (file.read(min(size, total - at)) for at in range(0, total, size))


def _stored(step: Step, data: bytearray) -> list[memoryview]:
    """What is stored of a block of rows.

    Raises:
        ModelError: there are numbers in it that are none.
    """
    if step.precision is None:
        return [memoryview(data)]
    weight = torch.frombuffer(data, dtype=STORED[step.source.kind]).view(-1, step.source.shape[1])
    if step.precision == "int8":
        rounded = Int8Weight.of(weight)
        tensors = [rounded.values, rounded.scale]
    else:
        grouped = Int4Weight.of(weight)
        tensors = [grouped.pairs, grouped.scale, grouped.offset]
    if not all(torch.isfinite(scale).all() for scale in tensors[1:]):
        raise ModelError(
            "model_damaged",
            f"{step.source.name} holds values that are no numbers. Fetch the model's files again.",
        )
    return [memoryview(tensor.view(torch.uint8).numpy().data).cast("B") for tensor in tensors]


def _damaged(path: Path) -> ModelError:
    return ModelError(
        "model_damaged", f"{path.name} in {path.parent.name} is not as it was published. Fetch that file again."
    )


def _finish(folder: Path, draft: Path, plan: Plan, record: Record, form: Precision) -> None:
    """Everything but the weights; last of all what says that the folder is whole."""
    if len(plan.names) > 1:
        files = {entry.name: name for at, name in enumerate(plan.names) for entry in plan.entries(at)}
        write_index(draft, files, plan.total_bytes)
    for path in (*copied_files(folder), folder / CONFIG_FILE):
        _copy(path, draft / path.name)
    others = [path for path in sorted(draft.iterdir()) if path.name not in (*plan.names, RECORD_FILE)]
    published = read_manifest(folder)
    manifest = Manifest(
        form=form,
        source=published.source if published else None,
        repo=published.repo if published else "",
        revision=published.revision if published else "",
        files=(*record.made, *map(_fact, others)),
        scheme=scheme(form, plan.eight_bits),
        origin=tuple(record.read[source.path.name] for source in plan.sources),
    )
    write_manifest(draft, manifest)


def _copy(path: Path, to: Path) -> None:
    with path.open("rb") as source, to.open("wb") as file:
        shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())


def _fact(path: Path) -> FileFact:
    with path.open("rb") as file:
        return FileFact(path.name, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
