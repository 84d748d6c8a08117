"""Words as the search sees them: without accents and case, cut out of any script, and the stem of their inflections."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from engine.documents.search.function_words import FUNCTION_WORDS

# Scripts that put no blank between words, and Hangul, whose endings are written on.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff々〆"
)
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u00ad\u200b-\u200f]+")
_TOKEN = re.compile(
    rf"(?P<number>\d+(?:[.,]\d+)*)|(?P<unspaced>[{UNSPACED}]+)|(?:(?![{UNSPACED}])(?:[^\W\d_]|[\u0900-\u0dff]))+"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d+)?")
_HIRAGANA = re.compile("[\u3040-\u309f]")

# What inflection and derivation put on a word, folded: longest first, each with how much must be left of the word.
_SUFFIXES: Mapping[str, tuple[tuple[str, int], ...]] = {
    "en": (
        ("ations", 4), ("ation", 4), ("ements", 4), ("ments", 3), ("ement", 4), ("ating", 4), ("ment", 3),
        ("ness", 4), ("ated", 4), ("ates", 4), ("ator", 4), ("ions", 4), ("ings", 3), ("ity", 4), ("ies", 3),
        ("ied", 3), ("ion", 4), ("ing", 3), ("ate", 4), ("ers", 4), ("ors", 4), ("ees", 4), ("als", 4), ("al", 4),
        ("er", 4), ("or", 4), ("ee", 4), ("es", 3), ("ed", 3), ("ly", 3), ("y", 3), ("e", 3), ("s", 3),
    ),
    "de": (
        ("igungen", 4), ("ungen", 4), ("heiten", 4), ("keiten", 4), ("igung", 4), ("lichen", 4), ("licher", 4),
        ("ung", 4), ("heit", 4), ("keit", 4), ("lich", 4), ("igen", 4), ("iger", 4), ("ige", 4), ("ern", 4),
        ("ten", 4), ("end", 4), ("est", 4), ("ens", 4), ("ig", 4), ("te", 4), ("em", 3), ("er", 3), ("en", 3),
        ("es", 3), ("et", 4), ("st", 4), ("e", 3), ("n", 3), ("s", 3), ("t", 4),
    ),
    "fr": (
        ("issements", 4), ("issement", 4), ("ations", 4), ("ements", 4), ("ation", 4), ("ement", 4), ("ions", 4),
        ("euses", 4), ("euse", 4), ("eurs", 4), ("ites", 4), ("ives", 4), ("ion", 4), ("eur", 4), ("ite", 4),
        ("ive", 4), ("ifs", 4), ("ees", 4), ("ant", 4), ("ent", 4), ("ait", 4), ("ir", 4), ("if", 4), ("ee", 4),
        ("es", 3), ("er", 3), ("ez", 3), ("al", 4), ("aux", 3), ("it", 4), ("e", 3), ("s", 3), ("x", 3),
    ),
    "es": (
        ("amientos", 4), ("amiento", 4), ("imiento", 4), ("aciones", 4), ("idades", 4), ("adores", 4), ("acion", 4),
        ("iones", 4), ("idad", 4), ("ador", 4), ("ando", 4), ("iendo", 4), ("ados", 4), ("adas", 4), ("idos", 4),
        ("idas", 4), ("ion", 4), ("ado", 4), ("ada", 4), ("ido", 4), ("ida", 4), ("aje", 4), ("ar", 3), ("er", 3),
        ("ir", 3), ("an", 4), ("en", 4), ("os", 3), ("as", 3), ("es", 3), ("o", 3), ("a", 3), ("e", 3), ("s", 3),
    ),
    "": (
        ("azioni", 4), ("azione", 4), ("acoes", 4), ("ingen", 4), ("ions", 4), ("ing", 4), ("ion", 4), ("are", 4),
        ("ere", 4), ("ire", 4), ("en", 3), ("er", 4), ("es", 3), ("em", 4), ("ar", 4), ("ir", 4), ("os", 3),
        ("as", 3), ("e", 3), ("a", 3), ("i", 3), ("o", 3), ("s", 3), ("y", 3), ("n", 4), ("t", 4),
    ),
}  # fmt: skip


def fold(text: str) -> str:
    """`text` in small letters, without accents and invisible marks, with one form of each character."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold())))


def words(text: str) -> list[str]:
    """The words to search by, in order. Numbers have one spelling whatever separates their thousands; letters are
    parted from digits; scripts without blanks give pairs of neighbouring characters."""
    found = list[str]()
    for match in _TOKEN.finditer(fold(text)):
        token = match.group()
        if match["number"]:
            found.append(number(token))
        elif match["unspaced"]:
            found += pairs(token)
        else:
            found.append(token)
    return found


def pairs(run: str) -> Iterator[str]:
    """All pairs of neighbours in `run`, or the one character that it is."""
    if len(run) == 1:
        yield run
    for index in range(len(run) - 1):
        yield run[index : index + 2]


def number(token: str) -> str:
    """``"1.500,00"``, ``"1,500"`` and ``"1500"`` are one number, and so are ``"2,5"`` and ``"2.5"``."""
    if _THOUSANDS.fullmatch(token):
        mark = next(char for char in token if char in ".,")
        token = token.replace(mark, "")
    token = token.replace(",", ".")
    whole, point, rest = token.partition(".")
    return whole if point and rest in ("0", "00") else token


def is_unspaced(word: str) -> bool:
    """Whether `word` is of a script that puts no blanks between words."""
    return bool(re.match(f"[{UNSPACED}]", word))


def has_hiragana(word: str) -> bool:
    """Whether `word` has Hiragana in it, which write what Japanese grammar needs rather than what a text is about."""
    return _HIRAGANA.search(word) is not None


def stem(word: str, language: str) -> str:
    """What `word` shares with its inflections in `language` (``"en"``, ``"de"``, ..., ``""`` for any)."""
    if not word.isalpha() or is_unspaced(word):
        return word
    if not word.isascii():
        return word[: max(4, len(word) - 2)]
    for suffix, left in _SUFFIXES.get(language, _SUFFIXES[""]):
        if word.endswith(suffix) and len(word) - len(suffix) >= left:
            word = word[: -len(suffix)]
            break
    # "running" and "run", "fassen" and "fasst"; "kündigen" and "Kündigung" are equal by now.
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def guess_language(counts: Mapping[str, int]) -> str:
    """The language of a text by how often it says which words, ``""`` where none stands out."""
    scores = {
        language: sum(counts.get(word, 0) for word in words if len(word) > 1)
        for language, words in FUNCTION_WORDS.items()
    }
    best = max(scores, key=lambda language: scores[language])
    return best if scores[best] else ""
