"""When a question asks where something is, and what that is: in the languages that people ask in most."""

from __future__ import annotations

import re

MOST_WORDS = 9
"""Of what is looked for. More than that is a question of another kind."""

_FRAMES = (
    # English
    r"where\s+(?:is|are)|where['’]?s|where\s+(?:do|can)\s+i\s+(?:find|click\s+(?:for|on))|find(?:\s+me)?|locate|"
    r"show(?:\s+me)?(?:\s+where)?|point\s+(?:me\s+)?(?:at|to|out)|highlight|look\s+for|i(?:['’]m|\s+am)\s+looking\s+for|"
    # German
    r"wo\s+(?:ist|sind|steht|finde\s+ich|finden\s+sich|befindet\s+sich)|zeige?n?\s*(?:sie\s+)?mir(?:\s*,?\s*wo)?|"
    r"finde|suche(?:\s+nach)?|ich\s+suche|"
    # French
    r"o[ùu]\s+(?:est|sont|se\s+trouvent?|(?:puis-je|je\s+peux)\s+trouver)|montre[zr]?-?\s?moi(?:\s+o[ùu])?|trouve[zr]?|"
    r"je\s+cherche|"
    # Spanish
    r"d[óo]nde\s+(?:est[áa]n?|encuentro|puedo\s+encontrar)|mu[ée]strame(?:\s+d[óo]nde)?|ens[ée][ñn]ame|encuentra|busco|"
    # Italian
    r"dov['’]\s?[èe]|dove\s+(?:[èe]|sono|trovo|si\s+trova(?:no)?)|mostrami(?:\s+dove)?|fammi\s+vedere|trova|cerco|"
    # Portuguese
    r"onde\s+(?:est[áa]|est[ãa]o|fica|ficam|encontro|posso\s+encontrar)|mostr[ae]-me(?:\s+onde)?|me\s+mostr[ae]|encontre|"
    r"procuro|"
    # Dutch
    r"waar\s+(?:is|zijn|staa?t?|vind\s+ik)|toon(?:\s+mij)?|laat\s+(?:me\s+)?zien(?:\s+waar)?|zoek(?:\s+naar)?|ik\s+zoek"
)
_POLITE = (
    r"please|bitte|kindly|s['’]il\s+(?:te|vous)\s+pla[iî]t|por\s+favor|per\s+favore|alstublieft|alsjeblieft|"
    r"(?:can|could|would)\s+you|kannst\s+du|k[öo]nnen\s+sie|peux-tu|pouvez-vous|puedes|puoi|pode|kun\s+je"
)
_ASKS = re.compile(
    rf"[\s¿¡]*(?:(?:and|und|et|y|e|en)\s+)?(?:(?:{_POLITE})[\s,]+)*(?:{_FRAMES})\b[\s:]*(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)
_AROUND = " \t.?!,;:¿¡\"'“”„«»‹›‘’"
_BEHIND = re.compile(
    rf"(?:[\s,]+(?:{_POLITE}|here|hier|ici|aqu[íi]|qui|on\s+(?:the|this|my)\s+(?:screen|picture|page|window)|"
    r"auf\s+(?:dem|diesem)\s+(?:bildschirm|bild)|is|are|ist|sind|est|est[áa]|[èe]))+$",
    re.IGNORECASE,
)
_ANOTHER_QUESTION = re.compile(
    # It begins with one ("show me how to save"), or one follows ("where is it, and what does it do").
    r"(?:^|(?:,|\band\b|\bund\b|\bet\b|\by\b|\be\b|\ben\b)\s*)"
    r"(?:how|why|what|when|which|who|wie|warum|was|wann|welche[rsn]?|comment|pourquoi|quand|c[óo]mo|cu[áa]ndo|come|"
    r"perch[ée]|quando|como|quem|hoe|waarom|wat)\b",
    re.IGNORECASE,
)


def wanted_of(question: str) -> str:
    """What `question` asks the place of, as it was written there; ``""`` when it asks something else."""
    asked = _ASKS.match(question.strip())
    if asked is None:
        return ""
    rest = asked["rest"].strip(_AROUND)
    # A second sentence or line says more than a place can answer.
    if "\n" in rest or re.search(r"[?!]\s|[.;]\s+\w", rest) or _ANOTHER_QUESTION.search(rest):
        return ""
    wanted = _BEHIND.sub("", rest).strip(_AROUND)
    return wanted if len(wanted.split()) <= MOST_WORDS else ""
