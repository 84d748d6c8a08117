"""Messages as mail programs save them: header, text, and attachments that are text themselves."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage, MIMEPart
from pathlib import Path

from engine.documents.document import Document, Page, Span
from engine.documents.job import Job
from engine.documents.readers.text import paragraphs
from engine.documents.text.encodings import clean, decode
from engine.documents.text.flow import Block, flow, title_of
from engine.documents.text.markup import html_text, parse_markup

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_TEXT = ("text/", "application/json", "application/xml", "application/x-yaml", "message/delivery-status")
# What the parsers of the standard library raise on headers and bodies that break the rules.
_ODD = (LookupError, ValueError, TypeError, AttributeError, UnicodeError)
_MOST_PARTS = 500


def read(path: Path, name: str, job: Job) -> Document:
    """The message in parts, and each attachment that is text as further parts with its name as label."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    headers = [f"{field}: {value}" for field in _SHOWN if (value := _header(message, field))]
    main, others = _bodies(message)
    blocks: list[Block] = [Span("\n".join(headers))] if headers else []
    for part in main:
        blocks += _content(part)
    unread = []
    read_as_text: list[tuple[str, list[Block]]] = []
    for part in others:
        label, size = _file_name(part), _size(part)
        if part.get_content_type() == "message/rfc822" or part.get_content_type().startswith(_TEXT):
            read_as_text.append((label, _attached(part)))
        else:
            unread.append(f"{label} ({_in_words(size)})")
        blocks.append(Span(f"Attachment: {label} ({_in_words(size)})", "note"))
    pages = _pages(blocks, read_as_text, job)
    notes = (
        (f"Attachments that were not opened: {', '.join(unread)}. Save and add them to read them.",) if unread else ()
    )
    return Document("email", title_of((), name, _header(message, "Subject")), "part", pages, notes=notes)


def _pages(blocks: list[Block], attached: list[tuple[str, list[Block]]], job: Job) -> tuple[Page, ...]:
    pages: list[Page] = []
    for label, group in (("", blocks), *attached):
        job.checkpoint()
        for page in flow(group, job).pages:
            pages.append(replace(page, number=len(pages) + 1, label=label))
    return tuple(pages)


def _bodies(message: EmailMessage) -> tuple[list[MIMEPart], list[MIMEPart]]:
    """The parts that are shown as the message, and the others, in their order."""
    main: list[MIMEPart] = []
    others: list[MIMEPart] = []
    for part in _leaves(message):
        kind = part.get_content_type()
        shown = kind in ("text/plain", "text/html") and not (main and _named(part))
        (main if shown and _disposition(part) != "attachment" else others).append(part)
    plain = [part for part in main if part.get_content_type() == "text/plain" and _text(part).strip()]
    # The same text twice: as plain text and as HTML.
    if plain and len(plain) < len(main) and _is_alternative(message):
        main = plain
    return main, others


def _leaves(part: MIMEPart) -> Iterator[MIMEPart]:
    """Parts that hold no others; a message in the message is one."""
    waiting: list[MIMEPart] = [part]
    count = 0
    while waiting and count < _MOST_PARTS:
        current = waiting.pop()
        payload = current.get_payload()
        if isinstance(payload, list) and current.get_content_maintype() == "multipart":
            waiting += [child for child in reversed(payload) if isinstance(child, MIMEPart)]
        else:
            count += 1
            yield current


def _is_alternative(message: EmailMessage) -> bool:
    return any(part.get_content_type() == "multipart/alternative" for part in message.walk())


def _content(part: MIMEPart) -> list[Block]:
    if part.get_content_type() == "text/html":
        return parse_markup(_text(part)).blocks
    return list(paragraphs(_text(part)))


def _attached(part: MIMEPart) -> list[Block]:
    payload = part.get_payload()
    if isinstance(payload, list):  # A message: its header and its text, but not what is attached to that.
        inner = next((child for child in payload if isinstance(child, EmailMessage)), None)
        if inner is None:
            return []
        headers = [f"{field}: {value}" for field in _SHOWN if (value := _header(inner, field))]
        blocks: list[Block] = [Span("\n".join(headers))] if headers else []
        for body in _bodies(inner)[0]:
            blocks += _content(body)
        return blocks
    if part.get_content_type() in ("text/plain", "text/html"):
        return _content(part)
    return [Span(_text(part).strip("\n"), "code")] if _text(part).strip() else []


def _text(part: MIMEPart) -> str:
    data = _data(part)
    try:
        charset = str(part.get_content_charset() or "")
    except _ODD:
        charset = ""
    return html_text(data, charset) if part.get_content_type() == "text/html" else decode(data, charset)


def _data(part: MIMEPart) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except _ODD:
        data = None
    if isinstance(data, bytes):
        return data
    payload = part.get_payload()
    return payload.encode("utf-8", "replace") if isinstance(payload, str) else b""


def _size(part: MIMEPart) -> int:
    payload = part.get_payload()
    if isinstance(payload, list):
        return sum(len(_data(leaf)) for child in payload if isinstance(child, MIMEPart) for leaf in _leaves(child))
    return len(_data(part))


def _header(message: MIMEPart, field: str) -> str:
    try:
        value = message.get(field, "")
    except _ODD:
        value = next((text for key, text in message.raw_items() if key.lower() == field.lower()), "")
    return " ".join(clean(str(value)).split())


def _named(part: MIMEPart) -> bool:
    try:
        return bool(part.get_filename())
    except _ODD:
        return False


def _disposition(part: MIMEPart) -> str:
    try:
        return part.get_content_disposition() or ""
    except _ODD:
        return ""


def _file_name(part: MIMEPart) -> str:
    """What an attachment is called; a message without a name by its subject."""
    try:
        name = part.get_filename() or ""
    except _ODD:
        name = ""
    payload = part.get_payload()
    if not name and isinstance(payload, list) and payload and isinstance(payload[0], MIMEPart):
        name = _header(payload[0], "Subject")
    return " ".join(clean(name).split()) or "without a name"


def _in_words(size: int) -> str:
    if size < 1_000:
        return f"{size} bytes"
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"
