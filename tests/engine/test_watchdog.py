"""A model that goes in circles is noticed, and text that is regular on purpose is left alone."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from itertools import cycle, islice

import pytest
from tokenizers import Tokenizer

from engine.watchdog import LINE_PERIODS, MAX_PERIOD, MIN_PASSES, MIN_REPEATED, MIN_REPEATED_LINES, Watchdog
from tests.tokenizers import write_tiny_tokenizer

Encode = Callable[[str], list[int]]


@pytest.fixture(scope="module")
def encode(tmp_path_factory: pytest.TempPathFactory) -> Encode:
    folder = tmp_path_factory.mktemp("tokenizer")
    write_tiny_tokenizer(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return lambda text: list(tokenizer.encode(text, add_special_tokens=False).ids)


def noticed_after(tokens: Iterable[int], watchdog: Watchdog | None = None) -> int | None:
    """How many tokens were pushed until it went in circles, None if it never did."""
    watchdog = watchdog or Watchdog()
    return next((count for count, token in enumerate(tokens, 1) if watchdog.push(token)), None)


def prose(count: int, seed: int = 0) -> list[int]:
    """Tokens as irregular as text: frequent ones come often, none in a fixed order."""
    source = random.Random(seed)
    return [int(source.paretovariate(0.6)) % 5000 for _ in range(count)]


def needed(period: int) -> int:
    """How many tokens must repeat the ones `period` before them."""
    return MIN_REPEATED_LINES if period in LINE_PERIODS else max(MIN_REPEATED, (MIN_PASSES - 1) * period)


def plain_noticed_after(tokens: list[int]) -> int | None:
    """The obviously right twin: compare the end of the text with itself, shifted; the shortest period counts."""

    def repeats(period: int, length: int, count: int) -> bool:
        start = count - length
        return start >= period and tokens[start:count] == tokens[start - period : count - period]

    for count in range(1, len(tokens) + 1):
        for period in range(1, MAX_PERIOD + 1):
            if repeats(period, max(MIN_REPEATED, (MIN_PASSES - 1) * period), count):
                if repeats(period, needed(period), count):
                    return count
                break
    return None


@pytest.mark.parametrize("period", [1, 2, 3, 7, 8, 20, 63, 64, 65, 150, 200, 256])
def test_a_loop_is_noticed_as_soon_as_it_has_run_long_enough(period: int) -> None:
    before = prose(300, seed=period)
    loop = [token + 10_000 for token in prose(period, seed=1)]
    loop[0] = 99_999  # A token of its own, so that the period is this one and no shorter.
    assert noticed_after([*before, *islice(cycle(loop), 2000)]) == len(before) + period + needed(period)


def test_a_loop_far_into_a_long_answer_is_noticed() -> None:
    before = prose(20_000)
    assert noticed_after([*before, *islice(cycle([1, 2, 3]), 300)]) is not None


@pytest.mark.parametrize("seed", range(4))
def test_fast_path_equals_the_plain_twin(seed: int) -> None:
    source = random.Random(seed)
    tokens: list[int] = []
    while len(tokens) < 1500:
        loop = [source.randrange(3) for _ in range(source.choice([1, 2, 5, 30, 90]))]
        tokens += list(islice(cycle(loop), source.randrange(1, 350)))
    assert noticed_after(tokens) == plain_noticed_after(tokens)


def test_a_reset_forgets_the_loop() -> None:
    watchdog = Watchdog()
    assert noticed_after([5] * 500, watchdog) == MIN_REPEATED + 1
    watchdog.reset()
    assert noticed_after([5] * MIN_REPEATED, watchdog) is None


def test_a_paragraph_that_comes_again_and_again_is_noticed(encode: Encode) -> None:
    paragraph = "Wait, let me look at the picture again. The button is in the upper right corner, under the menu. "
    count = noticed_after(encode("The page margins are under Layout. " + paragraph * 30))
    assert count is not None
    assert count <= len(encode("The page margins are under Layout. " + paragraph * 3)) + 1


def test_a_stuck_word_and_a_stuck_line_are_noticed(encode: Encode) -> None:
    assert noticed_after(encode("The answer is the the" + " the" * 200)) is not None
    assert noticed_after(encode("- Click the button. \n" * 40)) is not None


TABLE = "\n".join(
    [
        "| " + " | ".join(["Month", "Rent", "Heat", "Water", "Sum"]) + " |",
        "|" + "---|" * 5,
        *(f"| {month:02d} | {900 + month} | {40 + month * 3} | 12 | {952 + month * 4} |" for month in range(1, 25)),
    ]
)
CODE = "\n".join(f"    self.button_{index}.clicked.connect(lambda: self._choose({index}))" for index in range(1, 17))
LIST = "\n".join(f"{index}. Open the page {index} and press the button **Next**." for index in range(1, 9))
MARKUP = "<ul>\n" + "\n".join(f'  <li class="item"><a href="/p/{n}">Page {n}</a></li>' for n in range(30)) + "\n</ul>"
RECORDS = [{"id": n, "name": f"user{n}", "active": True, "roles": ["reader"], "note": None} for n in range(20)]
LEGITIMATE = {
    "table": TABLE,
    "wide separator": "|" + " --- |" * 12 + "\n" + "|" + "     |" * 12,
    "code": CODE,
    "list": LIST,
    "markup": MARKUP,
    "json": json.dumps(RECORDS, indent=2),
    "boxes": json.dumps([{"bbox_2d": [n * 7, 100, n * 7 + 50, 140], "label": "button"} for n in range(20)]),
    "rule": "Title\n" + "-" * 40 + "\nText\n" + "=" * 40 + "\n",
    "spaces": "def f():\n" + " " * 40 + "pass\n",
    "googol": "1" + "0" * 100,
    "zeros": "\n".join("[" + ", ".join("0" * 10) + "]," for _ in range(10)),
    "empty table": "| A | B | C |\n|---|---|---|\n" + "|  |  |  |\n" * 20,
    "board": ("+---" * 4 + "+\n" + "|   " * 4 + "|\n") * 8,
    "equal lines": "print()\n" * 12,
    "quotation twice": "Margins are under Layout, then Page Setup, then Margins; choose Custom at the end. " * 2,
    "refrain": "\n".join(f"Verse {n} tells of another road.\nAnd the wind, the wind blows on.\n" for n in range(12)),
}


@pytest.mark.parametrize("name", LEGITIMATE)
def test_text_that_is_regular_on_purpose_is_left_alone(name: str, encode: Encode) -> None:
    assert noticed_after(encode(LEGITIMATE[name])) is None


def test_long_prose_is_left_alone() -> None:
    assert noticed_after(prose(20_000, seed=3)) is None
