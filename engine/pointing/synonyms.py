"""What a program calls the thing that somebody describes: ``resources/pointing/synonyms.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from engine import resources
from engine.pointing.language import language
from engine.pointing.words import Folded, fold


@dataclass(frozen=True, slots=True)
class _Concept:
    """What programs write on one kind of thing, and the words by which people describe it."""

    labels: Mapping[str, int]
    wordings: tuple[frozenset[str], ...]
    phrases: frozenset[str]


def meaning(label: Folded, name: Folded) -> float:
    """How surely a thing called `name` is what `label` describes, 0 to 1: 1 for a usual name of it."""
    best = 0.0
    for concept, certainty in _meant(label):
        if name.compact in concept.labels:
            # The first names are the usual ones.
            best = max(best, certainty - 0.004 * min(25, concept.labels[name.compact]))
        elif (
            name.words and any(fold(word).compact in concept.labels for word in name.words[:1]) and len(name.words) <= 3
        ):
            best = max(best, 0.86 * certainty)
    return best


def described(label: Folded) -> bool:
    """Whether `label` is a name or description of something that is known by others."""
    return bool(_meant(label))


@lru_cache(maxsize=1024)
def _meant(label: Folded) -> tuple[tuple[_Concept, float], ...]:
    content = frozenset(word for word in label.words if word not in language().fillers)
    found = []
    for concept in _concepts():
        if label.compact in concept.phrases:
            found.append((concept, 1.0))
        elif label.compact in concept.labels:
            # Who says a name means it: another name of the same is no more than a guess.
            found.append((concept, 0.76))
        elif any(words <= content for words in concept.wordings):
            longest = max(len(words) for words in concept.wordings if words <= content)
            found.append((concept, 0.98 if longest == len(content) else 0.8 if longest > 1 else 0.7))
        elif len(content) > 1 and any(word in concept.labels for word in (label.words[0], label.words[-1])):
            # "save the file", "die Datei speichern": a verb and what it is done to.
            found.append((concept, 0.78))
    return tuple(found)


@cache
def _concepts() -> tuple[_Concept, ...]:
    concepts = []
    for document in json.loads(resources.text("pointing/synonyms.json")).values():
        labels: dict[str, int] = {}
        for place, label in enumerate(document["labels"]):
            labels.setdefault(fold(label).compact, place)
        wordings = [fold(wording) for wording in document["wordings"]]
        contents = [frozenset(word for word in wording.words if word not in language().fillers) for wording in wordings]
        phrases = frozenset(wording.compact for wording in wordings)
        concepts.append(_Concept(labels, tuple(words for words in contents if words), phrases))
    return tuple(concepts)
