"""A machine, what it could run, what is here and what is on its way."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from app.domain.models import Download
from engine.protocol import (
    DownloadProgress,
    Fit,
    Found,
    Installed,
    MachineInfo,
    ModelForm,
    Offered,
    Source,
    Surveyed,
    Variant,
    Verdict,
)

GB = 1_000_000_000
FOLDER = "/home/ada/.local/share/fingerpost/models"
MACHINE = MachineInfo(
    "12th Gen Intel Core i7-1260P",
    16 * GB,
    11 * GB,
    "cpu",
    "12th Gen Intel Core i7-1260P",
    16 * GB,
    11 * GB,
    shared=True,
    disk_free=214_300_000_000,
)
GRAPHICS = replace(
    MACHINE,
    device="cuda",
    device_name="NVIDIA GeForce RTX 4070",
    device_total=12_000_000_000,
    device_free=11_000_000_000,
    shared=False,
)
_PURPOSES = {
    "0.8B": "For small machines: short questions, and text in pictures.",
    "2B": "For small machines: better with pictures and longer texts.",
    "4B": "For pictures, documents, and finding your way in a program. The one to start with.",
    "9B": "For questions that take reasoning, where there is memory for it.",
}
_BYTES = {"0.8B": 1_760_000_000, "2B": 4_560_000_000, "4B": 9_330_000_000, "9B": 19_320_000_000}


def fit(verdict: Verdict = "fits", dtype: str = "int8", memory: int = 6_100_000_000) -> Fit:
    sentence = {
        "fits": f"Needs {memory / 1e9:.1f} GB of memory of the 11.0 GB that are free, with room for 16,384 tokens.",
        "tight": f"Needs {memory / 1e9:.1f} GB of memory of the 11.0 GB that are free; up to 6,144 tokens fit.",
        "no": f"Needs {memory / 1e9:.1f} GB of memory, and 11.0 GB are free.",
    }[verdict]
    return Fit(dtype, "cpu", verdict, memory - GB, memory, {"fits": 32_768, "tight": 6_144, "no": 0}[verdict], sentence)


def offered(
    tier: str,
    *fits: Fit,
    variant: Variant = "instruct",
    form: ModelForm = "published",
    recommended: bool = False,
    installed: str = "",
) -> Offered:
    ending = {"instruct": "", "base": "-Base"}[variant] + ("" if form == "published" else f"-{form}")
    title = f"Qwen3.5-{tier}{ending}"
    purpose = _PURPOSES[tier] if variant == "instruct" else "Continues a text; it answers no questions."
    sources = (Source("huggingface", f"Qwen/{title}", "main"), Source("modelscope", f"Qwen/{title}", "master"))
    return Offered(
        title.lower(),
        title,
        tier,
        variant,
        form,
        purpose,
        "Apache-2.0",
        4_660_000_000,
        _BYTES[tier],
        sources,
        fits,
        recommended,
        installed,
    )


def catalogue() -> tuple[Offered, ...]:
    fits = {
        "0.8B": fit(memory=1_900_000_000),
        "2B": fit(memory=3_700_000_000),
        "4B": fit(),
        "9B": fit("tight", "int4", 10_400_000_000),
    }
    instruct = [offered(tier, line, recommended=tier == "4B") for tier, line in fits.items()]
    base = [offered(tier, line, variant="base") for tier, line in fits.items()]
    return (*instruct, *base, offered("4B", form="mlx-4bit"))


def too_small() -> tuple[Offered, ...]:
    return tuple(
        offered(tier, fit("no", memory=size))
        for tier, size in (("0.8B", 11_900_000_000), ("2B", 13_700_000_000), ("4B", 16_100_000_000))
    )


def installed(
    title: str = "Qwen3.5-4B",
    form: ModelForm = "published",
    *,
    linked: bool = False,
    used: float | None = None,
    problem: str = "",
) -> Installed:
    return Installed(
        f"{FOLDER}/{title}",
        title,
        "4B",
        "instruct",
        form,
        9_330_000_000,
        linked,
        time.time() - 86_400 if used is None else used,
        "Qwen/Qwen3.5-4B",
        "main",
        False,
        (fit(), fit("tight", "bfloat16", 10_600_000_000), fit("no", "float32", 19_000_000_000)),
        problem,
    )


def surveyed(
    offers: Sequence[Offered] | None = None,
    here: Sequence[Installed] = (),
    found: Sequence[Found] = (),
    machine: MachineInfo = MACHINE,
) -> Surveyed:
    offers = catalogue() if offers is None else offers
    folders = {model.title: model.folder for model in here}
    offers = tuple(replace(each, installed=folders.get(each.title, "")) for each in offers)
    return Surveyed("1", machine, offers, tuple(here), tuple(found), (), FOLDER)


def running(done: int = 4_000_000_000, name: str = "qwen3.5-4b", title: str = "Qwen3.5-4B", note: str = "") -> Download:
    total = 9_330_000_000
    rate = 11_200_000.0
    progress = DownloadProgress(
        "1",
        name,
        title,
        "fetching",
        "huggingface",
        done,
        total,
        rate,
        (total - done) / rate,
        ("huggingface.co",),
        note,
    )
    return Download(name, title, "running", done, total, "huggingface", progress)


def paused(done: int = 4_000_000_000) -> Download:
    return Download("qwen3.5-4b", "Qwen3.5-4B", "paused", done, 9_330_000_000, "huggingface")


def failed() -> Download:
    return replace(
        paused(),
        state="failed",
        code="unreachable",
        sentence="huggingface.co can not be reached. Check the connection, then try again; what has come is kept.",
    )


def gated() -> Download:
    return replace(
        paused(0),
        state="failed",
        code="gated",
        sentence="Hugging Face gives Qwen3.5-4B only to people who have signed in. Enter an access token of yours.",
    )
