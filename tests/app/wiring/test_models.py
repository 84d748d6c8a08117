"""Models through the whole window: the first one is used when it is here, and one that goes is let go first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.session.status import NO_MODEL_YET
from engine.models.places import default_model
from tests.app.models.samples import fit, installed, offered, surveyed, unfinished
from tests.app.wiring.desk import Desk
from tests.scripted import make_scripted


def is_loaded(desk: Desk, folder: Path) -> bool:
    client = desk.parts.client
    return client.state == "idle" and client.chosen is not None and client.chosen.path == str(folder)


def test_without_a_model_the_first_page_shows_what_there_is(desk: Desk) -> None:
    desk.will_find(surveyed((offered("quick", (fit("bfloat16", "fits"),), recommended=True),)))
    desk.start()
    desk.until(lambda: "Get Model quick (9.0 GB)" in desk.buttons())
    assert desk.window.first_run.isVisible()


def test_with_a_model_nothing_is_looked_for(desk: Desk, tmp_path: Path) -> None:
    desk.start(make_scripted(tmp_path / "model"))
    assert not desk.window.first_run.isVisible()
    assert desk.heard("models") == desk.heard("downloads") == []


def test_a_question_asked_while_the_model_is_fetched_is_answered_when_it_is_here(desk: Desk, tmp_path: Path) -> None:
    folder = make_scripted(tmp_path / "arrives", ["Yes."])
    desk.will_find(surveyed((offered("arrives", (fit("bfloat16", "fits"),), recommended=True),)))
    desk.will_arrive_in(tmp_path)
    desk.hold_downloads()
    desk.start()
    desk.until(lambda: "Get Model arrives (9.0 GB)" in desk.buttons())
    desk.click("Get Model arrives (9.0 GB)")
    desk.ask("Is it here?")
    assert desk.answer().state == "waiting"
    sentence = "Fetching Arrives, 30 %. The answer starts when it is here."
    desk.until(lambda: desk.sees(sentence))
    assert desk.parts.session.status.progress == 0.3
    desk.let_downloads_go()
    desk.until(lambda: desk.answer().state == "finished")
    assert desk.shown_answers() == ["Yes."]
    assert desk.parts.preferences.settings.model_folder == str(folder)
    assert default_model() == folder
    assert desk.notes() == ()


def test_fewer_bits_are_taken_where_only_they_fit(desk: Desk, tmp_path: Path) -> None:
    make_scripted(tmp_path / "arrives")
    fits = (fit("bfloat16", "no"), fit("int8", "fits"))
    desk.will_find(surveyed((offered("arrives", fits, recommended=True),)))
    desk.will_arrive_in(tmp_path)
    desk.start()
    desk.until(lambda: "Get Model arrives (9.0 GB)" in desk.buttons())
    desk.click("Get Model arrives (9.0 GB)")
    desk.until(lambda: desk.parts.client.chosen is not None)
    assert desk.parts.client.chosen.dtype == desk.parts.preferences.settings.dtype == "int8"


def test_a_model_that_arrives_while_another_runs_is_only_announced(desk: Desk, tmp_path: Path) -> None:
    used = make_scripted(tmp_path / "used")
    desk.will_find(surveyed((offered("other"),)))
    desk.start(used)
    desk.window.models.open_over()
    desk.until(lambda: desk.parts.shelf.found is not None)
    desk.window.models.pull_wanted.emit("other", None)
    desk.until(lambda: desk.notes() == ("Model other is here. Open Models to use it.",))
    assert is_loaded(desk, used)


def test_what_the_person_chose_meanwhile_stays(desk: Desk, tmp_path: Path) -> None:
    used = make_scripted(tmp_path / "used")
    desk.will_arrive_in(tmp_path)
    desk.hold_downloads()
    desk.start()
    desk.window.first_run.pull_wanted.emit("other")
    desk.window.models.take_folder(str(used))
    desk.until(lambda: is_loaded(desk, used))
    desk.let_downloads_go()
    desk.until(lambda: desk.notes() == ("other is here. Open Models to use it.",))
    assert is_loaded(desk, used)


def test_a_download_goes_on_at_the_next_start_though_a_model_runs(desk: Desk, tmp_path: Path) -> None:
    used = make_scripted(tmp_path / "used")
    (desk.paths.data / "models" / ".downloads" / "slow").mkdir(parents=True)
    desk.will_find(surveyed(left=(unfinished("slow"),)))
    desk.start(used)
    desk.until(lambda: desk.heard("downloads") == ["pull slow"])


def test_a_folder_chosen_by_hand_is_listed_once_it_could_be_loaded(desk: Desk, tmp_path: Path) -> None:
    used = make_scripted(tmp_path / "used")
    desk.start()
    desk.until(lambda: desk.parts.shelf.found is not None)
    desk.window.models.take_folder(str(tmp_path / "missing"))
    desk.until(lambda: desk.parts.client.state == "stopped")
    desk.window.models.take_folder(str(used))
    desk.until(lambda: "import_model used" in desk.heard("models"))
    assert "import_model missing" not in desk.heard("models")
    desk.until(lambda: desk.heard("models")[-1] == "survey")
    assert desk.notes() == ()
    assert is_loaded(desk, used)


def test_the_model_in_use_is_let_go_before_it_is_removed(desk: Desk, tmp_path: Path) -> None:
    used = make_scripted(tmp_path / "used")
    desk.will_find(surveyed(here=(installed(str(used)),)))
    desk.start(used)
    desk.window.models.remove_wanted.emit(str(used))
    assert desk.heard("models") == []
    desk.until(lambda: desk.parts.preferences.settings.model_folder == "")
    assert desk.parts.client.pid == 0
    assert desk.parts.client.chosen is None
    assert default_model() is None
    assert desk.parts.preferences.settings.recent_models == ()
    assert desk.window.first_run.isVisible()
    desk.ask("Is anybody there?")
    assert desk.answer().state == "waiting"
    assert desk.sees(NO_MODEL_YET)


def test_the_model_in_use_is_moved_and_used_where_it_is_now(desk: Desk, tmp_path: Path) -> None:
    used, moved = make_scripted(tmp_path / "used"), make_scripted(tmp_path / "other" / "used")
    desk.start(used)
    desk.window.models.move_wanted.emit(str(used), str(moved.parent))
    desk.until(lambda: is_loaded(desk, moved))
    settings = desk.parts.preferences.settings
    assert (settings.model_folder, settings.recent_models) == (str(moved), (str(moved),))


def test_a_model_that_could_not_be_removed_is_used_on(desk: Desk, tmp_path: Path) -> None:
    used = make_scripted(tmp_path / "refused")
    desk.start(used)
    desk.window.models.remove_wanted.emit(str(used))
    desk.until(lambda: desk.notes() == ("A file is wrong. Fetch it again.",))
    desk.until(lambda: is_loaded(desk, used))
    assert desk.parts.preferences.settings.model_folder == str(used)


def test_what_is_damaged_of_the_model_in_use_is_fetched_and_it_is_used_again(desk: Desk, tmp_path: Path) -> None:
    used = make_scripted(tmp_path / "Model")
    damaged = replace(installed(str(used)), problem="A file is damaged.", repairable=True)
    desk.will_find(surveyed(here=(damaged,)))
    desk.will_arrive_in(tmp_path)
    desk.start(used)
    desk.parts.shelf.look()
    desk.until(lambda: desk.parts.shelf.found is not None)
    desk.hold_downloads()
    desk.window.models.repair_wanted.emit(str(used))
    desk.until(lambda: desk.heard("downloads") == ["pull Model"])
    assert desk.parts.client.pid == 0
    desk.let_downloads_go()
    desk.until(lambda: is_loaded(desk, used))
    assert desk.parts.preferences.settings.model_folder == str(used)
    assert desk.notes() == ()


def test_another_model_goes_while_the_one_in_use_runs_on(desk: Desk, tmp_path: Path) -> None:
    used = make_scripted(tmp_path / "used")
    desk.start(used)
    pid = desk.parts.client.pid
    desk.parts.preferences.set_model("/models/old")
    desk.parts.preferences.set_model(str(used))
    desk.window.models.remove_wanted.emit("/models/old")
    desk.until(lambda: desk.parts.preferences.settings.recent_models == (str(used),))
    assert desk.parts.client.pid == pid
    assert is_loaded(desk, used)


def test_the_sidebar_names_the_host_while_a_model_is_fetched(desk: Desk, tmp_path: Path) -> None:
    used = make_scripted(tmp_path / "used")
    desk.hold_downloads()
    desk.start(used)
    desk.window.models.pull_wanted.emit("other", None)
    desk.until(lambda: desk.sees("Fetching from huggingface.co."))
    desk.let_downloads_go()
    desk.until(lambda: desk.sees("On this computer. No network in use."))


def test_a_conversion_runs_in_its_own_form(desk: Desk, tmp_path: Path) -> None:
    folder = make_scripted(tmp_path / "small")
    desk.will_find(surveyed((), (replace(installed(str(folder)), form="int4"),)))
    desk.start()
    desk.until(lambda: desk.parts.shelf.found is not None)
    desk.window.models.chosen.emit(str(folder), "auto", "int8")
    desk.until(lambda: desk.parts.client.chosen is not None)
    assert desk.parts.client.chosen.dtype == "auto"
