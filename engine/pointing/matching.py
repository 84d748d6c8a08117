"""How well the words of a query and those on the screen go together, 0 to 1."""

from __future__ import annotations

from rapidfuzz.distance import OSA

from engine.pointing.synonyms import meaning
from engine.pointing.words import Folded

EXACT = 1.0
SURE = 0.9
"""From here on both say the same, but for how it is written."""
LEAST = 0.55
"""Below this nothing is pointed at."""
_COMPACT, _LOOKALIKE = 0.97, 0.93
_MISREAD = 0.88
_SYNONYM = 0.8
_UNDERLINED = frozenset({"fe", "ef", "ti", "tl", "oq", "cg", "pr", "vy", "il", "li", "bd"})
"""What a capital looks like that is underlined, as the letter that chooses a menu is."""
_ICONS = frozenset("0123456789qocdx")
"""What icons before a text are read as."""


def likeness(label: Folded, name: Folded, *, elided: bool = False) -> float:
    """How well `name`, which stands on the screen, is what `label` asks for. `elided`: the name ends in dots."""
    if not label.compact or not name.compact:
        return 0.0
    if label.text == name.text:
        return EXACT
    if label.compact == name.compact:
        return _COMPACT
    if label.lookalike == name.lookalike:
        return _LOOKALIKE
    if _misread(label, name):
        return _MISREAD
    return max(_part(label, name, elided=elided), _misspelt(label, name), _SYNONYM * meaning(label, name))


def _part(label: Folded, name: Folded, *, elided: bool) -> float:
    """One is the beginning of the other, or its words are among the other's."""
    asked, there = label.words, name.words
    if not asked or not there:
        return 0.0
    share = len(label.compact) / len(name.compact)
    if there[: len(asked)] == asked:
        return 0.62 + 0.26 * share
    if elided and len(name.compact) >= 4 and label.compact.startswith(name.compact):
        return 0.86
    if len(label.compact) >= 4 and name.compact.startswith(label.compact):
        return 0.5 + 0.3 * share
    if set(asked) <= set(there) and (len(asked) > 1 or len(asked[0]) > 2):
        return 0.45 + 0.35 * share
    if asked[: len(there)] == there and len(there) > 1:
        return 0.4 + 0.4 / share
    return 0.0


def _misread(label: Folded, name: Folded) -> bool:
    """Whether a recogniser has read an underlined first letter as another, or an icon as a letter before the text."""
    asked, there = label.compact, name.compact
    if len(asked) >= 3 and there[0] in _ICONS and there[1:] == asked:
        return True
    return len(asked) >= 4 and asked[1:] == there[1:] and asked[0] + there[0] in _UNDERLINED


def _misspelt(label: Folded, name: Folded) -> float:
    """The same but for a letter or two. Another number, short word or beginning (``un``, ``de``) is another thing."""
    if label.numbers != name.numbers:
        return 0.0
    pairs = (
        list(zip(label.words, name.words, strict=True))
        if len(label.words) == len(name.words)
        else [(label.compact, name.compact)]
    )
    total = 0
    for asked, there in pairs:
        if asked == there:
            continue
        length = max(len(asked), len(there))
        most = 0 if length < 6 else 1 if length < 9 else 2
        distance = OSA.distance(asked, there, score_cutoff=most)
        if distance > most or asked[0] != there[0] or asked.endswith(there) or there.endswith(asked):
            return 0.0
        total += distance
    return 0.88 - 0.5 * total / len(label.compact) if total else 0.0
