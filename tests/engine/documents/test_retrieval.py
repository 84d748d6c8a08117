"""A question finds the page that answers it, in several languages and documents, without a model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.documents.document import Document, Page, Span
from engine.documents.search.index import Index
from engine.documents.search.meaning import Meaning
from engine.documents.search.question import Sought, analyse
from engine.documents.search.retrieval import joined, search
from engine.documents.search.words import fold, number, words
from engine.protocol import PassageFound
from tests.retrieval_set import indexes, questions

Build = Callable[..., Index]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Index]]:
    found = indexes(tmp_path_factory.mktemp("known"))
    yield found
    for index in found.values():
        index.close()


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    built = list[Index]()

    def make(*pages: str) -> Index:
        made = tuple(Page(at, (Span(text),)) for at, text in enumerate(pages, 1))
        digest = hashlib.sha256("\f".join(pages).encode()).hexdigest()
        built.append(Index.build(tmp_path, digest, Document("text", "", "page", made)))
        return built[-1]

    yield make
    for index in built:
        index.close()


def test_the_right_page_is_among_the_first_five_for_nine_of_ten_questions(known: dict[str, Index]) -> None:
    asked = questions()
    assert len(asked) >= 200
    right = sum(
        any(one.page == asking.page for one in search([(asking.document, known[asking.document])], asking.question, 5))
        for asking in asked
    )
    assert right / len(asked) >= 0.9


def test_one_question_to_all_documents_finds_the_right_one(known: dict[str, Index]) -> None:
    asked, everything = questions(), list(known.items())
    right = sum(
        (asking.document, asking.page) in {(one.name, one.page) for one in search(everything, asking.question, 5)}
        for asking in asked
    )
    assert right / len(asked) >= 0.8


@pytest.mark.parametrize(
    ("question", "page"),
    [
        ("Kündigungsfristen", 1),
        ("die Frist der Kündigung", 1),
        ("Waschmaschinenfilter", 2),
        ("gekündigt", 1),
        ("Maschinen reinigen", 2),
        ("kundigungsfrist", 1),
        ("Kündigungsfirst", 1),
        ("AZ-4711/3", 3),
        ("az 4711 3", 3),
        ("1500 Euro", 4),
        ("1,500.00", 4),
        ("保修期多长", 5),
        ("修", 5),
        ("保証期間はいつまで", 6),
        ("보증 기간", 7),
        ("гарантия", 8),
        ('"bleibt im Keller"', 9),
    ],
)
def test_words_are_found_in_other_forms(build: Build, question: str, page: int) -> None:
    index = build(
        "Die Kündigungsfrist beträgt drei Monate.",
        "Der Filter der Waschmaschine wird monatlich gereinigt.",
        "Aktenzeichen AZ-4711/3 ist anzugeben. Nicht 3/4711.",
        "Der Preis ist 1.500 Euro.",
        "整机保修期为三年。",
        "この製品の保証期間は一年です。",
        "보증기간은 구입일로부터 2년입니다.",
        "Срок гарантии составляет два года.",
        "Das Rad bleibt im Keller.",
        "Im Keller bleibt das Rad, und im Keller ist Licht. Im Keller bleibt es kühl.",
    )
    found = search([("a", index)], question, 3)
    assert found
    assert found[0].page == page


def test_scores_of_a_short_and_a_long_document_can_be_compared(build: Build) -> None:
    long = build(*(f"The lease of flat {at} says nothing of animals. Rent is due monthly." for at in range(60)))
    short = build("Dogs and cats may be kept in the flat. Rent is due monthly.")
    for documents in ([("long", long), ("short", short)], [("short", short), ("long", long)]):
        found = search(documents, "May I keep dogs in my flat?", 3)
        assert found[0].name == "short"
        assert found[0].score > found[1].score > 0


def test_a_question_of_nothing_but_function_words_is_asked_all_the_same(build: Build) -> None:
    index = build("To be or not to be, that is the question.", "Alas, poor Yorick, a fellow of infinite jest.")
    assert search([("a", index)], "to be or not to be")[0].page == 1
    assert search([("a", index)], "?!") == []
    assert search([], "anything") == []


def test_neighbours_are_joined_without_what_they_repeat(build: Build) -> None:
    index = build("The pump is old. " * 40 + "The valve is new. " * 60)
    found = search([("a", index)], "pump valve", 10)
    assert len(found) > 1
    (whole,) = joined(found)
    assert (whole.number, whole.score) == (1, found[0].score)
    assert whole.text.count("pump") == 40
    assert whole.text.count("valve") == 60


def test_passages_that_do_not_touch_stay_apart() -> None:
    def passage(number: int, page: int, score: float, text: str) -> PassageFound:
        return PassageFound("d", "n", number, page, "", "", text, (), score)

    apart = [passage(5, 2, 3.0, "a"), passage(3, 1, 2.0, "b"), passage(1, 1, 1.0, "c"), passage(4, 2, 0.5, "x")]
    assert [(one.number, one.score) for one in joined(apart)] == [(4, 3.0), (3, 2.0), (1, 1.0)]
    rows = joined([passage(1, 1, 1.0, "Item | Price\nscrew | 1"), passage(2, 1, 2.0, "Item | Price\nnail | 2")])
    assert rows[0].text == "Item | Price\nscrew | 1\nnail | 2"


def test_what_a_question_looks_for() -> None:
    assert [one.words for one in analyse("What is the deposit for the flat?")] == [("deposit",), ("flat",)]
    assert [one.words for one in analyse("Wie hoch ist die Kaution?")] == [("hoch",), ("kaution",)]
    assert Sought(("rx", "7400", "b"), 2.0) in analyse("price of RX-7400B")
    assert Sought(("force", "majeure"), 2.0) in analyse('Where does it say "force majeure"?')


def test_numbers_and_letters_have_one_form() -> None:
    assert number("1.500,00") == number("1,500") == number("1500") == "1500"
    assert number("2,5") == number("2.5") == "2.5"
    assert number("01.05.2024") == "01.05.2024"
    assert fold("Größe ÉTÉ ﬁn") == "grosse ete fin"
    assert words("保修期 20kg") == ["保修", "修期", "20", "kg"]


def test_meaning_puts_what_is_said_in_other_words_first(build: Build) -> None:
    meaning = Meaning.load()
    if meaning is None:
        pytest.skip("wordllama is not installed")
    pages = (
        "Please hand in the key of the canteen at the gate when leaving.",
        "Please hand in a certificate by a physician at the gate when ill.",
    )
    question = "Where do I hand in what the doctor wrote because I am sick?"
    canteen, physician = meaning.nearness(question, pages)
    assert physician > canteen
    index = build(*pages)
    plain, ordered = search([("a", index)], question, 2), search([("a", index)], question, 2, meaning)
    assert ordered[0].page == 2
    assert ordered[0].score - ordered[1].score > plain[0].score - plain[1].score
    assert search([("a", index)], "", 3, meaning) == []
    assert meaning.nearness("", ["", "a"]) == [0, 0]


def test_without_the_vectors_the_search_goes_by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.documents.search.meaning.PACKAGE", "a_package_that_is_not_there")
    assert Meaning.load() is None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=120))
def test_no_question_brings_the_search_down(known: dict[str, Index], question: str) -> None:
    found = search([("handbook", known["handbook"]), ("doorlock", known["doorlock"])], question, 7)
    assert len(found) <= 7
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
