"""Places on a picture: what the model points at, what is found there without it, and how sure that is.

The process ``model`` points (`Grounded`), plans a walk-through (`StepPlanned`) and proposes actions (`ActionProposed`).
The process ``reader`` finds things by their words (`FindOnScreen`) and weighs what the model said against the text of
the picture and the elements of the window (`CheckMarks`). All boxes are shares of the picture that they name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.protocol.answering import ImageBudget
from engine.protocol.conversation import Image
from engine.protocol.documents import Box

MOST_MARKS = 20
"""Marks of one answer. They are numbered from 1, and an answer's text refers to mark n by `mark_sign`."""

ElementRole = Literal[
    "window", "dialog", "menu_bar", "menu", "menu_item", "tool_bar", "button", "toggle_button", "check_box",
    "radio_button", "switch", "link", "text_field", "password_field", "combo_box", "list", "list_item", "table", "row",
    "cell", "column_header", "tree", "tree_item", "tab", "tab_list", "slider", "spin_box", "progress_bar",
    "scroll_bar", "image", "label", "heading", "group", "document", "status_bar", "separator", "other",
]  # fmt: skip
"""What all systems' roles are told as."""
ElementState = Literal[
    "disabled", "checked", "mixed", "selected", "focused", "expanded", "collapsed", "pressed", "read_only", "offscreen",
    "modal",
]  # fmt: skip
"""What is so of an element now. One that could be checked and is not says nothing."""
MarkShape = Literal["box", "point"]
EvidenceKind = Literal["model", "ocr", "tree"]
CheckKind = Literal["text_appears", "text_gone", "title_contains", "element_state", "changed"]
ActionName = Literal[
    "key", "type", "mouse_move", "left_click", "left_click_drag", "right_click", "middle_click", "double_click",
    "triple_click", "scroll", "hscroll", "wait", "terminate", "answer",
]  # fmt: skip
"""The actions of the family's `computer_use` tool."""


def mark_sign(number: int) -> str:
    """How an answer's text refers to mark `number`, 1 to `MOST_MARKS`: a digit in a circle, U+2460 and on."""
    return chr(0x2460 + number - 1)


def number_of_sign(sign: str) -> int:
    """The inverse of `mark_sign`, 0 for any other character."""
    number = ord(sign) - 0x2460 + 1
    return number if 1 <= number <= MOST_MARKS else 0


@dataclass(frozen=True, slots=True)
class Element:
    """A part of a window as its program describes it to assistive technology.

    `box` lies on the picture that the window was taken with, and may reach beyond it. `parent` is the place of its
    parent in the same list, -1 for none. `value` is what is written or set in it, and always empty for a
    ``password_field``.
    """

    role: ElementRole
    name: str
    box: Box
    states: tuple[ElementState, ...] = ()
    parent: int = -1
    value: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What speaks for a mark: the `text` or name that stands at `box`, and the `role` where an element has one."""

    kind: EvidenceKind
    text: str
    box: Box
    role: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the picture `attachment` that is pointed at.

    `number` is what the text calls it by, from 1; of several found it is the rank. `box` is where to draw it and its
    middle is where to click; for a ``point`` it has no extent. `confidence` is 0 to 1. `confirmed`: two of model, text
    and elements agree, and none speaks against it. `note` is a sentence where they disagree, else ``""``.
    """

    number: int
    attachment: str
    label: str
    box: Box
    shape: MarkShape = "box"
    confidence: float = 0.0
    confirmed: bool = False
    proofs: tuple[Proof, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class FoundFor:
    """What was found for `query`, best first."""

    query: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class StepCheck:
    """How to see that a step was done: `text` appears or is gone, the window's title contains it, the element of that
    name has `state`, or anything has changed where the step points."""

    what: CheckKind
    text: str = ""
    state: ElementState | None = None


@dataclass(frozen=True, slots=True)
class GuideStep:
    """One step of a walk-through, from 1. `say` is a sentence for the person. `target` are the words on the screen of
    what it points at, ``""`` for none, and `role` what kind of thing that is, where known. `box` is where the model saw
    it, on the picture of its request."""

    number: int
    say: str
    target: str
    check: StepCheck
    role: ElementRole | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One action of `computer_use`. `x`, `y` are shares of the picture, None where the action has no place; a drag
    begins at the pointer and ends there. `amount` is a scroll in pixels, positive up and right; `seconds` to wait.
    `success` is that of ``terminate``."""

    name: ActionName
    x: float | None = None
    y: float | None = None
    text: str = ""
    keys: tuple[str, ...] = ()
    amount: float = 0.0
    seconds: float = 0.0
    success: bool = True


# --- Commands to ``model`` ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Ask once more where `label` is on `picture`, in a part of it around `box`. It ends as a `Generate` does, and
    gives one `Grounded` before that, with number 1, unless it is not there. While a question is being answered it is
    refused as ``busy``."""

    kind: ClassVar[str] = "look_again"
    request_id: str
    picture: Image
    label: str
    box: Box
    image_budget: ImageBudget = "balanced"


# --- Events of ``model`` --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grounded:
    """The model points at something on the picture `attachment`: mark `number` of this answer, told before the text
    refers to it."""

    kind: ClassVar[str] = "grounded"
    request_id: str
    attachment: str
    number: int
    label: str
    box: Box
    shape: MarkShape = "box"


@dataclass(frozen=True, slots=True)
class StepPlanned:
    """A step of the walk-through that a `Generate` with the task ``guide`` plans, told as soon as it is written."""

    kind: ClassVar[str] = "step_planned"
    request_id: str
    step: GuideStep


@dataclass(frozen=True, slots=True)
class ActionProposed:
    """What the model wants to do next, in a `Generate` with the task ``act``; told right after its `ToolCall`, which
    has the same `call_id`. A call that can not be read has no such event."""

    kind: ClassVar[str] = "action_proposed"
    request_id: str
    call_id: str
    action: Action


# --- Commands to ``reader`` -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FindOnScreen:
    """Where each of `queries` is on the picture at `path`, whose sha256 is `attachment`, by its text and `elements`.
    Queries are as people say them: "Save", "the Save button", "next to Cancel". Without any, the picture's text is read
    ahead. What was read is kept by `attachment` while the process lives."""

    kind: ClassVar[str] = "find_on_screen"
    request_id: str
    attachment: str
    path: str
    elements: tuple[Element, ...] = ()
    queries: tuple[str, ...] = ()
    top: int = 5


@dataclass(frozen=True, slots=True)
class CheckMarks:
    """Weigh `marks`, which the model made on the picture at `path`, against its text and `elements`."""

    kind: ClassVar[str] = "check_marks"
    request_id: str
    attachment: str
    path: str
    marks: tuple[Grounded, ...]
    elements: tuple[Element, ...] = ()


# --- Events of ``reader`` -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FoundOnScreen:
    """The end of a `FindOnScreen`, in the order of its queries."""

    kind: ClassVar[str] = "found_on_screen"
    request_id: str
    found: tuple[FoundFor, ...]


@dataclass(frozen=True, slots=True)
class MarksChecked:
    """The end of a `CheckMarks`: all its marks, in their order, each where it should be drawn."""

    kind: ClassVar[str] = "marks_checked"
    request_id: str
    marks: tuple[Mark, ...]
