"""The binding keeps Python's own constants alive.

PySide6 6.12.0 loses one reference at each call that returns None, True or False: harmless from Python 3.12 on, where
they are immortal, but on 3.11 the window is killed ("deallocating True or False") after some hundred signals.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal

CALLS = 100


class _Speaker(QObject):
    said = Signal()


def test_a_signal_and_a_plain_call_lose_no_reference(qapp: object) -> None:
    speaker = _Speaker()
    before = sys.getrefcount(True), sys.getrefcount(None)
    for _ in range(CALLS):
        speaker.said.emit()
        speaker.setObjectName("speaker")
    after = sys.getrefcount(True), sys.getrefcount(None)
    assert all(now > then - CALLS // 2 for then, now in zip(before, after, strict=True))
