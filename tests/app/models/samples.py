"""What a survey may have found, in a few words."""

from __future__ import annotations

from engine.protocol import (
    Fit,
    Found,
    Installed,
    MachineInfo,
    Offered,
    Source,
    Surveyed,
    Unfinished,
    Verdict,
)

GB = 10**9
MACHINE = MachineInfo("Processor", 16 * GB, 9 * GB, "cpu", "Processor", 16 * GB, 9 * GB, True, 100 * GB)


def fit(dtype: str, verdict: Verdict) -> Fit:
    return Fit(dtype, "cpu", verdict, 9 * GB, 10 * GB, 16_384, f"{dtype}: {verdict}.")


def offered(name: str = "quick", fits: tuple[Fit, ...] = (), installed: str = "", recommended: bool = False) -> Offered:
    source = Source("huggingface", f"Qwen/{name}", "main")
    return Offered(
        name,
        f"Model {name}",
        "4B",
        "instruct",
        "published",
        "For pictures.",
        "Apache-2.0",
        4 * GB,
        9 * GB,
        (source,),
        fits,
        recommended,
        installed,
    )


def installed(folder: str, linked: bool = False) -> Installed:
    return Installed(
        folder, "Model", "4B", "instruct", "published", 9 * GB, linked, 0.0, "Qwen/Model", "main", False, (), ""
    )


def unfinished(name: str, wanted: bool = True, done: int = 4) -> Unfinished:
    return Unfinished(name, f"Model {name}", "modelscope", done, 10, wanted)


def surveyed(
    models: tuple[Offered, ...] = (),
    here: tuple[Installed, ...] = (),
    left: tuple[Unfinished, ...] = (),
    found: tuple[Found, ...] = (),
) -> Surveyed:
    return Surveyed("", MACHINE, models, here, found, left, "/models")
