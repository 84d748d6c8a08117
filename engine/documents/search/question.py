"""What a question looks for: its words, each with what it is worth, and what must stand together."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from engine.documents.search.function_words import CJK_FUNCTION_WORDS, FUNCTION_WORDS
from engine.documents.search.words import fold, guess_language, has_hiragana, is_unspaced, words

_QUOTED = re.compile(r"[\"“”„«»「」『』]([^\"“”„«»「」『』]{2,})[\"“”„«»「」『』]")
_TOGETHER = re.compile(r"(?=\S*\d)[^\W_]+(?:[-./_:§]?[^\W_]+)+")
_CJK_FUNCTION = re.compile("|".join(map(re.escape, CJK_FUNCTION_WORDS)))

NUMBER = 1.5
"""What a number is worth: whoever gives one means exactly this one."""
PHRASE = 2.0
"""What words are worth that the question puts in quotation marks, and those of a part number, over each by itself."""
GRAMMAR = 0.25
"""What a pair of characters is worth that Japanese grammar needs."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Something that passages are to say: a word, or several that must follow each other."""

    words: tuple[str, ...]
    worth: float = 1.0


def analyse(question: str) -> list[Sought]:
    """What to look for, each once. Words that only ask are left out, unless there are no others."""
    phrases = [tuple(words(match.group(1))) for match in _QUOTED.finditer(question)]
    phrases += [tuple(words(match.group())) for match in _TOGETHER.finditer(question)]
    plain = words(_CJK_FUNCTION.sub(" ", fold(question)))
    grammar = FUNCTION_WORDS.get(guess_language(Counter(plain)), frozenset())
    meant = [word for word in plain if word not in grammar and not _is_letter(word)]
    sought = [Sought((word,), _worth(word)) for word in dict.fromkeys(meant or plain or words(question))]
    sought += [Sought(phrase, PHRASE) for phrase in dict.fromkeys(phrases) if len(phrase) > 1]
    return sought


def _worth(word: str) -> float:
    if any(char.isdigit() for char in word):
        return NUMBER
    return GRAMMAR if has_hiragana(word) else 1.0


def _is_letter(word: str) -> bool:
    """A single letter, as an apostrophe leaves behind."""
    return len(word) == 1 and word.isalpha() and not is_unspaced(word)
