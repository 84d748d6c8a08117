"""Words as they are compared: what a label says without how it happens to be written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_LETTERS = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "…": "...",
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "\u00ad": "",
    }
)  # fmt: skip
_ACCELERATOR = re.compile(
    r"(?:\t.*|\s{2,}(?:(?:ctrl|strg|alt|shift|umschalt|cmd|meta|super|win|maj|mayús|option)\b\s?[+-]?|[⌘⌥⇧⌃]|F\d+$).*)$",
    re.IGNORECASE | re.DOTALL,
)
_TRAILING_KEY = re.compile(r"\s*\([&_]?[A-Z0-9]\)(?=\W*$)")
_MARKED = re.compile(r"(?<![&\w])[&_](?=[^\W_])")
"""Before the letter that chooses it; within a word it makes no difference to `Folded.compact`."""
_ENDS = " \t\n.:*\"'"
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*", re.UNICODE)
_LOOKALIKES = str.maketrans({"i": "l", "1": "l", "|": "l", "!": "l", "0": "o", "5": "s", "8": "b"})


@dataclass(frozen=True, slots=True)
class Folded:
    """A label as it is compared: `text` in small letters without marks, `words` of letters and digits, `compact` is all
    of them without what is between, or the signs where there is no letter (``+``)."""

    text: str
    words: tuple[str, ...]
    compact: str

    @property
    def lookalike(self) -> str:
        """What letters that a recogniser confuses have in common: l, I and 1, O and 0, rn and m."""
        return self.compact.replace("rn", "m").translate(_LOOKALIKES)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The words that have digits, which must be the same in what is the same."""
        return tuple(word for word in self.words if any(letter.isdigit() for letter in word))


@lru_cache(maxsize=8192)
def fold(text: str) -> Folded:
    """`text` without case, diacritics, ligatures, invisible characters, and signs at its ends."""
    plain = unicodedata.normalize("NFKC", text.translate(_LETTERS)).casefold()
    plain = unicodedata.normalize("NFKD", plain).translate(_LETTERS)
    plain = "".join(letter for letter in plain if unicodedata.category(letter) not in ("Mn", "Cf", "Co"))
    plain = " ".join(plain.split())
    words = tuple(_WORD.findall(plain))
    return Folded(plain.strip(_ENDS) or plain, words, "".join(words).replace("'", "") or plain.replace(" ", ""))


@lru_cache(maxsize=8192)
def spoken(name: str) -> str:
    """An element's name without what is not said of it: the key that chooses it (``&Save``, ``_Save``, ``保存(S)``) and
    the keys beside it (``Save\\tCtrl+S``)."""
    plain = _TRAILING_KEY.sub("", _ACCELERATOR.sub("", name))
    plain = _MARKED.sub("", plain).replace("&&", "&").strip()
    return plain or name.strip()


def is_elided(text: str) -> bool:
    """Whether a label ends in dots: it was cut, or opens a dialog."""
    return text.rstrip().endswith(("…", "..."))
