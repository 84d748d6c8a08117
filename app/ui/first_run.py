"""The page of a first run: what this machine can do, and one step to a model."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.models import Download
from app.look import Look
from app.ui.buttons import Button
from app.ui.centred import CentredPage
from app.ui.flow import FlowLayout
from app.ui.icons import Icons
from app.ui.models import words
from app.ui.models.choice_card import ChoiceCard, TierRows, can_run
from app.ui.models.download_panel import DownloadPanel
from app.ui.models.parts import Framed, Rows
from app.ui.text import ElidedLabel, label
from app.ui.themed import Themed
from app.ui.tries import Tries
from engine.protocol import Offered, SourceName, Surveyed

_WELCOME = "Welcome to Fingerpost"
_WHY = "Show a part of the screen and ask about it. A model on this computer answers; it is fetched once."
_LATER = "What has come is kept. Go on when it suits you."
_MEANWHILE = "Take a picture and type your question in the meantime. It is answered when the model is here."


class _FetchCard(Framed):
    """A download under its title."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        sizes = look.sizes
        self._title = ElidedLabel("", "heading")
        self.panel = DownloadPanel(look)
        column = QVBoxLayout(self)
        column.setContentsMargins(sizes.space_4, sizes.space_3, sizes.space_4, sizes.space_4)
        column.setSpacing(sizes.space_2)
        column.addWidget(self._title)
        column.addWidget(self.panel)

    def set_download(self, download: Download, sources: tuple[SourceName, ...], *, alone: bool) -> None:
        """Show `download`. The page itself names one that is `alone`."""
        self._title.set_whole(download.title)
        self._title.setVisible(not alone)
        self.panel.set_download(download, sources)


class FirstRunPage(CentredPage, Themed):
    """Proposes a model while there is none, and shows how far it is while it is fetched."""

    pull_wanted = Signal(str)
    """Id of a model, or the name of a download to go on with."""
    pull_from_wanted = Signal(str, str)
    """The same, from that source."""
    pause_wanted = Signal(str)
    discard_wanted = Signal(str)
    folder_wanted = Signal()
    look_wanted = Signal()
    """The machine is to be looked at again."""
    use_wanted = Signal(str)
    """Folder of a model that is here already."""
    more_wanted = Signal()
    token_given = Signal(str, str)
    """Source and its access token."""
    region_wanted = Signal()
    window_wanted = Signal()
    files_wanted = Signal()

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(look, icons, parent)
        self._look = look
        self._icons = icons
        self._survey: Surveyed | None = None
        self._is_blind = False
        self._downloads: tuple[Download, ...] = ()
        self._picked = ""
        self._revealing = False
        self._title = label("", "title", wrap=True)
        self._lead = label("", "lead", wrap=True)
        self._machine = label("", "caption", wrap=True)
        self._card = ChoiceCard(look)
        self._fetching = Rows[_FetchCard](look.sizes.space_2)
        self._get = Button(look, "Get a model", "big")
        self._again = Button(look, "Look again", "big")
        self._another = Button(look, "Another size…", "card")
        self._another.setCheckable(True)
        self._folder = Button(look, "Use a folder I have…", "card")
        self._tiers = TierRows(look, icons)
        self._all = Button(look, "All models…", "link")
        self._here = Rows[Button](look.sizes.space_1)
        self._tries = Tries(look, icons)
        self._steps = QWidget()
        steps = FlowLayout(look.sizes.space_2, self._steps)
        for button in (self._get, self._again, self._another, self._folder):
            steps.addWidget(button)
        self._sizes = QWidget()
        sizes = QVBoxLayout(self._sizes)
        sizes.setContentsMargins(0, 0, 0, 0)
        sizes.setSpacing(look.sizes.space_2)
        sizes.addWidget(self._tiers)
        sizes.addWidget(self._all)
        rows: tuple[QWidget, ...] = (self._title, self._lead, self._machine, self._card, self._fetching, self._tries)
        for widget in (*rows, self._steps, self._here, self._sizes):
            self.column.addWidget(widget)
        self._connect()
        self._show()

    def set_survey(self, survey: Surveyed | None) -> None:
        """What was found on this machine, None while nobody has looked."""
        self._survey = survey
        self._is_blind = False
        self._show()

    def set_not_surveyed(self) -> None:
        """Nothing could be found out about this machine; what was found before stays."""
        self._is_blind = self._survey is None
        self._show()

    def set_downloads(self, downloads: Sequence[Download]) -> None:
        """What is on its way."""
        before = [_heading(download) for download in self._downloads]
        self._downloads = tuple(downloads)
        if before == [_heading(download) for download in downloads]:
            self._show_downloads()
        else:
            self._show()

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look

    def _connect(self) -> None:
        self._get.clicked.connect(self._take)
        self._again.clicked.connect(self._look_again)
        self._another.toggled.connect(self._unfold)
        self.verticalScrollBar().rangeChanged.connect(self._reveal)
        self.verticalScrollBar().actionTriggered.connect(self._leave)
        self._folder.clicked.connect(self.folder_wanted)
        self._all.clicked.connect(self.more_wanted)
        self._tiers.picked.connect(self._pick)
        self._tries.region_wanted.connect(self.region_wanted)
        self._tries.window_wanted.connect(self.window_wanted)
        self._tries.files_wanted.connect(self.files_wanted)

    def _show(self) -> None:
        fetching, survey = bool(self._downloads), self._survey
        running = any(download.state == "running" for download in self._downloads)
        # A blank holds the place of what will stand there.
        self._machine.setText(words.machine_line(survey.machine) if survey is not None else " ")
        self._machine.setVisible(not fetching)
        self._card.setVisible(not fetching)
        self._tries.setVisible(running)
        self._steps.setVisible(not running)
        self._show_choice()
        self._fetching.sync([download.name for download in self._downloads], lambda _name: self._make_fetching())
        self._show_downloads()
        self._show_here()
        self._say()
        self._order_tabs()

    def _say(self) -> None:
        first = next(iter(self._downloads), None)
        title, lead = _WELCOME, _WHY
        if first is not None:
            title = {
                "running": f"Getting {first.title}",
                "paused": f"{first.title} is paused",
                "failed": f"{first.title} is not here yet",
            }[first.state]
            lead = _MEANWHILE if first.state == "running" else _LATER if first.done else _WHY
        self._title.setText(title)
        self._lead.setText(lead)

    def _show_choice(self) -> None:
        survey, chosen, candidates = self._survey, self._chosen(), self._candidates()
        proposed = chosen is not None and not self._downloads
        self._again.setVisible(self._is_blind and not self._downloads)
        if self._is_blind:
            self._card.set_unknown()
        elif survey is None:
            self._card.set_looking()
        elif chosen is None:
            self._card.set_nothing(min(candidates, key=lambda each: each.bytes, default=None))
        else:
            self._card.set_offered(chosen, survey.machine)
        self._get.setVisible(proposed)
        if chosen is not None:
            size = words.size(chosen.bytes)
            self._get.set_words(f"Use {chosen.title}" if chosen.installed else f"Get {chosen.title} ({size})")
        self._another.set_words("Another size…" if chosen is not None else "All sizes…")
        self._another.setVisible(bool(candidates) and not self._downloads)
        self._sizes.setVisible(self._another.isChecked() and bool(candidates) and not self._downloads)
        self._tiers.set_offered(candidates, chosen.id if chosen is not None else "")

    def _candidates(self) -> list[Offered]:
        """Instruct models as published, and whichever form is recommended."""
        offered = self._survey.offered if self._survey is not None else ()
        return [
            each
            for each in offered
            if each.variant == "instruct" and each.fits and (each.form == "published" or each.recommended)
        ]

    def _chosen(self) -> Offered | None:
        """What the person picked, else what is recommended, else the largest that fits."""
        able = [each for each in self._candidates() if can_run(each)]
        picked = next((each for each in able if each.id == self._picked), None)
        recommended = next((each for each in able if each.recommended), None)
        return picked or recommended or max(able, key=lambda each: each.bytes, default=None)

    def _show_downloads(self) -> None:
        offered = self._survey.offered if self._survey is not None else ()
        for download in self._downloads:
            known = next((each for each in offered if words.fetches(download, each)), None)
            self._fetching.rows[download.name].set_download(
                download, words.sources_of(known), alone=len(self._downloads) == 1
            )

    def _order_tabs(self) -> None:
        """Rows that came later are reached where they stand, not after everything else in the window."""
        before = self.previousInFocusChain()
        while before is not None and before is not self and (self.isAncestorOf(before) or not _takes_tab(before)):
            before = before.previousInFocusChain()
        for widget in filter(_takes_tab, self.findChildren(QWidget)):
            if before is not None and before is not self:
                QWidget.setTabOrder(before, widget)
            before = widget

    def _show_here(self) -> None:
        """Models that lie on this machine and are not the one that is proposed."""
        survey, chosen = self._survey, self._chosen()
        here = {found.folder: found.title for found in (survey.found if survey is not None else ())}
        for model in survey.installed if survey is not None else ():
            if not model.problem and (chosen is None or model.folder != chosen.installed or self._downloads):
                here[model.folder] = model.title
        self._here.sync(list(here), lambda folder: self._make_here(folder, here[folder]))

    def _make_fetching(self) -> _FetchCard:
        card = _FetchCard(self._look)
        card.panel.pull_wanted.connect(self.pull_wanted)
        card.panel.pull_from_wanted.connect(self.pull_from_wanted)
        card.panel.pause_wanted.connect(self.pause_wanted)
        card.panel.discard_wanted.connect(self.discard_wanted)
        card.panel.token_given.connect(self.token_given)
        return card

    def _make_here(self, folder: str, title: str) -> Button:
        button = Button(self._look, f"{title} is already here: use it", "row", self._icons, "folder")
        button.setToolTip(folder)
        button.clicked.connect(lambda: self.use_wanted.emit(folder))
        return button

    def _unfold(self, opened: bool) -> None:
        self._sizes.setVisible(opened)
        self._revealing = opened

    def _reveal(self) -> None:
        """Bring the sizes into sight while the page grows by them, in several steps."""
        if self._revealing:
            self.ensureWidgetVisible(self._sizes)

    def _leave(self) -> None:
        """The person scrolls or has chosen: the page stays where it is."""
        self._revealing = False

    def _pick(self, name: str) -> None:
        self._leave()
        self._picked = name
        self._show()

    def _look_again(self) -> None:
        self.set_survey(None)
        self.look_wanted.emit()

    def _take(self) -> None:
        chosen = self._chosen()
        if chosen is None:
            return
        if chosen.installed:
            self.use_wanted.emit(chosen.installed)
        else:
            self.pull_wanted.emit(chosen.id)


def _heading(download: Download) -> tuple[str, str, str]:
    """What the page as a whole shows of a download."""
    return download.name, download.title, download.state


def _takes_tab(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
