"""``fingerpost point``: where things are on a picture. No model is needed. See docs/command-line.md."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli_common import MODEL_HELP, UsageError, at_least, model_folder, run_to_an_end
from engine.protocol import Failed, FoundFor, Generate, Grounded, Image, Mark, Message, Sampling, Text

if TYPE_CHECKING:
    from engine.pointing.find import Search
    from engine.protocol import Element
    from engine.session import Session

REQUEST_ID = "point"
_EVIDENCE = {"ocr": "its text", "tree": "the window's own parts", "model": "the model"}


def add_point(point: argparse.ArgumentParser) -> None:
    """The arguments of ``point``."""
    point.add_argument(
        "labels", metavar="LABEL", nargs="+", help='what to look for: "Save", "the button next to Cancel"'
    )
    point.add_argument("--image", type=Path, required=True, metavar="FILE", help="the picture")
    point.add_argument("--tree", type=Path, metavar="FILE", help="what fingerpost capture --tree wrote with it")
    point.add_argument("--top", type=at_least(1), default=5, metavar="N", help="the most places for each label (5)")
    point.add_argument("--model", metavar="MODEL", help=f"ask a model as well; {MODEL_HELP.split(';', maxsplit=1)[0]}")
    point.add_argument("--json", action="store_true", help="one label a line")


def point(options: argparse.Namespace) -> int:
    """Print where each label is. 1 where one was not found, 2 where something went wrong. Raises `UsageError`."""
    if not all(label.strip() for label in options.labels):
        raise UsageError("A label is empty. Write what stands on the thing to look for.")
    folder = model_folder(options.model) if options.model else None
    return run_to_an_end(
        lambda checkpoint: _point(options, folder, checkpoint), lambda said: print(said, file=sys.stderr)
    )


def _point(options: argparse.Namespace, folder: Path | None, checkpoint: Callable[[], None]) -> int:
    from engine.images import open_picture  # noqa: PLC0415 - NumPy
    from engine.pointing.find import Picture, Search  # noqa: PLC0415
    from engine.pointing.screen_text import ScreenReader  # noqa: PLC0415
    from engine.pointing.tree_file import TreeFileError, read_tree  # noqa: PLC0415

    try:
        elements = read_tree(options.tree) if options.tree else ()
    except TreeFileError as error:
        print(error, file=sys.stderr)
        return 2
    picture = open_picture(options.image)
    attachment = hashlib.sha256(options.image.read_bytes()).hexdigest()
    search = Search(Picture(attachment, lambda: picture), elements, ScreenReader(), checkpoint)
    session = _open_session(folder, checkpoint) if folder else None
    try:
        is_missing = False
        for label in options.labels:
            checkpoint()
            found = search.find(label, options.top)
            if session is not None:
                image = Image(attachment, str(options.image))
                found = _with_model(session, image, found, search, elements, checkpoint)
            is_missing |= not found.marks
            print(_line(found) if options.json else _paragraph(found, picture.size))
    finally:
        if session is not None:
            session.close()
    return 1 if is_missing else 0


def _open_session(folder: Path, checkpoint: Callable[[], None]) -> Session:
    from engine.session import open_session  # noqa: PLC0415 - PyTorch: seconds

    return open_session(folder, "auto", "auto", lambda done, total: None, checkpoint)


def _with_model(
    session: Session,
    image: Image,
    found: FoundFor,
    search: Search,
    elements: Sequence[Element],
    checkpoint: Callable[[], None],
) -> FoundFor:
    """What was found, with what the model points at, weighed, before it; a confirmed place stays first."""
    from engine.pointing.check import check  # noqa: PLC0415
    from engine.pointing.places import share_within  # noqa: PLC0415

    request = Generate(
        REQUEST_ID,
        (Message("user", (image, Text(f"Point at: {found.query}"))),),
        sampling=Sampling(greedy=True),
        point=True,
    )
    pointed = []
    for event in session.generate(request, _as_flag(checkpoint)):
        checkpoint()
        if isinstance(event, Grounded):
            pointed.append(event)
        if isinstance(event, Failed):
            print(event.message, file=sys.stderr)
    checked = check(search, elements, pointed)
    kept = [mark for mark in found.marks if not any(share_within(mark.box, other.box) > 0.6 for other in checked)]
    marks = sorted((*checked, *kept), key=lambda mark: (not mark.confirmed, -mark.confidence))
    return FoundFor(found.query, tuple(marks))


def _as_flag(checkpoint: Callable[[], None]) -> Callable[[], bool]:
    from engine.backends.base import Cancelled  # noqa: PLC0415

    def stopped() -> bool:
        try:
            checkpoint()
        except Cancelled:
            return True
        return False

    return stopped


def _line(found: FoundFor) -> str:
    """What was found as JSON."""
    marks = [
        {
            "box": [round(edge, 5) for edge in (mark.box.x0, mark.box.y0, mark.box.x1, mark.box.y1)],
            "label": mark.label,
            "confidence": mark.confidence,
            "confirmed": mark.confirmed,
            "evidence": [proof.kind for proof in mark.proofs],
        }
        for mark in found.marks
    ]
    return json.dumps({"query": found.query, "marks": marks}, ensure_ascii=False)


def _paragraph(found: FoundFor, size: tuple[int, int]) -> str:
    """What was found for a person, one place a line."""
    if not found.marks:
        return f"{found.query}: not found"
    return "\n".join([f"{found.query}:", *(f"  {_place(mark, size)}" for mark in found.marks)])


def _place(mark: Mark, size: tuple[int, int]) -> str:
    from engine.pointing.places import place_in_words  # noqa: PLC0415

    width, height = size
    box = (mark.box.x0 * width, mark.box.y0 * height, mark.box.x1 * width, mark.box.y1 * height)
    pixels = ", ".join(f"{edge:.0f}" for edge in box)
    by = " and ".join(_EVIDENCE[proof.kind] for proof in mark.proofs)
    sure = "confirmed" if mark.confirmed else f"not confirmed, {mark.confidence:.0%} sure"
    note = f". {mark.note}" if mark.note else ""
    return f"“{mark.label}”, {place_in_words(mark.box)}, pixels {pixels}: {sure}{f', by {by}' if by else ''}{note}"
