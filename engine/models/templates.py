"""Our own chat template for the family: some conversions were published without one."""

from __future__ import annotations

from collections.abc import Callable

from engine import resources

TEMPLATE = "models/chat_template.jinja"
MARKERS = ("<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<think>", "</think>")
"""What the template writes, each a token of its own in the family's vocabulary."""


def is_of_the_family(id_of: Callable[[str], int | None]) -> bool:
    """Whether a vocabulary, which gives a text's id or None, has all `MARKERS`."""
    return all(id_of(marker) is not None for marker in MARKERS)


def own_template(thinks: bool = True) -> str:
    """The template as text. `thinks` is what it does where nobody says whether to think: the published ones of the 4B
    and 9B do, those of the 0.8B and 2B do not.

    Raises:
        FileNotFoundError: the installation is not complete; `str()` is a sentence for a person.
    """
    default = "" if thinks else "{%- set thinks = false -%}\n"
    return default + resources.text(TEMPLATE)
