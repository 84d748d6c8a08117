"""Keys by their names, as settings write them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

_MODIFIERS = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.MetaModifier,
)


@dataclass(frozen=True, slots=True)
class Chord:
    """One key with its modifiers, in Qt's words: on macOS ``Ctrl`` is the command key and ``Meta`` the control key.
    `text` is how the system writes it."""

    key: Qt.Key
    modifiers: tuple[Qt.KeyboardModifier, ...]
    text: str


def parse_chord(chord: str) -> Chord:
    """Read a chord like ``Ctrl+Alt+Escape``, or a key alone like ``Escape``.

    Raises:
        ValueError: no key is named, several are, or one that Qt does not know; a sentence for a person.
    """
    sequence = QKeySequence.fromString(chord, QKeySequence.SequenceFormat.PortableText)
    pressed = sequence[0] if sequence.count() == 1 else None  # type: ignore[index]  # Qt's stubs forget it.
    if pressed is None or pressed.key() == Qt.Key.Key_unknown:
        raise ValueError(f"“{chord}” is not one key with its modifiers. Write it like Ctrl+Alt+F.")
    held = tuple(modifier for modifier in _MODIFIERS if pressed.keyboardModifiers() & modifier)
    return Chord(pressed.key(), held, sequence.toString(QKeySequence.SequenceFormat.NativeText))
