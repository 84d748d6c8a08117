"""What a scripted model does: values, and how they are read from the ``script`` object of its config.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from engine.spec import ModelError

Deed = Literal[
    "say", "loop", "count", "end", "stall", "noise", "error", "out_of_memory", "device_lost", "abort", "connect"
]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the model does.

    ``say`` gives the tokens of `text`, each after `seconds`; ``loop`` says it for ever; ``count`` counts up for ever,
    in words that never repeat; ``end`` gives the end token. ``stall`` takes `seconds`, and looks at the checkpoint
    meanwhile when `heeds_cancel` is set (a single token has none). ``noise`` writes `text` to file descriptor 1 as a
    library would; ``error`` raises RuntimeError(text), ``out_of_memory`` and ``device_lost`` raise what they say,
    ``abort`` ends the process by a signal, ``connect`` tries to reach the network.
    """

    do: Deed
    text: str = ""
    seconds: float = 0.0
    heeds_cancel: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: `thinking` comes first when the prompt leaves the think block open, then `steps`, then an end token.

    `again` is said instead of `steps` when the session did not take the first answer: a refused end, or a restart. A
    restart that keeps the logits after the prompt begins with the first answer's first token all the same.
    `reading` happens at every prefill chunk. With `when`, this answer is for questions that contain that word; those
    without are used in order, and the last one again and again.
    """

    steps: tuple[Step, ...]
    thinking: tuple[Step, ...] = ()
    again: tuple[Step, ...] | None = None
    reading: tuple[Step, ...] = ()
    when: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """A whole model. `loading` happens between the halves of the load, `looking` inside the vision tower."""

    answers: tuple[Answer, ...] = (Answer((Step("say", "Yes."),)),)
    loading: tuple[Step, ...] = ()
    looking: tuple[Step, ...] = ()
    sees: bool = True
    context_limit: int = 32_768
    chunk_size: int = 512


def read_script(config: Mapping[str, Any]) -> Script:
    """The script of a configuration. Raises `ModelError` when it is not one."""
    try:
        document = dict(config["script"])
        for part in ("loading", "looking"):
            document[part] = _steps(document.get(part, ()))
        document["answers"] = tuple(_answer(answer) for answer in document["answers"])
        script = Script(**document)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError("model_damaged", f"The script in config.json can not be used: {error}. Correct it.") from error
    if not any(not answer.when for answer in script.answers):
        raise ModelError("model_damaged", "The script in config.json has no answer without a word. Add one.")
    return script


def _answer(document: Mapping[str, Any]) -> Answer:
    parts = {name: _steps(document.get(name, ())) for name in ("steps", "thinking", "reading")}
    again = document.get("again")
    return Answer(**parts, again=None if again is None else _steps(again), when=str(document.get("when", "")))


def _steps(documents: Any) -> tuple[Step, ...]:
    steps = tuple(Step(**document) for document in documents)
    for step in steps:
        if step.do not in get_args(Deed):
            raise ValueError(f"there is no step {step.do!r}")
    return steps
