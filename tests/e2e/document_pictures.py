"""Makes the pictures of docs/documents.md by using the real program on a virtual desktop.

    python tests/e2e/document_pictures.py

The answer is written by hand, through the scripted back end; that its quote is in the document is found out by the
program itself.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.e2e.lease import CLAUSE, QUESTION, write_lease
from tests.e2e.pictures import PICTURES, client_area, save
from tests.e2e.program import Program
from tests.scripted import answer, make_scripted, say
from tests.xvfb import virtual_screen, xdotool

ANSWER = f"""\
You can end the lease **after the first twelve months**, with two months' notice [5].

The contract says: “{CLAUSE}” [5]. If the rent goes up, it does so by 5 % at most, with three months' notice [2]; that \
gives you no earlier way out.
"""


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fingerpost-pictures-") as name:
        for theme in ("light", "dark"):
            folder = Path(name) / theme
            (folder / "data").mkdir(parents=True)
            (folder / "data" / "settings.json").write_text(json.dumps({"theme": theme}))
            take(folder, theme)


def take(folder: Path, theme: str) -> None:
    """A question about a lease, and the page that its answer cites."""
    model = make_scripted(folder / "Qwen3.5-4B", [answer(say(ANSWER, 0.02))])
    lease = write_lease(folder)
    with virtual_screen(folder, 1280, 900) as display:
        program = Program(display, folder, ["--model", str(model), str(lease)])
        try:
            program.wait_for("engine: idle", timeout=120)
            program.wait_for(r"documents in the question: \['ready'\]", timeout=60)
            program.activate("Fingerpost")
            program.type(QUESTION)
            program.key("Return")
            program.wait_for("answer: finished", timeout=60)
            time.sleep(1)
            # The last mark of the answer has the keyboard first when one goes backwards through the page.
            left, top, _, _ = client_area(display)
            program.click(left + 440, top + 330)
            time.sleep(2)
            xdotool(display, "mousemove", "1275", "895")
            time.sleep(0.5)
            save(program.screenshot().crop(client_area(display)), f"document-{theme}")
        finally:
            program.close()


if __name__ == "__main__":
    main()
