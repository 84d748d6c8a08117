"""When a question asks for a summary: long documents are then read part by part."""

from __future__ import annotations

import re

_ASKS = re.compile(
    r"\W*(?:(?:please|bitte|can you|could you|give me|gib mir)\s+)*"
    r"(?:summari[sz]e\b|(?:an?|the|eine)\s+(?:\w+\s+){0,2}(?:summary|zusammenfassung)\b|fass\w*\b.*\bzusammen\b|"
    r"zusammenfassen\b|r[ée]sum(?:e|ez|er)\b|resum(?:e|ir|en)\b|总结|要約)",
    re.IGNORECASE,
)


def wants_summary(question: str) -> bool:
    """Whether `question` begins by asking for one, in some of the languages that people ask in."""
    return _ASKS.match(question) is not None


def summary_wanted(documents: int) -> str:
    """What is asked when there are documents and no words."""
    return "Summarise this document." if documents == 1 else "Summarise these documents."
