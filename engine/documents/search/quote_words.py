"""Text as quotes are compared: words without case, accents of typography, hyphenation and punctuation, each with its
place; and what may differ between a quote and the page without a difference in what is said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from engine.documents.search.words import UNSPACED, fold

_TOKEN = re.compile(
    r"(?P<number>(?:(?<![^\W_])[-−–])?\d+(?:[.,:/'’\u00a0\u202f\u2009]\d+)*)"
    rf"|(?P<sign>[%‰€$£¥°<>≤≥±§])|(?P<unspaced>[{UNSPACED}])"
    rf"|(?P<word>(?:(?![{UNSPACED}])(?:[^\W\d_]|[\u0300-\u036f\u00ad\u0900-\u0dff]))+"
    r"(?:(?:[-\u00ad\u2010]\s*\n\s*|['’])[^\W\d_]+)*)"
)
_BROKEN = re.compile(r"[-\u00ad\u2010]\s*\n\s*|\u00ad")
_DOUBLED = re.compile(r"(.)\1")
_THIN = re.compile(r"[\u00a0\u202f\u2009]")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEGATIONS = _words("""
    not no nor none never neither nobody nothing nowhere cannot without except unless hardly only
    nicht kein keine keinem keinen keiner keines nie niemals niemand nichts ohne weder außer ausser kaum nur
    ne non pas jamais sans aucun aucune rien ni sauf n'est
    nunca jamás sin ningún ninguna ninguno nadie nada tampoco salvo sólo solo
    mai senza nessuno nessuna niente não nem nunca sem nenhum nenhuma niet geen nooit zonder
    inte ingen aldrig ikke nie bez не нет ни без никогда
    不 没 沒 無 无 非 未 勿 莫 否 안 못
""")
"""Words that turn a sentence into its opposite, or bound it. They must be the same, in the same order."""
_NEGATING = ("un", "in", "im", "il", "ir", "non", "dis", "miss", "nicht", "des", "dés")
_JAPANESE_NEGATION = re.compile("な[いくかけし]|ませ[んぬ]|ず[、。にと]|ぬ[。、]")
SMALL = _words("""
    a an the that der die das den dem des ein eine einen einem einer le la les l un une el los las del lo il gli i o os
    as het een
""")
"""Words that a quote may have too many or too few of, or one for the other."""
INFLECTIONS = frozenset(("s", "es", "d", "ed", "n", "en", "e", "em", "m", "x"))
"""What one of two words may have more than the other at its end."""
ALIKE = 0.8
"""How like each other words must be where a page was recognised from a picture, which misreads letters."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, sign or character of `text`, as compared, and ``text[start:end]`` it stands at."""

    word: str
    start: int
    end: int
    exact: bool
    """A number or sign, which nothing may stand for but itself."""


def tokens(text: str) -> list[Token]:
    """The words of `text` in order."""
    found = list[Token]()
    for match in _TOKEN.finditer(text):
        raw = match.group()
        if match["number"]:
            # A dash before a number is a sign only where nothing stands before it that it would join.
            start = match.start()
            if raw[0] in "-−–" and text[start - 1 : start].strip() not in ("", "("):
                raw, start = raw[1:], start + 1
            word = _THIN.sub("", raw).replace("−", "-").replace("–", "-").replace("’", "'")
            found.append(Token(word, start, match.end(), exact=True))
        else:
            plain = unicodedata.normalize("NFKC", _BROKEN.sub("", raw)).casefold().replace("’", "'")
            if plain:
                exact = bool(match["sign"]) or any(char.isdigit() for char in plain)
                found.append(Token(plain, match.start(), match.end(), exact))
    return found


def joined(words: Sequence[Token]) -> tuple[str, list[int]]:
    """All words without blanks, since a page's text loses some and hyphens split words; numbers stand apart. With it,
    where each word begins, and the end."""
    pieces, starts, at = list[str](), list[int](), 0
    for token in words:
        piece = f"\x1f{token.word}\x1f" if token.exact else token.word.replace("'", "")
        starts.append(at)
        pieces.append(piece)
        at += len(piece)
    return "".join(pieces), [*starts, at]


def same_facts(quote: Sequence[Token], page: Sequence[Token]) -> bool:
    """Whether numbers, signs and negations are the same in both, in the same order."""
    if [token.word for token in quote if token.exact] != [token.word for token in page if token.exact]:
        return False
    if _negations(quote) != _negations(page):
        return False
    return _japanese_negations(quote) == _japanese_negations(page)


def same_word(quote: str, page: str, recognised: bool) -> bool:
    """Whether `quote` may stand for `page`: without its accents, in another inflection, with a letter doubled or not,
    and where the page was recognised with another letter; never for its opposite."""
    one, other = fold(quote), fold(page)
    if one == other:
        return True
    if recognised and one in SMALL and OSA.distance(one, other) <= 1:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) < 4 or any(long == prefix + short for prefix in _NEGATING):
        return False
    if long.startswith(short) and long[len(short) :] in INFLECTIONS and not long.endswith("ee"):
        return True
    if _DOUBLED.sub(r"\1", one) == _DOUBLED.sub(r"\1", other):
        return True
    return recognised and OSA.normalized_similarity(one, other) >= ALIKE


def _negations(words: Sequence[Token]) -> list[str]:
    return [
        "not" if token.word.endswith(("n't", "nt")) and "'" in token.word else token.word
        for token in words
        if token.word in NEGATIONS or token.word.endswith("n't")
    ]


def _japanese_negations(words: Sequence[Token]) -> list[str]:
    return _JAPANESE_NEGATION.findall("".join(token.word for token in words))
