"""The walk-through's card: one step in words, and what to do about it."""

from __future__ import annotations

import html
import re

from PySide6.QtCore import Signal

from app.domain.guide import GuideView
from app.look import Look
from app.ui.floating_card import FloatingCard
from app.ui.icons import Icons

PLANNING = "Working out the steps"
REPLANNING = "Finding the way from here"
LOOKING = "Looking for it"
DONE = "Done. That was the last step."
_BOLD = re.compile(r"\*\*(.+?)\*\*")


class GuideCard(FloatingCard):
    """Shows a `GuideView`."""

    back_wanted = Signal()
    skip_wanted = Signal()
    again_wanted = Signal()

    def __init__(self, look: Look, icons: Icons, style: str) -> None:
        super().__init__(look, icons, style, "Step by step", stop="Stop the walk-through")
        self._watch = self.add_text("caption")
        self._note = self.add_text("notice")
        self._back, self._skip, self._again = map(self.add_button, ("Back", "Skip", "Show me again"))
        self._back.clicked.connect(self.back_wanted)
        self._skip.clicked.connect(self.skip_wanted)
        self._again.clicked.connect(self.again_wanted)
        self.set_look(look)

    def show_view(self, view: GuideView) -> None:
        """Show `view`, and come up if it is not there yet."""
        sentence = sentence_of(view)
        self.where.setText(where_words(view))
        self.say.setText(bold_html(sentence))
        self._watch.setText(view.watch)
        self._note.setText(view.note)
        for text in (self._watch, self._note):
            text.setVisible(bool(text.text()))
        self._back.setEnabled(view.can_go_back)
        self._skip.setEnabled(view.can_skip)
        self._again.setEnabled(view.state in ("showing", "lost") and view.step > 0)
        self.stop.set_words("Close" if view.state in ("done", "lost") else "Stop")
        said = (self.where.text(), sentence.replace("**", "").rstrip("."), view.note)
        self.present(". ".join(filter(None, said)))


def where_words(view: GuideView) -> str:
    """Where in the whole a step is."""
    if not view.step:
        return "Step by step"
    return f"Step {view.step} of {view.total}{'' if view.plan_is_whole else ' or more'}"


def sentence_of(view: GuideView) -> str:
    """What the card says in large letters, with ``**`` around what is bold."""
    match view.state:
        case "planning":
            return PLANNING
        case "replanning":
            return REPLANNING
        case "done":
            return DONE
        case "lost":
            return view.say or "The walk-through has ended."
        case _:
            return view.say or LOOKING


def bold_html(text: str) -> str:
    """Plain text with ``**bold**`` words as HTML; nothing else in it means anything."""
    return _BOLD.sub(r"<b>\1</b>", html.escape(text, quote=False))
