"""A converted model is what quantising while loading makes, whatever happened on the way; and what is not whole, or was
not made here, is told in a sentence."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.backends.base import Cancelled, Chunk
from engine.backends.conversion import ConversionError
from engine.backends.safetensors_file import ShardFile
from engine.backends.torch import conversion_plan, convert, quantize
from engine.backends.torch.backend import TorchBackend, load
from engine.backends.torch.int4 import Int4Linear, Int4Weight
from engine.backends.torch.int4_dynamic import Int4DynamicLinear
from engine.backends.torch.int8 import Int8Weight, Int8WeightLinear
from engine.backends.torch.layers import Int8Table, PlainTable
from engine.backends.torch.quantize import Precision
from engine.models.manifest import FileFact, Manifest, read_manifest, write_manifest
from engine.session import open_session
from engine.spec import ModelError, read_spec
from tests.checkpoints import TINY, Shape, make_checkpoint, make_tiny

FORMS: tuple[Precision, ...] = ("int8", "int4")
# Whole groups of 64 everywhere, as in the published shapes.
TIED = Shape(128, 192, 4, 4, 1, 64, 2, 4, 32, (3, 3, 2), True, 2, 64, 128, 4, 8)
SHAPES = {**TINY, "tied": TIED}
REVISION = "0123456789abcdef0123456789abcdef01234567"
OUT_OF_ROOM = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several files, in a folder as people name them."""
    folder = tmp_path_factory.mktemp("models") / "Größe 4B – mine"
    make_checkpoint(folder, TIED, dtype="bfloat16", seed=4, shard_bytes=400_000)
    (folder / "LICENSE").write_text("Apache-2.0")
    shards = sorted(folder.glob("*.safetensors"))
    assert len(shards) > 2
    facts = [FileFact(path.name, path.stat().st_size, digest(path)) for path in shards]
    write_manifest(folder, Manifest("published", "huggingface", "Qwen/Qwen3.5-4B", REVISION, tuple(facts)))
    return folder


@pytest.fixture(scope="module", params=FORMS)
def converted(request: pytest.FixtureRequest, published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out: Path = tmp_path_factory.mktemp("converted") / f"{published.name}-{request.param}"
    run(published, out, request.param)
    return out


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and blocks of a size that tiny models have several of."""
    monkeypatch.setattr(conversion_plan, "SHARD_BYTES", 150_000)
    monkeypatch.setattr(convert, "BLOCK_BYTES", 20_000)


def run(folder: Path, out: Path, form: Precision = "int8", checkpoint: Callable[[], None] = lambda: None) -> None:
    convert.convert(folder, out, form, lambda what, done, total: None, checkpoint)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files_of(folder: Path) -> dict[str, str]:
    return {path.name: digest(path) for path in folder.iterdir()}


def tensors(folder: Path) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for path in folder.glob("*.safetensors"):
        found |= load_file(path)
    return found


def open_(folder: Path, dtype: str = "auto") -> TorchBackend:
    model = load(folder, "cpu", dtype, lambda done, total: None, lambda: None)
    # Loading takes all cores, which tiny layers only wait for.
    torch.set_num_threads(1)
    return model


def logits(model: TorchBackend) -> list[Any]:
    """After a chunk that is long enough for the ways of many rows, and after some single tokens."""
    state = model.new_state()
    first = model.prefill(state, Chunk(np.arange(70) * 7 % 250, np.tile(np.arange(70), (3, 1))), lambda: None)
    return [first, *(model.step(state, token, 70 + token) for token in range(3))]


def of_the_table(model: TorchBackend, other: TorchBackend) -> TorchBackend:
    """`model` with the embedding of `other`."""
    assert model._text is not None
    assert other._text is not None
    model._text = replace(model._text, embedding=other._text.embedding)
    return model


def same(one: list[Any], other: list[Any]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# --- What it is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", list(SHAPES))
def test_it_runs_bit_for_bit_as_what_is_quantised_while_loading(tmp_path: Path, name: str, form: Precision) -> None:
    """All but the embedding, of which the conversion rounds the rows."""
    folder = make_checkpoint(tmp_path / "model", SHAPES[name], dtype="bfloat16", seed=2)
    run(folder, tmp_path / "out", form)
    model, plain = open_(tmp_path / "out"), open_(folder, form)
    for fact in ("dtype", "tier", "parameters", "weight_bytes", "context_limit", "sees"):
        assert getattr(model.info, fact) == getattr(plain.info, fact), fact
    assert model.info.dtype == form
    assert (model.drafting is None) == (plain.drafting is None)
    rows, exact = (made._text.embed(torch.arange(200)).float() for made in (model, plain) if made._text)
    assert (rows - exact).norm() < 0.015 * exact.norm()
    got = logits(model)
    assert same(got, logits(of_the_table(plain, model)))
    assert same(logits(open_(tmp_path / "out", form)), got)


@pytest.mark.parametrize(
    ("precision", "form", "kind"),
    [("int8", "int8-weights", Int8WeightLinear), ("int4", "int4-dynamic", Int4DynamicLinear)],
)
def test_other_machines_take_the_same_numbers_in_their_own_layout(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: Precision, form: str, kind: type
) -> None:
    run(published, tmp_path / "out", precision)
    monkeypatch.setattr(quantize, f"best_{precision}", lambda: form)
    model = open_(tmp_path / "out")
    assert model._text is not None
    assert isinstance(model._text.layers[0].mlp.up, kind)
    assert np.isfinite(logits(model)).all()
    if precision == "int8":
        assert same(logits(of_the_table(open_(published, "int8"), model)), logits(model))


@pytest.mark.parametrize("rows", [1, 70])
def test_the_layout_of_arm_processors_holds_exactly_the_stored_weights(rows: int) -> None:
    """Its operator rounds the activations, here to what they are already."""
    made = torch.randn((128, 192), generator=torch.Generator().manual_seed(1)) + 0.3
    stored = Int4Weight.of(made)
    x = torch.randint(-127, 128, (rows, 192), generator=torch.Generator().manual_seed(2)).float()
    x[:, :2] = torch.tensor([-127.0, 128.0])
    scale, offset = (part.float().repeat_interleave(64, dim=1) for part in (stored.scale, stored.offset))
    wanted = x.double() @ ((stored.numbers - 8) * scale + offset).double().t()
    layer = Int4DynamicLinear.stored(stored)
    assert (layer(x).double() - wanted).norm() < 1e-4 * wanted.norm()
    assert (Int4Linear.stored(stored, torch.float32)(x).double() - wanted).norm() < 1e-4 * wanted.norm()
    assert layer.nbytes > Int4DynamicLinear.of(made).nbytes


def test_a_greedy_answer_is_the_same(published: Path, converted: Path) -> None:
    """From the same embedding."""
    form = read_spec(converted).form
    answers = []
    plain, model = open_(published, form), open_(converted)
    for backend in (of_the_table(plain, model), model):
        state, tokens = backend.new_state(), [5]
        for position in range(16):
            tokens.append(int(backend.step(state, tokens[-1], position).argmax()))
        answers.append(tokens)
    assert answers[0] == answers[1]
    opened = open_session(converted, "cpu", "auto", lambda done, total: None, lambda: None)
    assert opened.info.dtype == form
    opened.close()


def test_every_tensor_is_stored_as_it_is_described(published: Path, converted: Path) -> None:
    """In plain arithmetic, without the product's own."""
    before, after = tensors(published), tensors(converted)
    form, names = read_spec(converted).form, set(after)
    for name, weight in before.items():
        if name in after:
            assert torch.equal(after[name], weight)
            names.remove(name)
        elif f"{name}_int8" in after:
            values, scale = after[f"{name}_int8"], after[f"{name}_scale"]
            assert (values.dtype, scale.dtype, scale.shape) == (torch.int8, torch.float32, weight.shape[:1])
            steps = scale[:, None].expand(weight.shape)
            assert ((values * steps - weight.float()).abs() <= 0.501 * steps).all()
            names -= {f"{name}_int8", f"{name}_scale"}
        else:
            pairs, scale, offset = (after[f"{name}_{part}"] for part in ("int4", "scale", "offset"))
            assert (pairs.dtype, scale.dtype, offset.dtype) == (torch.uint8, torch.bfloat16, torch.bfloat16)
            numbers = torch.empty(weight.shape)
            numbers[:, ::2], numbers[:, 1::2] = pairs % 16, pairs // 16
            steps, shifts = (part.float().repeat_interleave(64, dim=1) for part in (scale, offset))
            assert (((numbers - 8) * steps + shifts - weight.float()).abs() <= 0.6 * steps).all()
            names -= {f"{name}_int4", f"{name}_scale", f"{name}_offset"}
    assert not names
    rounded = {name.removesuffix("_int4") for name in after if name.endswith("_int4")}
    layer = "model.language_model.layers"
    assert rounded == (
        {
            name
            for name in before
            if (
                name.startswith((layer, "mtp."))
                and name.endswith(
                    ("gate_proj.weight", "up_proj.weight", "down_proj.weight", "o_proj.weight", "fc.weight")
                )
            )
            or name.endswith(("in_proj_qkv.weight", "in_proj_z.weight"))
        }
        if form == "int4"
        else set()
    )


def test_it_says_what_it_is_and_where_it_comes_from(published: Path, converted: Path) -> None:
    manifest, origin = read_manifest(converted), read_manifest(published)
    assert manifest is not None
    assert origin is not None
    assert manifest.form == read_spec(converted).form
    assert (manifest.source, manifest.repo, manifest.revision) == ("huggingface", "Qwen/Qwen3.5-4B", REVISION)
    assert manifest.origin == origin.files
    assert {fact.path: (fact.size, fact.sha256) for fact in manifest.files} == {
        path.name: (path.stat().st_size, digest(path)) for path in converted.iterdir() if path.name != "fingerpost.json"
    }
    assert manifest.scheme is not None
    assert manifest.scheme["bits"] == (8 if manifest.form == "int8" else 4)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "LICENSE"):
        assert (converted / name).read_bytes() == (published / name).read_bytes(), name


def test_the_embedding_is_stored_once(converted: Path) -> None:
    names = [name for name in tensors(converted) if "embed_tokens" in name or "lm_head" in name]
    assert sorted(names) == [f"model.language_model.embed_tokens.weight_{part}" for part in ("int8", "scale")]


def test_rows_of_a_rounded_table_are_its_values() -> None:
    weight = torch.randn((50, 64), generator=torch.Generator().manual_seed(0))
    rounded = Int8Weight.of(weight)
    table, tokens = Int8Table(rounded.values, rounded.scale, torch.float32), torch.tensor([3, 49, 3])
    assert torch.equal(table(tokens), (rounded.values * rounded.scale[:, None])[tokens])
    assert (table(tokens) - PlainTable(weight)(tokens)).abs().max() < 0.03


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize("form", FORMS)
def test_files_and_blocks_of_any_size_hold_the_same(
    published: Path, tmp_path: Path, form: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int, int]] = []
    convert.convert(published, tmp_path / "small", form, lambda *said: told.append(said), lambda: None)
    assert len(list((tmp_path / "small").glob("*.safetensors"))) > 3
    assert told == sorted(told, key=lambda said: said[1])
    assert told[-1][1] == told[-1][2]
    monkeypatch.undo()
    run(published, tmp_path / "large", form)
    assert [path.name for path in (tmp_path / "large").glob("*.safetensors")] == ["model.safetensors"]
    one, other = tensors(tmp_path / "small"), tensors(tmp_path / "large")
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert same(logits(open_(tmp_path / "small")), logits(open_(tmp_path / "large")))


def test_a_text_model_without_drafter_is_converted_too(tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model", "9B", dtype="float16", mtp=False)
    save_file({k: v for k, v in tensors(folder).items() if "visual" not in k}, folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text())
    del config["vision_config"]
    (folder / "config.json").write_text(json.dumps(config))
    run(folder, tmp_path / "out", "int4")
    model = open_(tmp_path / "out")
    assert (model.info.sees, model.drafting) == (False, None)
    assert np.isfinite(logits(model)[-1]).all()


# --- Stopped on the way ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_files")
def test_it_goes_on_wherever_it_was_stopped(published: Path, tmp_path: Path) -> None:
    run(published, tmp_path / "whole")
    wanted, steps = files_of(tmp_path / "whole"), 0
    for stop in range(3, 1000, 47):
        left, out = iter(range(stop)), tmp_path / f"out-{stop}"

        def checkpoint(left: Any = left) -> None:
            if next(left, None) is None:
                raise Cancelled

        try:
            run(published, out, checkpoint=checkpoint)
        except Cancelled:
            assert not out.exists()
            draft = convert.draft_of(out)
            kept = {path.name: path.stat().st_mtime_ns for path in draft.glob("*.safetensors")}
            run(published, out)
            # What was whole is not written again.
            assert kept == {name: (out / name).stat().st_mtime_ns for name in kept}
            steps += bool(kept)
            assert files_of(out) == wanted
            shutil.rmtree(out)
        else:
            break
    assert steps > 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [out.name, "whole"]


KILLED = """
import sys
from pathlib import Path
import torch
from engine.backends.torch import conversion_plan, convert
torch.set_num_threads(1)
conversion_plan.SHARD_BYTES, convert.BLOCK_BYTES = 150_000, 20_000
print("ready", flush=True)
for line in sys.stdin:
    told = lambda *said: print(*said[1:], flush=True)
    convert.convert(Path(sys.argv[1]), Path(sys.argv[2]), "int8", told, lambda: None)
    print("done", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process ends differently there")
@pytest.mark.usefixtures("small_files")
def test_it_goes_on_after_the_process_was_killed(published: Path, tmp_path: Path) -> None:
    run(published, tmp_path / "whole")
    out, random_ = tmp_path / "out", random.Random(3)
    for share in (0.3, 0.9):
        arguments = [sys.executable, "-c", KILLED, str(published), str(out)]
        with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            child.stdin.write("go\n")
            child.stdin.flush()
            for line in child.stdout:
                if line == "done\n":
                    break
                done, total = map(int, line.split())
                if done >= total * (share + 0.04 * random_.random()):
                    break
            os.kill(child.pid, signal.SIGKILL)
    if not out.exists():
        run(published, out)
    assert files_of(out) == files_of(tmp_path / "whole")


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize("spoilt", ["record", "shard", "source", "form"])
def test_what_can_not_be_gone_on_with_is_begun_anew(
    published: Path, tmp_path: Path, spoilt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = tmp_path / "model", tmp_path / "out"
    shutil.copytree(published, folder)
    run(folder, tmp_path / "whole")
    stop_before_the_end(folder, out, "int4" if spoilt == "form" else "int8")
    draft = convert.draft_of(out)
    match spoilt:
        case "record":
            (draft / ".conversion.json").write_text("{")
        case "shard":
            min(draft.glob("*.safetensors")).write_bytes(b"")
        case "source":
            os.utime(min(folder.glob("*.safetensors")), ns=(1, 1))
    run(folder, out)
    assert files_of(out) == files_of(tmp_path / "whole")
    assert not draft.exists()


def stop_before_the_end(folder: Path, out: Path, form: Precision = "int8") -> None:
    count = 0

    def checkpoint() -> None:
        nonlocal count
        count += 1
        if len(list(convert.draft_of(out).glob("*.safetensors"))) > 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(folder, out, form, checkpoint)


# --- What goes wrong ------------------------------------------------------------------------------------------------


def test_what_is_converted_or_quantised_already_is_refused(published: Path, converted: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(published, other)
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"quantization_config": {"quant_method": "gptq"}}))
    for folder in (converted, other):
        with pytest.raises(ConversionError, match="quantised already"):
            run(folder, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_what_is_there_is_not_written_over(published: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("kept")
    for out in (tmp_path / "out", tmp_path / "out" / "mine", published):
        with pytest.raises(ConversionError, match="already something"):
            run(published, out)
    with pytest.raises(ConversionError, match="Make it first"):
        run(published, tmp_path / "no" / "such" / "place")
    assert (tmp_path / "out" / "mine").read_text() == "kept"


def test_too_little_room_is_told_before_anything_is_written(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(published, tmp_path / "whole")
    taken = sum(path.stat().st_size for path in (tmp_path / "whole").glob("*.safetensors"))
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, int(0.9 * taken)))
    with pytest.raises(ConversionError, match=r"Free some space, or name a place on another disk\.") as error:
        run(published, tmp_path / "out")
    assert error.value.code == "disk_full"
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("small_files")
def test_a_disk_that_fills_up_on_the_way_loses_nothing(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(published, tmp_path / "whole")
    write, left = ShardFile.write, iter(range(60))

    def full(self: ShardFile, name: str, data: memoryview) -> None:
        if next(left, None) is None:
            raise OUT_OF_ROOM
        write(self, name, data)

    monkeypatch.setattr(ShardFile, "write", full)
    with pytest.raises(ConversionError, match=r"Free some space, then try again\."):
        run(published, tmp_path / "out")
    assert list(convert.draft_of(tmp_path / "out").glob("*.safetensors"))
    monkeypatch.setattr(ShardFile, "write", write)
    run(published, tmp_path / "out")
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")


def test_a_folder_that_may_not_be_written_is_told(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, *arguments: Any, **named: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    # Whoever runs the tests as root may write everywhere.
    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(ConversionError, match=r"can not be written \(Permission denied\)\. Name another place\."):
        run(published, tmp_path / "out")


def test_a_disk_that_does_not_keep_what_was_written_is_told(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = ShardFile.finish

    def spoil(self: ShardFile, passed: Callable[[int], None]) -> FileFact:
        self._file.seek(-1, os.SEEK_END)
        self._file.write(b"\x55")
        return finish(self, passed)

    monkeypatch.setattr(ShardFile, "finish", spoil)
    with pytest.raises(ConversionError, match="can not be read back"):
        run(published, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("damage", ["cut", "missing", "unnamed", "changed", "not numbers", "lacking"])
def test_a_damaged_model_is_named_and_not_converted(published: Path, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(published, folder)
    path = sorted(folder.glob("*.safetensors"))[1]
    whole, index = path.read_bytes(), folder / "model.safetensors.index.json"
    match damage:
        case "cut":
            path.write_bytes(whole[:-1000])
        case "missing":
            path.unlink()
        case "unnamed":
            rows = json.loads(index.read_text())["weight_map"]
            index.write_text(json.dumps({"weight_map": {key: row for key, row in rows.items() if row != path.name}}))
        case "changed":
            path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        case "not numbers":
            held = load_file(path)
            name = next(name for name in held if name.endswith("_proj.weight"))
            held[name][0, 0] = torch.nan
            save_file(held, path)
        case "lacking":
            held = load_file(path)
            held.popitem()
            save_file(held, path)
    with pytest.raises(ModelError) as error:
        run(folder, tmp_path / "out")
    assert (error.value.code, str(error.value)[-1]) == ("model_damaged", ".")
    assert not (tmp_path / "out").exists()
    if damage == "changed":
        assert path.name in str(error.value)
        assert not convert.draft_of(tmp_path / "out").exists()


# --- Loading what is not whole --------------------------------------------------------------------------------------


def refused(folder: Path, dtype: str = "auto") -> ModelError:
    with pytest.raises(ModelError) as error:
        open_(folder, dtype)
    assert str(error.value).endswith(".")
    return error.value


def test_it_runs_in_its_own_precision_alone(converted: Path) -> None:
    form = read_spec(converted).form
    for dtype in ("bfloat16", "float32", "int4" if form == "int8" else "int8"):
        error = refused(converted, dtype)
        assert (error.code, form in str(error), dtype in str(error)) == ("model_unsupported", True, True)


def test_damage_is_told(converted: Path, tmp_path: Path) -> None:
    name = "model.language_model.layers.0.linear_attn.out_proj.weight"
    held = tensors(converted)
    whole = held[f"{name}_scale"].clone()
    spoilt: dict[str, Tensor | None] = {"lack": None, "shape": whole[:-1].clone(), "type": whole.to(torch.int32)}
    for word, tensor in spoilt.items():
        folder = tmp_path / word
        shutil.copytree(converted, folder)
        changed = {key: value for key, value in held.items() if key != f"{name}_scale"}
        save_file(changed if tensor is None else {**changed, f"{name}_scale": tensor}, folder / "model.safetensors")
        error = refused(folder)
        assert (word in str(error), f"{name}_scale" in str(error)) == (True, True)
    shutil.copytree(converted, tmp_path / "cut")
    path = tmp_path / "cut" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    assert (refused(tmp_path / "cut").code, path.name in str(refused(tmp_path / "cut"))) == ("model_damaged", True)


def test_without_its_manifest_it_is_told_for_what_it_is(converted: Path, tmp_path: Path) -> None:
    shutil.copytree(converted, tmp_path / "model")
    (tmp_path / "model" / "fingerpost.json").unlink()
    error = refused(tmp_path / "model")
    assert (error.code, "fingerpost.json" in str(error)) == ("model_damaged", True)


@pytest.mark.parametrize("later", ["format", "version"])
def test_what_a_later_version_made_asks_for_that(converted: Path, tmp_path: Path, later: str) -> None:
    shutil.copytree(converted, tmp_path / "model")
    path = tmp_path / "model" / "fingerpost.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    (document if later == "format" else document["scheme"])[later] = 99
    path.write_text(json.dumps(document), encoding="utf-8")
    assert "Update Fingerpost" in str(refused(tmp_path / "model"))


@pytest.mark.parametrize("written", ["", "{}", '{"format": 1, "form": "int3"}'])
def test_a_damaged_manifest_is_told(converted: Path, tmp_path: Path, written: str) -> None:
    shutil.copytree(converted, tmp_path / "model")
    (tmp_path / "model" / "fingerpost.json").write_text(written)
    assert refused(tmp_path / "model").code == "model_damaged"
