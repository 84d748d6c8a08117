"""After a capture the window is back as it was and has the keyboard: on a real window manager."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.xvfb import virtual_screen, x11_environment

SCRIPT = """
import json
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from app.ui.front import bring_to_front

application = QApplication([])
window = QWidget()
window.setGeometry(120, 90, 400, 300)

def there_and_back(hidden):
    window.hide()
    QTest.qWait(hidden)
    bring_to_front(window)
    QTest.qWait(400)  # what the window manager makes of it comes in several events
    return {
        "place": list(window.geometry().getRect()), "active": window.isActiveWindow(),
        "maximised": window.isMaximized(), "minimised": window.isMinimized(),
    }

window.show()
QTest.qWaitForWindowActive(window, 10_000)
found = {f"hidden for {hidden} ms": there_and_back(hidden) for hidden in (0, 40, 80, 300)}
window.showMinimized()
QTest.qWait(200)
found["minimised"] = there_and_back(100)
window.showMaximized()
QTest.qWait(200)
found["maximised"] = there_and_back(100)
print(json.dumps(found))
"""


@pytest.mark.x11
def test_the_window_is_back_as_it_was_with_the_keyboard(tmp_path: Path) -> None:
    with virtual_screen(tmp_path, 1280, 900) as display:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=x11_environment(display), capture_output=True, text=True, check=True
        )
    found = json.loads(done.stdout)
    maximised = found.pop("maximised")
    assert (maximised["place"][2], maximised["active"], maximised["maximised"]) == (1280, True, True)
    # Minimised while a delay ran: the picture is for a question, which is typed here.
    back = {"place": [120, 90, 400, 300], "active": True, "maximised": False, "minimised": False}
    assert found == dict.fromkeys(found, back)
