"""Numbers and values as the window says them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.domain.conversation import Answer, Attachment, CloserLook
from engine.protocol import ModelInfo, Offer

_SOURCES = {
    "region": "Region",
    "screen": "Screen",
    "window": "Window",
    "clipboard": "Pasted",
    "file": "File",
    "drop": "File",
}


def source_of(attachment: Attachment) -> str:
    """How a picture came in, in one word."""
    return _SOURCES[attachment.source]


def title_of(attachment: Attachment) -> str:
    """A picture's name for people."""
    return attachment.title or source_of(attachment)


def picture_line(attachment: Attachment, tokens: int = 0) -> str:
    """ "Writer, 1920 × 1080, seen as 1,222 tokens"; without the last part where `tokens` is 0."""
    line = f"{title_of(attachment)}, {attachment.width} × {attachment.height}"
    return f"{line}, seen as {tokens:,} tokens" if tokens else line


def seconds(value: float) -> str:
    """ "1.9 s", "12 s", "2 min 5 s"."""
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def speed_line(answer: Answer) -> str:
    """ "1.9 s · 14 tokens a second", with "Stopped" before it when the person stopped it."""
    parts = ["Stopped"] if answer.state == "stopped" else []
    if answer.total_seconds > 0:
        parts.append(seconds(answer.total_seconds))
    if answer.tokens_per_second > 0:
        rate = answer.tokens_per_second
        parts.append(f"{rate:.1f} tokens a second" if rate < 9.95 else f"{rate:.0f} tokens a second")
    return " · ".join(parts)


def thought_line(answer: Answer, *, live: bool) -> str:
    """The head of what the model thought."""
    if live:
        return "Thinking…"
    return f"Thought for {seconds(answer.reasoning_seconds)}" if answer.reasoning_seconds > 0 else "Thought"


def look_line(look: CloserLook, pictures: Sequence[Attachment], *, live: bool) -> str:
    """ "Looked closer at part of the picture"; which one where the question has not just one. `live` while the model
    looks."""
    doing = "Looking" if live else "Looked"
    places = [number for number, picture in enumerate(pictures, 1) if picture.id == look.picture.id]
    if not places:
        which = f"an earlier picture, {title_of(look.picture)}"
    else:
        which = "the picture" if len(pictures) == 1 else f"picture {places[0]}, {title_of(look.picture)}"
    return f"{doing} closer at part of {which}"


def offer_words(offer: Offer) -> str:
    """A way out of a failure as the words of a button."""
    if offer.action == "image_budget":
        return "Ask with the least detail" if offer.value == "fast" else f"Ask with {offer.value} detail"
    return "Leave out the first message" if offer.value == "1" else f"Leave out the first {offer.value} messages"


def model_line(model: ModelInfo) -> str:
    """ "Qwen3.5-4B, bfloat16"."""
    return f"{model.name}, {model.dtype}"


def day_of(moment: float, now: datetime) -> tuple[str, float]:
    """The group a conversation stands in, and when that group begins: Today, Yesterday, Last 7 days, or its month.
    Times in epoch seconds; days are those of `now`'s time zone."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for name, days in (("Today", 0), ("Yesterday", 1), ("Last 7 days", 6)):
        begins = (today - timedelta(days=days)).timestamp()
        if moment >= begins:
            return name, begins
    day = datetime.fromtimestamp(moment, now.tzinfo)
    begins = day.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
    return (f"{day:%B}" if day.year == today.year else f"{day:%B %Y}"), begins
