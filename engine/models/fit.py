"""Whether a model fits this machine: a verdict for each precision it can run in, and which model to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.devices import physical_cores
from engine.fit import SMALLEST_CONTEXT, context_limit
from engine.models import memory
from engine.models.machine import Abilities, abilities
from engine.models.memory import Run
from engine.protocol import Fit, MachineInfo, ModelForm, Verdict
from engine.spec import ModelError, ModelSpec

PROCESS = {"cpu": 600_000_000, "mps": 500_000_000, "cuda": 500_000_000, "xpu": 500_000_000}
"""Bytes that the process takes on the device before any weight: Python, PyTorch and a vocabulary of 248,320 tokens
(555 MB measured), MLX, or what a card's driver keeps for each program."""
SCREEN = 32_640
"""Patches of a screen of 3840 x 2160 pixels in full detail."""
SMALL_PICTURE = 5_120
"""Patches of a picture in balanced detail."""
EASY = {True: (2, 3), False: (7, 8)}
"""What a model may have of the device's memory, as a fraction, where it is the machine's own and where it is not: a
system with a browser and a mail program takes the rest."""
MOST = {"cpu": (7, 8), "mps": (3, 4), "cuda": (15, 16), "xpu": (15, 16)}
"""The same with all other programs closed. Apple's system lets the graphics side have three quarters."""
FAVOURITES = (
    *("qwen3.5-4b-mlx-8bit", "qwen3.5-4b-mlx-4bit", "qwen3.5-4b"),
    *("qwen3.5-2b-mlx-8bit", "qwen3.5-2b-mlx-4bit", "qwen3.5-2b"),
    *("qwen3.5-0.8b-mlx-8bit", "qwen3.5-0.8b-mlx-4bit", "qwen3.5-0.8b"),
)
"""What may be recommended, the best first. What is made for Apple chips fits no other machine, and is a smaller
download there. The 9B is for those who know that they want it, a Base model for those who know what it is."""
ORDER: dict[Verdict, int] = {"fits": 0, "tight": 1, "no": 2}


def fits(
    spec: ModelSpec, form: ModelForm, machine: MachineInfo, context: int, able: Abilities | None = None
) -> tuple[Fit, ...]:
    """A line per precision that a model of `form` can run in on the best device, those that fit first; none where it
    can not run at all. `context` is in tokens, of which the model's own longest is enough; `able` is what the device
    can do, asked of it if None."""
    can = able or abilities(machine.device)
    context = min(context, spec.text.max_positions)
    runs = [
        Run(dtype, machine.device, form, _number(dtype, can.number), physical_cores())
        for dtype in _precisions(form, machine, can)
    ]
    return tuple(sorted((_fit(spec, run, machine, context) for run in runs), key=lambda fit: ORDER[fit.verdict]))


def weight_bytes(spec: ModelSpec, dtype: str) -> int:
    """Bytes of the weights of a published model, or of Fingerpost's own conversion, on the processor in `dtype`."""
    return memory.weight_bytes(spec, Run(dtype, "cpu", number=_number(dtype, 2)))


def recommend(candidates: Sequence[tuple[str, tuple[Fit, ...]]]) -> str | None:
    """Which of the catalogue's ids to begin with: the best that fits, else of those that just fit the one that takes
    the least memory, else none."""
    known = {name: found for name, found in candidates if name in FAVOURITES}
    easy = [name for name in FAVOURITES if any(fit.verdict == "fits" for fit in known.get(name, ()))]
    if easy:
        return easy[0]
    tight = [(fit.memory, name) for name, found in known.items() for fit in found if fit.verdict == "tight"]
    return min(tight)[1] if tight else None


def disk_problem(size: int, machine: MachineInfo) -> str:
    """A sentence where `size` bytes do not fit the disk, else ``""``."""
    if size <= machine.disk_free:
        return ""
    return (
        f"It takes {_gb(size)} on the disk, and {_gb(machine.disk_free)} are free. Free some space, or choose a "
        "smaller model."
    )


def _precisions(form: ModelForm, machine: MachineInfo, able: Abilities) -> tuple[str, ...]:
    """What a model of `form` can run in, the best first."""
    if form.startswith("mlx-"):
        return ("int8" if form == "mlx-8bit" else "int4",) if machine.device == "mps" else ()
    if form == "published":
        return able.precisions
    # An own conversion is for PyTorch, and runs in nothing else.
    return (form,) if form in able.precisions and machine.device != "mps" else ()


def _number(dtype: str, beside: int) -> int:
    """Bytes of what is calculated in and not quantised."""
    return {"float32": 4, "bfloat16": 2, "float16": 2}.get(dtype, beside)


def _fit(spec: ModelSpec, run: Run, machine: MachineInfo, context: int) -> Fit:
    process, weights = PROCESS[run.device], memory.weight_bytes(spec, run)
    easy, most = (machine.device_total * part // whole for part, whole in (EASY[machine.shared], MOST[run.device]))
    needed = process + memory.peak_bytes(spec, run, context, SCREEN)
    fit = Fit(run.dtype, run.device, "fits", weights, needed, 0, "")
    longest = _longest(spec, run, weights, easy - process)
    if needed <= easy and longest >= context:
        return replace(fit, context=longest, sentence=_fits_well(needed, longest, machine))
    longest = _longest(spec, run, weights, most - process)
    tight = process + memory.peak_bytes(spec, run, min(context, longest), SMALL_PICTURE)
    if longest and tight <= most:
        return replace(
            fit, verdict="tight", memory=tight, context=longest, sentence=_just_fits(tight, longest, machine)
        )
    least = process + memory.peak_bytes(spec, run, SMALLEST_CONTEXT, SMALL_PICTURE)
    return replace(fit, verdict="no", memory=least, sentence=_does_not_fit(least, machine))


def _longest(spec: ModelSpec, run: Run, weights: int, room: int) -> int:
    """The longest context in `room` bytes, as a load will find it; 0: not even the smallest."""
    try:
        return context_limit(spec, weights, run.number, room)
    except ModelError:
        return 0


def _fits_well(needed: int, longest: int, machine: MachineInfo) -> str:
    told = f"Fits well: it takes {_gb(needed)} of {_whose(machine)}, and {longest:,} tokens of context fit."
    if needed <= machine.device_free:
        return told
    return f"{told} Only {_gb(machine.device_free)} are free now: close other programs first."


def _just_fits(needed: int, longest: int, machine: MachineInfo) -> str:
    return (
        f"Just fits: it takes {_gb(needed)} of {_whose(machine)}, with up to {longest:,} tokens of context. Close "
        "other programs first, and look at pictures in less detail."
    )


def _does_not_fit(needed: int, machine: MachineInfo) -> str:
    return (
        f"Does not fit: it needs {_gb(needed)} beside the system, and there are {_whose(machine)}. Choose a smaller "
        "model."
    )


def _whose(machine: MachineInfo) -> str:
    memory_of = "memory" if machine.shared else "memory on the graphics card"
    return f"{_gb(machine.device_total)} of {memory_of}"


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
