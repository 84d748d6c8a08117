"""From a window that has no model to the first answer, with the program's own processes and a hub on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from engine.models.catalogue import Catalogue
from engine.models.places import default_model, models_folder
from tests.app.wiring.desk import Desk
from tests.checkpoints import make_tiny
from tests.engine.models.model_folders import settle_in
from tests.hub_server import HubServer


def publish(server: HubServer, folder: Path) -> None:
    """A tiny checkpoint in the place of every model that answers."""
    for entry in Catalogue.load().entries:
        for source in entry.sources:
            if entry.variant == "instruct" and entry.form == "published" and source.name == "huggingface":
                server.add_repo(source.repo, folder, revision=source.revision)


def test_the_model_that_is_proposed_is_fetched_and_answers_what_was_asked_meanwhile(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path / "person", tmp_path / "home", monkeypatch)
    desk.is_real = True
    with HubServer() as server:
        publish(server, make_tiny(tmp_path / "published"))
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", server.url)
        desk.start()
        desk.until(lambda: any(words.startswith("Get Qwen3.5") for words in desk.buttons()))
        (proposed,) = [words for words in desk.buttons() if words.startswith("Get Qwen3.5")]
        desk.click(proposed)
        desk.ask("What do you see?")
        desk.until(lambda: desk.answer().state != "waiting")
        # Random weights seldom come to an end.
        desk.press(Qt.Key.Key_Escape)
        desk.until(lambda: desk.answer().state not in ("waiting", "streaming"))
    assert desk.answer().state in ("stopped", "finished")
    assert desk.answer().error == ""
    assert desk.answer().text
    folder = default_model()
    assert folder is not None
    assert folder.parent == models_folder()
    assert desk.parts.preferences.settings.model_folder == str(folder)
    desk.until(lambda: desk.parts.shelf.found is not None and len(desk.parts.shelf.found.installed) == 1)
    (model,) = desk.parts.shelf.found.installed
    assert (model.folder, model.default, model.linked) == (str(folder), True, False)
