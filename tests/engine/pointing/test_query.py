"""A word is read both as part of a label and as the name of a kind; labels stay as they were said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pointing.query import Reading, understand
from engine.pointing.words import fold, spoken


def reading(said: str, **wanted: object) -> Reading:
    """The reading that has all that is wanted; fails where there is none."""
    readings = understand(said)
    fitting = [one for one in readings if all(getattr(one, name) == value for name, value in wanted.items())]
    assert fitting, readings
    return fitting[0]


@pytest.mark.parametrize(
    ("said", "label", "role"),
    [
        ("the Save button", "Save", "button"),
        ("Speichern-Knopf", "Speichern", "button"),
        ("wo ist die Schaltfläche „Speichern unter“?", "Speichern unter", "button"),
        ("l'onglet Fichier", "Fichier", "tab"),
        ("la casilla Recordarme", "Recordarme", "check_box"),
        ("il pulsante Annulla", "Annulla", "button"),
        ("o botão Guardar", "Guardar", "button"),
        ("de knop Opslaan", "Opslaan", "button"),
        ("knappen Avbryt", "Avbryt", "button"),
        ("show me the C++ tab", "C++", "tab"),
    ],
)
def test_kinds_in_many_languages(said: str, label: str, role: str) -> None:
    reading(said, label=label, role=role)


def test_what_was_said_as_it_stands_comes_first() -> None:
    assert understand("Menu bar settings")[0].label == "Menu bar settings"
    assert understand("First name")[0] == Reading("First name")
    assert understand("Find")[0].label == "Find"
    assert understand("+") == (Reading("+"),)


def test_places_neighbours_and_counts() -> None:
    assert reading("the close button at the top right", label="close", role="button").zones == ("top right",)
    assert reading("third row", label="").ordinal == 3
    assert reading("row 3", label="").ordinal == 3
    assert reading("letzte Zeile", label="").ordinal == -1
    (relation,) = reading('"Delete" left of "Cancel"', label="Delete").relations
    assert (relation.way, relation.anchors) == ("left", ('"Cancel"',))
    (relation,) = reading("zwischen OK und Abbrechen", label="").relations
    assert (relation.way, relation.anchors) == ("between", ("OK", "Abbrechen"))


@given(st.text(max_size=60))
def test_anything_can_be_said(said: str) -> None:
    for one in understand(said):
        assert 0 < one.weight <= 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("&Save", "save"),
        ("_Save", "Save"),
        ("Save\tCtrl+S", "SAVE"),
        ("保存(&S)", "保存"),
        ("Größe:", "grosse"),
        ("ﬁle…", "File..."),
    ],
)
def test_how_a_name_is_written_makes_no_difference(name: str, said: str) -> None:
    assert fold(spoken(name)).compact == fold(said).compact
