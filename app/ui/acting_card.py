"""The card of acting: what would be done next, and whether it may."""

from __future__ import annotations

import html

from PySide6.QtCore import Signal

from app.domain.acting import ActingView
from app.look import Look
from app.ui.floating_card import FloatingCard
from app.ui.icons import Icons

THINKING = "Deciding on the next step"
DOING = "Doing it"
REHEARSAL = "Rehearsal: nothing is sent"
AGAIN = "Yes, do it"
DO = "Do it"
_ENDS = ("done", "ended")


class ActingCard(FloatingCard):
    """Shows an `ActingView`. A click on it leaves the keyboard with the program that is acted in. `kill_chord` is told
    the person as what stops everything."""

    allowed = Signal()
    rehearsal_wanted = Signal()
    confirmed = Signal()
    skipped = Signal()
    go_on_wanted = Signal()
    other_allowed = Signal()
    """The window in front may be acted in too."""

    def __init__(self, look: Look, icons: Icons, style: str, kill_chord: str) -> None:
        super().__init__(look, icons, style, "Acting for you", takes_keyboard=False, stop="Stop")
        self._kill_chord = kill_chord
        self._note = self.add_text("notice")
        self._warning = self.add_text("notice")
        self._hint = self.add_text("caption")
        self._allow = self.add_button("Begin", "primary")
        self._rehearse = self.add_button("Rehearse")
        self._rehearse.setToolTip("Show what would be done, and send nothing")
        self._do = self.add_button(DO, "primary")
        self._skip = self.add_button("Not this one")
        self._go_on = self.add_button("Go on", "primary")
        self._allow.clicked.connect(self.allowed)
        self._rehearse.clicked.connect(self.rehearsal_wanted)
        self._other = self.add_button("Allow this window too")
        self._other.clicked.connect(self.other_allowed)
        self._do.clicked.connect(self.confirmed)
        self._skip.clicked.connect(self.skipped)
        self._go_on.clicked.connect(self.go_on_wanted)
        self.set_look(look)

    def show_view(self, view: ActingView) -> None:
        """Show `view`, and come up if it is not there yet."""
        asks = view.state in ("confirming", "confirming_again")
        sentence = sentence_of(view)
        self.where.setText(where_words(view))
        self.say.setText(html.escape(sentence, quote=False))
        self._note.setText(view.note)
        self._warning.setText(view.warning)
        self._hint.setText("" if view.state in _ENDS else f"{self._kill_chord} stops everything at once.")
        for text in (self._note, self._warning, self._hint):
            text.setVisible(bool(text.text()))
        self._allow.setVisible(view.state == "asking")
        self._rehearse.setVisible(view.state == "asking")
        self._do.setVisible(asks)
        self._do.set_words(AGAIN if view.state == "confirming_again" else DO)
        self._skip.setVisible(asks)
        self._go_on.setVisible(view.state == "paused" and not view.other_window)
        self._other.setVisible(bool(view.other_window))
        self._other.setToolTip(f"“{view.other_window}”, until this is done")
        self.stop.set_words("Close" if view.state in (*_ENDS, "asking") else "Stop")
        said = (self.where.text(), sentence.rstrip("."), view.note, view.warning)
        self.present(". ".join(filter(None, said)))


def where_words(view: ActingView) -> str:
    """How far it is, and whether it is real."""
    if view.state in _ENDS or not view.step:
        return REHEARSAL if view.dry_run else "Acting for you"
    where = f"Step {view.step} of {view.most} at most"
    return f"{where}. {REHEARSAL}" if view.dry_run else where


def sentence_of(view: ActingView) -> str:
    """What the card says in large letters."""
    match view.state:
        case "asking":
            return f"May Fingerpost click and type in “{view.window}”? Each step is shown first and waits for you."
        case "thinking":
            return THINKING
        case "confirming":
            return f"{view.say}?"
        case "confirming_again":
            return f"Really? {view.say}"
        case "doing":
            return view.say or DOING
        case "paused" if view.other_window:
            return f"“{view.other_window}” came to the front. May Fingerpost act there too?"
        case "paused":
            return f"Waiting. Next would be: {view.say}" if view.say else "Waiting"
        case "done":
            return "Done"
        case "ended":
            return "Ended"
