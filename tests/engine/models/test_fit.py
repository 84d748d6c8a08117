"""Verdicts: nobody shall wait hours for a model that can not run here, nor be kept from one that can."""

from __future__ import annotations

import pytest

from engine.models.catalogue import Catalogue
from engine.models.fit import FAVOURITES, disk_problem, fits, recommend
from engine.models.machine import Abilities
from engine.protocol import Fit, MachineInfo, ModelForm

CATALOGUE = Catalogue.load()
ABLE = {
    "cpu": Abilities(("int8", "bfloat16", "int4")),
    "mps": Abilities(("bfloat16", "int8", "int4")),
    "cuda": Abilities(("bfloat16", "int8", "int4")),
}
CONTEXT = 16_384


def machine(gibibytes: int, device: str = "cpu", free: float = 0.9) -> MachineInfo:
    total = gibibytes * 2**30
    shared = device != "cuda"
    memory = total if shared else 64 * 2**30
    return MachineInfo("P", memory, memory, device, "D", total, int(total * free), shared, 50 * 10**9)


def verdicts(name: str, here: MachineInfo, form: ModelForm | None = None) -> dict[str, str]:
    return {fit.dtype: fit.verdict for fit in found(name, here, form)}


def found(name: str, here: MachineInfo, form: ModelForm | None = None) -> tuple[Fit, ...]:
    entry = CATALOGUE.find(name)
    assert entry is not None
    return fits(entry.spec, form or entry.form, here, CONTEXT, ABLE[here.device])


def recommended(here: MachineInfo) -> str | None:
    return recommend([(entry.id, found(entry.id, here)) for entry in CATALOGUE.entries])


def test_the_smaller_the_precision_the_smaller_the_machine() -> None:
    assert verdicts("qwen3.5-4b", machine(32)) == {"int8": "fits", "bfloat16": "fits", "int4": "fits"}
    assert verdicts("qwen3.5-4b", machine(16)) == {"int8": "fits", "int4": "fits", "bfloat16": "tight"}
    assert verdicts("qwen3.5-4b", machine(8)) == {"int8": "tight", "int4": "tight", "bfloat16": "no"}
    assert set(verdicts("qwen3.5-9b", machine(4)).values()) == {"no"}


def test_a_line_says_what_it_takes_and_how_long_a_context_fits() -> None:
    easy = found("qwen3.5-4b", machine(16))[0]
    assert easy.weights < easy.memory < 16 * 2**30
    assert CONTEXT <= easy.context <= 262_144
    assert (
        easy.sentence == f"Fits well: it takes 8.4 GB of 17.2 GB of memory, and {easy.context:,} tokens of context fit."
    )
    tight = found("qwen3.5-4b", machine(8))[0]
    assert 0 < tight.context < easy.context
    assert f"up to {tight.context:,} tokens" in tight.sentence
    none = found("qwen3.5-9b", machine(4))[0]
    assert none.context == 0
    assert none.sentence.endswith("Choose a smaller model.")


def test_no_model_is_measured_at_more_context_than_it_has() -> None:
    entry = CATALOGUE.find("qwen3.5-4b")
    assert entry is not None
    longest = entry.spec.text.max_positions
    assert fits(entry.spec, entry.form, machine(64), 10**9, ABLE["cpu"]) == fits(
        entry.spec, entry.form, machine(64), longest, ABLE["cpu"]
    )


def test_what_other_programs_hold_is_told() -> None:
    """They can be closed: the verdict is of the machine, not of the moment."""
    fit = found("qwen3.5-4b", machine(16, free=0.25))[0]
    assert fit.verdict == "fits"
    assert fit.sentence.endswith("Only 4.3 GB are free now: close other programs first.")


def test_a_form_runs_where_it_can() -> None:
    assert found("qwen3.5-4b-mlx-4bit", machine(32)) == ()
    assert verdicts("qwen3.5-4b-mlx-4bit", machine(16, "mps")) == {"int4": "fits"}
    assert verdicts("qwen3.5-4b", machine(16), "int8") == {"int8": "fits"}
    assert verdicts("qwen3.5-4b", machine(16, "mps"), "int8") == {}
    old_card = fits(CATALOGUE.entries[0].spec, "published", machine(24, "cuda"), CONTEXT, Abilities(("float16",)))
    assert [fit.dtype for fit in old_card] == ["float16"]
    assert "memory on the graphics card" in old_card[0].sentence


@pytest.mark.parametrize(
    ("here", "wanted"),
    [
        (machine(128), "qwen3.5-4b"),
        (machine(16), "qwen3.5-4b"),
        (machine(8), "qwen3.5-2b"),
        (machine(4), "qwen3.5-0.8b"),
        (machine(1), None),
        (machine(16, "mps"), "qwen3.5-4b-mlx-8bit"),
        (machine(8, "mps"), "qwen3.5-2b-mlx-8bit"),
        (machine(24, "cuda"), "qwen3.5-4b"),
        (machine(6, "cuda"), "qwen3.5-2b"),
    ],
)
def test_what_to_begin_with(here: MachineInfo, wanted: str | None) -> None:
    assert recommended(here) == wanted


def test_what_is_recommended_is_in_the_catalogue_and_answers() -> None:
    for name in FAVOURITES:
        entry = CATALOGUE.find(name)
        assert entry is not None
        assert entry.variant == "instruct"
        assert entry.tier != "9B"


def test_the_disk_is_counted_too() -> None:
    here = machine(16)
    assert disk_problem(9_300_000_000, here) == ""
    assert disk_problem(93_000_000_000, here).startswith("It takes 93.0 GB on the disk, and 50.0 GB are free.")


def test_this_machine_has_its_own_abilities() -> None:
    """Asked of PyTorch where nobody says."""
    entry = CATALOGUE.find("qwen3.5-0.8b")
    assert entry is not None
    assert {fit.dtype for fit in fits(entry.spec, "published", machine(64), CONTEXT)} == {"int8", "bfloat16", "int4"}
