"""Who hears whom about models: the shelf, the pages that show it, what is chosen, and the model that runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from app.domain.models import Download, Work
from app.engine_client import EngineClient
from app.models import AUTO, ModelShelf, dtype_for
from app.preferences import Preferences
from app.session import ChatSession
from app.settings import Settings
from app.ui.main_window import MainWindow
from engine.protocol import Installed, ModelInfo, SourceName


class WiringModels(QObject):
    """Connects its parts, which live as long as it does. A model that a person has waited for is used at once, and one
    that is to be moved or removed is let go first."""

    def __init__(
        self,
        window: MainWindow,
        shelf: ModelShelf,
        preferences: Preferences,
        session: ChatSession,
        client: EngineClient,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window, self._shelf, self._preferences = window, shelf, preferences
        self._session, self._client = session, client
        self._awaited: set[str] = set()
        """Names of downloads that were begun in order to be used."""
        self._by_hand = ""
        """The folder that was chosen last, until it is known to be a model."""
        self._once_gone: Callable[[], None] | None = None
        self._connect_shelf()
        self._connect_first_run()
        self._connect_sheet()
        window.empty.reload_wanted.connect(self._load)
        session.model_changed.connect(self._list_chosen)
        client.ended.connect(self._on_process_gone)
        preferences.changed.connect(self._use_mirror)
        self._use_mirror(preferences.settings)

    def begin(self, model: str) -> None:
        """Load `model`, empty for the one of the last time. Without one, see what there is to choose from; downloads
        that were not paused go on."""
        preferences = self._preferences
        if model:
            preferences.set_model(model, preferences.settings.device, preferences.settings.dtype)
        if preferences.settings.model_folder:
            self._load()
        if not preferences.settings.model_folder or self._shelf.has_unfinished():
            self._shelf.look()

    def _connect_shelf(self) -> None:
        shelf, window = self._shelf, self._window
        shelf.surveyed.connect(window.first_run.set_survey)
        shelf.surveyed.connect(window.models.set_survey)
        shelf.not_surveyed.connect(window.first_run.set_not_surveyed)
        shelf.downloads_changed.connect(window.first_run.set_downloads)
        shelf.downloads_changed.connect(window.models.set_downloads)
        shelf.downloads_changed.connect(window.sidebar.foot.set_downloads)
        shelf.downloads_changed.connect(self._tell_expected)
        shelf.work_changed.connect(window.models.set_work)
        shelf.work_ended.connect(self._on_work_ended)
        shelf.ready.connect(self._on_ready)
        shelf.note.connect(window.show_note)
        shelf.problem.connect(window.show_problem)

    def _connect_first_run(self) -> None:
        page, shelf = self._window.first_run, self._shelf
        page.pull_wanted.connect(self._pull_to_use)
        page.pull_from_wanted.connect(self._pull_to_use)
        page.pause_wanted.connect(shelf.pause)
        page.discard_wanted.connect(shelf.discard)
        page.token_given.connect(shelf.keep_token)
        page.use_wanted.connect(self._use_found)
        page.folder_wanted.connect(self._window.models.browse)
        page.look_wanted.connect(shelf.look)

    def _connect_sheet(self) -> None:
        sheet, shelf = self._window.models, self._shelf
        sheet.look_wanted.connect(shelf.look)
        sheet.chosen.connect(self._choose)
        sheet.pull_wanted.connect(shelf.pull)
        sheet.pause_wanted.connect(shelf.pause)
        sheet.discard_wanted.connect(shelf.discard)
        sheet.token_given.connect(shelf.keep_token)
        sheet.mirror_given.connect(self._preferences.set_mirror)
        sheet.check_wanted.connect(shelf.check)
        sheet.repair_wanted.connect(self._repair)
        sheet.convert_wanted.connect(shelf.convert)
        sheet.import_wanted.connect(shelf.import_folder)
        sheet.stop_work_wanted.connect(shelf.stop_work)
        sheet.remove_wanted.connect(self._remove)
        sheet.move_wanted.connect(self._move)

    # --- The model that is used --------------------------------------------------------------------------------------

    def _choose(self, folder: str, device: str, dtype: str) -> None:
        """The person has decided: no download takes this model's place any more."""
        self._awaited.clear()
        self._by_hand = folder
        known = self._listed(folder)
        # A conversion runs in its own form alone, whatever was chosen for the model before it.
        self._use(folder, device, dtype if known is None or known.form == "published" else AUTO)

    def _use_found(self, folder: str) -> None:
        known = self._listed(folder)
        self._choose(folder, self._preferences.settings.device, dtype_for(known) if known is not None else AUTO)

    def _use(self, folder: str, device: str, dtype: str) -> None:
        self._preferences.set_model(folder, device, dtype)
        self._load()

    def _use_mirror(self, settings: Settings) -> None:
        self._shelf.set_mirror(settings.mirror)
        self._window.models.mirror.set_address(settings.mirror)

    def _load(self) -> None:
        settings = self._preferences.settings
        self._session.use_model(settings.model_folder, settings.device, settings.dtype)

    def _list_chosen(self, model: ModelInfo | None) -> None:
        """A folder that was chosen by hand and could be loaded is listed with the others."""
        chosen = self._client.chosen
        if model is None or chosen is None or chosen.path != self._by_hand:
            return
        self._by_hand = ""
        known = self._listed(chosen.path)
        # One that is in use is always on the list, whether it stays there or not.
        if self._shelf.found is not None and (known is None or known.linked):
            self._shelf.adopt(chosen.path)

    def _listed(self, folder: str) -> Installed | None:
        found = self._shelf.found
        return next((each for each in found.installed if _same(each.folder, folder)), None) if found else None

    # --- Models that arrive ------------------------------------------------------------------------------------------

    def _pull_to_use(self, name: str, source: SourceName | None = None) -> None:
        self._awaited.add(name)
        self._shelf.pull(name, source)

    def _tell_expected(self, downloads: tuple[Download, ...]) -> None:
        """What questions wait for while there is no model: the first that is fetched."""
        running = next((download for download in downloads if download.state == "running"), None)
        if running is None:
            self._session.expect_model("")
        else:
            share = round(running.done / running.total, 3) if running.total else None
            self._session.expect_model(running.title, share)

    def _on_ready(self, folder: str, name: str) -> None:
        settings = self._preferences.settings
        is_awaited = name in self._awaited
        self._awaited.discard(name)
        offered = self._shelf.offered(name)
        if is_awaited or not settings.model_folder:
            self._use(folder, settings.device, dtype_for(offered) if offered is not None else AUTO)
        elif name and not _same(folder, settings.model_folder):
            title = Path(folder).name if offered is None else offered.title
            self._window.show_note(f"{title} is here. Open Models to use it.")

    # --- Models that go ----------------------------------------------------------------------------------------------

    def _repair(self, folder: str) -> None:
        """One that is in use is used again once it is whole."""
        model = self._listed(folder)
        if model is None:
            return
        if self._is_used(folder):
            self._awaited.add(model.repo)
        self._let_go(folder, partial(self._shelf.repair, model))

    def _remove(self, folder: str) -> None:
        self._let_go(folder, partial(self._shelf.remove, folder))

    def _move(self, folder: str, to: str) -> None:
        self._let_go(folder, partial(self._shelf.move, folder, to))

    def _let_go(self, folder: str, then: Callable[[], None]) -> None:
        """Files that are in use can neither be moved nor, on some systems, deleted."""
        if not self._is_used(folder):
            then()
            return
        self._session.let_go()
        if self._client.pid:
            self._once_gone = then
        else:
            then()

    def _on_process_gone(self) -> None:
        then, self._once_gone = self._once_gone, None
        if then is not None:
            then()

    def _on_work_ended(self, work: Work, folder: str | None) -> None:
        if work.what not in ("moving", "removing"):
            return
        settings, was_used = self._preferences.settings, self._is_used(work.folder)
        if folder is not None:
            for known in {settings.model_folder, *settings.recent_models}:
                if _same(known, work.folder):
                    self._preferences.forget_model(known)
        if was_used and folder != "" and self._client.chosen is None:
            self._use(folder or settings.model_folder, settings.device, settings.dtype)

    def _is_used(self, folder: str) -> bool:
        return _same(folder, self._preferences.settings.model_folder)


def _same(folder: str, other: str) -> bool:
    """Whether two names lead to the same folder."""
    return bool(folder and other) and os.path.realpath(folder) == os.path.realpath(other)
