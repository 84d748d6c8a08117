from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from app.hotkeys.chord import parse_chord


def test_a_chord_is_a_key_with_its_modifiers(qapp) -> None:
    chord = parse_chord("Ctrl+Alt+Escape")
    assert chord.key == Qt.Key.Key_Escape
    assert set(chord.modifiers) == {Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier}
    assert parse_chord("Escape").modifiers == ()


@pytest.mark.parametrize("text", ["", "Ctrl+Foo", "A, B", "Hyper+Q"])
def test_what_is_no_chord_is_refused_with_a_sentence(qapp, text: str) -> None:
    with pytest.raises(ValueError, match="Write it like"):
        parse_chord(text)
