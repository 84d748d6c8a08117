"""The names of the published tensors, whoever reads them."""

from __future__ import annotations

from collections.abc import Callable

from engine.spec import ModelSpec

TEXT = "model.language_model"
VISION = "model.visual"
DRAFTER = "mtp"
HEAD = "lm_head"
SENSITIVE = (
    HEAD,
    ".embed_tokens",
    ".linear_attn.out_proj",
    ".self_attn.q_proj",
    ".self_attn.k_proj",
    ".self_attn.v_proj",
)


def needed(spec: ModelSpec) -> Callable[[str], bool]:
    """Which of the published tensors are read: not a second copy of a tied head."""
    names = [f"{TEXT}."]
    if spec.text.mtp_layers == 1:
        names.append(f"{DRAFTER}.")
    if spec.vision is not None:
        names.append(f"{VISION}.")
    if not spec.text.tied_head:
        names.append(f"{HEAD}.")
    return lambda name: name.startswith(tuple(names))


def is_sensitive(name: str) -> bool:
    """Whether the weight `name` never has fewer than 8 bits: all of the distribution hangs on the head; at 4 bits the
    output of a linear layer costs the most, for its own error is that of all the layer (measured by the makers of the
    GGUF files); and keys and values, which many heads share, are so few that they cost next to nothing: together with
    the queries and their gates they are a third of the error of `docs/performance.md`, and 3 % of the bytes."""
    return name.removesuffix(".weight").endswith(SENSITIVE)
