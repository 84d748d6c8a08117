"""Model folders for the scripted back end: what the model says, and how it misbehaves, in a few words.

    folder = make_scripted(tmp_path / "model", ["First answer", answer(say("Slow"), stall(60)), answer(abort())])

Answers are used in order, the last one again and again; one with `when="word"` is for questions with that word.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from engine.backends.factory import SCRIPTED
from engine.backends.script import Answer, Script, Step
from tests.tokenizers import write_tiny_tokenizer


def say(text: str, seconds: float = 0.0) -> Step:
    """The tokens of `text`, each after `seconds`."""
    return Step("say", text, seconds)


def loop(text: str, seconds: float = 0.0) -> Step:
    """`text` for ever."""
    return Step("loop", text, seconds)


def count(seconds: float = 0.0) -> Step:
    """1 2 3 and so on for ever: never ends and never repeats."""
    return Step("count", "", seconds)


def end() -> Step:
    """The end token, here and now; in `thinking` it ends the answer with the think block open."""
    return Step("end")


def stall(seconds: float, heeds_cancel: bool = False) -> Step:
    """Takes long. Only in `reading`, `looking` and `loading` can it look at the cancel flag meanwhile."""
    return Step("stall", "", seconds, heeds_cancel)


def noise(text: str) -> Step:
    """A library that writes to standard output."""
    return Step("noise", text)


def error(text: str = "boom") -> Step:
    """An error nobody foresaw."""
    return Step("error", text)


def out_of_memory() -> Step:
    """The device's memory is full."""
    return Step("out_of_memory")


def device_lost() -> Step:
    """The graphics card is gone: a failure that is fatal for the process."""
    return Step("device_lost")


def abort() -> Step:
    """The process dies of a signal."""
    return Step("abort")


def connect() -> Step:
    """A library that wants to reach the network."""
    return Step("connect")


def answer(
    *steps: Step,
    thinking: Sequence[Step] = (),
    again: Sequence[Step] | None = None,
    reading: Sequence[Step] = (),
    when: str = "",
) -> Answer:
    """See `engine.backends.script.Answer`."""
    return Answer(steps, tuple(thinking), None if again is None else tuple(again), tuple(reading), when)


def make_scripted(
    folder: Path,
    answers: Sequence[Answer | str] = ("Yes.",),
    *,
    loading: Sequence[Step] = (),
    looking: Sequence[Step] = (),
    sees: bool = True,
    context_limit: int = 32_768,
    chunk_size: int = 512,
) -> Path:
    """Write a model folder and return it."""
    write_tiny_tokenizer(folder)
    made = tuple(Answer((Step("say", item),)) if isinstance(item, str) else item for item in answers)
    script = Script(made, tuple(loading), tuple(looking), sees, context_limit, chunk_size)
    config = {"model_type": SCRIPTED, "script": dataclasses.asdict(script)}
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    return folder
