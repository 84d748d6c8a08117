"""What is answered by a place, and what is left to the model."""

from __future__ import annotations

import pytest

from app.pointing.asked import wanted_of


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Where is Save?", "Save"),
        ("where's the Save button", "the Save button"),
        ("Where do I find Page Style…?", "Page Style…"),
        ("Could you please show me the Cancel button?", "the Cancel button"),
        ("Show me where “Save as” is, please", "Save as"),
        ("find the gear icon at the top right", "the gear icon at the top right"),
        ("And where is Undo?", "Undo"),
        ("Wo ist Speichern?", "Speichern"),
        ("Wo finde ich bitte die Einstellungen?", "bitte die Einstellungen"),
        ("Zeig mir den Knopf Abbrechen", "den Knopf Abbrechen"),
        ("Kannst du mir zeigen, was das ist?", ""),
        ("Où est le bouton Enregistrer ?", "le bouton Enregistrer"),
        ("¿Dónde está Guardar?", "Guardar"),
        ("Dov'è Salva?", "Salva"),
        ("Onde fica o botão Salvar?", "o botão Salvar"),
        ("Waar is de knop Opslaan?", "de knop Opslaan"),
    ],
)
def test_where_something_is(question: str, wanted: str) -> None:
    assert wanted_of(question) == wanted


@pytest.mark.parametrize(
    "question",
    [
        "",
        "Save?",
        "What is this?",
        "How do I change the page margins?",
        "Where do I change the page margins?",
        "Show me how to change the margins",
        "Where is Save, and what does it do?",
        "Where is Save? And how do I undo?",
        "Find the error.\nIt crashes every time.",
        "Find out why this program says that my disk is full although I have deleted everything",
        "Findings of the report",
        "Showcase",
        "wohin damit",
    ],
)
def test_other_questions_are_for_the_model(question: str) -> None:
    assert wanted_of(question) == ""
