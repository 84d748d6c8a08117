"""What a model writes to look closer."""

from __future__ import annotations

import json
from collections.abc import Sequence


def zoom_call(box: Sequence[float] = (100, 200, 400, 600), image: int = 1, label: str = "") -> str:
    """A call for a part of picture `image`, `box` in thousandths of it, as the family writes it."""
    arguments = {"image": str(image), "box": json.dumps(list(box)), "label": label}
    written = "".join(f"<parameter={name}>\n{value}\n</parameter>\n" for name, value in arguments.items() if value)
    return f"<tool_call>\n<function=zoom>\n{written}</function>\n</tool_call>"
