"""What kind of file it is: by what is in it. The ending of the name only decides between kinds of text."""

from __future__ import annotations

import re
from pathlib import Path

from engine.documents.document import DocumentError
from engine.documents.limits import Limits, SafeZip, open_zip
from engine.documents.office import ole
from engine.documents.text.encodings import decode, marked_encoding
from engine.protocol import DocumentKind

HEAD = 1 << 16
"""Bytes at the beginning that are looked at."""

_PICTURES = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+",
)  # fmt: skip
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif")

_OPEN_DOCUMENT: dict[str, DocumentKind] = {
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/epub+zip": "epub",
}
_CONTENT_TYPES: tuple[tuple[str, DocumentKind], ...] = (
    ("wordprocessingml.document.main", "docx"),
    ("wordprocessingml.template.main", "docx"),
    ("ms-word.document.macroenabled", "docx"),
    ("ms-word.template.macroenabled", "docx"),
    ("presentationml.presentation.main", "pptx"),
    ("presentationml.slideshow.main", "pptx"),
    ("presentationml.template.main", "pptx"),
    ("ms-powerpoint.", "pptx"),
    ("spreadsheetml.sheet.main", "xlsx"),
    ("spreadsheetml.template.main", "xlsx"),
    ("ms-excel.sheet.", "xlsx"),
    ("ms-excel.template.", "xlsx"),
)
_MAIN_PARTS: tuple[tuple[str, DocumentKind], ...] = (
    ("word/document.xml", "docx"),
    ("ppt/presentation.xml", "pptx"),
    ("xl/workbook.xml", "xlsx"),
    ("xl/workbook.bin", "xlsx"),
    ("META-INF/container.xml", "epub"),
)

_BODIES: tuple[tuple[bytes, DocumentKind], ...] = (
    (b"office:text", "odt"),
    (b"office:spreadsheet", "ods"),
    (b"office:presentation", "odp"),
)

_CODE = frozenset((
    ".asm", ".awk", ".bash", ".bat", ".c", ".cc", ".cfg", ".clj", ".cmake", ".cmd", ".conf", ".cpp", ".cs",
    ".css", ".cu", ".cxx", ".d", ".dart", ".diff", ".dockerfile", ".el", ".erl", ".ex", ".exs", ".f90", ".fs",
    ".go", ".gradle", ".graphql", ".groovy", ".h", ".hpp", ".hs", ".hxx", ".ini", ".java", ".jl", ".js", ".jsx",
    ".kt", ".kts", ".less", ".lisp", ".lua", ".m", ".mjs", ".ml", ".mm", ".nim", ".patch", ".php", ".pl", ".pm",
    ".properties", ".proto", ".ps1", ".py", ".pyi", ".r", ".rb", ".rs", ".sass", ".scala", ".scm", ".scss",
    ".sh", ".sql", ".svelte", ".svg", ".swift", ".tcl", ".tex", ".tf", ".toml", ".ts", ".tsx", ".v", ".vb",
    ".vhdl", ".vim", ".vue", ".xml", ".xsd", ".xsl", ".xslt", ".yaml", ".yml", ".zig", ".zsh",
))  # fmt: skip
_SUFFIXES: dict[str, DocumentKind] = {
    ".htm": "html", ".html": "html", ".xhtml": "html",
    ".md": "markdown", ".markdown": "markdown", ".mdown": "markdown", ".mkd": "markdown",
    ".csv": "csv", ".tsv": "csv", ".tab": "csv",
    ".json": "json", ".jsonl": "json", ".ndjson": "json", ".geojson": "json", ".ipynb": "json", ".webmanifest": "json",
}  # fmt: skip
_PLAIN = frozenset((".txt", ".text", ".log", ".rst", ".adoc", ".org", ".srt", ".vtt", ".nfo"))
_MAIL = frozenset((".eml", ".mht", ".mhtml"))

_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>])", re.I | re.S)
_JSON = re.compile(r'\s*(?:\{\s*["}]|\[\s*(?:["\[{\]]|-?\d|true|false|null))')
_HEADER = re.compile(
    r"(?:from|to|cc|date|subject|received|return-path|message-id|mime-version|delivered-to|reply-to|sender|"
    r"content-type|dkim-signature|arc-[a-z-]+|x-[a-z0-9-]+):",
    re.I,
)
_TELLING = re.compile(r"^(?:from|received|return-path|message-id|mime-version|delivered-to):", re.I | re.M)
_MARKDOWN = re.compile(r"^(?:#{1,6} \S|```|\|? ?:?-{3,}:? ?\||[-*+] \[[ xX]\] )|\]\(https?://", re.M)


def kind_of(path: Path, name: str = "", limits: Limits | None = None) -> DocumentKind:
    """The kind of the file at `path`, which messages call `name`, as the person does.

    Raises:
        DocumentError: it is not there, empty, a folder, locked with a password, or of no kind that can be read.
    """
    name = name or path.name
    head = _head(path, name)
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if _is_picture(head):
        return "picture"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        with open_zip(path, limits or Limits(), name) as file:
            return _zip_kind(file, name)
    if head.startswith(ole.MAGIC):
        return _ole_kind(path, name)
    if head.startswith(b"{\\rtf"):
        raise _refusal(f"{name} is a Rich Text file, which is not read here. Save it as .docx or PDF and add that.")
    if not _is_text(head):
        raise _refusal(
            f"{name} is not a document, a text or a picture that can be read here. "
            "Export it as PDF or plain text and add that."
        )
    return _text_kind(decode(head), Path(name).suffix.lower(), len(head) < HEAD)


def is_macro_file(members: tuple[str, ...]) -> bool:
    """Whether one of the members of an Office file is a project with macros."""
    return any(member.lower().endswith("vbaproject.bin") for member in members)


def _head(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError as error:
        raise _refusal(f"{name} is not there any more. Add it again.") from error
    except IsADirectoryError as error:
        raise _refusal(f"{name} is a folder. Add the files in it.") from error
    except PermissionError as error:
        if path.is_dir():  # Windows says it so.
            raise _refusal(f"{name} is a folder. Add the files in it.") from error
        raise _refusal(f"{name} may not be read. Change its permissions or add a copy of it.") from error
    except OSError as error:
        raise _refusal(f"{name} can not be read from its disk. Copy it elsewhere and add the copy.") from error
    if not head:
        raise _refusal(f"{name} is empty. Choose the file that has something in it.")
    return head


def _is_picture(head: bytes) -> bool:
    if head.startswith(_PICTURES) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        return True
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF:
        return True
    # "BM" begins many a text too: a bitmap also has two zero words and a known header size.
    return head.startswith(b"BM") and head[6:10] == bytes(4) and head[15:18] == bytes(3)


def _zip_kind(file: SafeZip, name: str) -> DocumentKind:
    if "mimetype" in file and file.size("mimetype") < 200:
        declared = file.read("mimetype").decode("ascii", "replace").strip().removesuffix("-template")
        if declared in _OPEN_DOCUMENT:
            return _OPEN_DOCUMENT[declared]
    if "[Content_Types].xml" in file:
        types = file.read("[Content_Types].xml").decode("utf-8", "replace").lower()
        for mark, kind in _CONTENT_TYPES:
            if mark in types:
                return kind
    for part, kind in _MAIN_PARTS:
        if part in file:
            return kind
    if "content.xml" in file:
        content = file.read("content.xml")[:HEAD]
        for body, kind in _BODIES:
            if body in content:
                return kind
    if any(member.endswith(".iwa") for member in file.names):
        raise _refusal(f"{name} is a file of Pages, Numbers or Keynote. Export it as PDF there and add that.")
    raise _refusal(f"{name} is an archive of other files. Unpack it and add the files in it.")


def _ole_kind(path: Path, name: str) -> DocumentKind:
    streams = ole.top_streams(path)
    if not streams:
        raise _refusal(f"{name} is damaged or cut short. Open it in the program it comes from and save it again.")
    if "EncryptedPackage" in streams:
        raise _refusal(
            f"{name} is locked with a password. Open it in the program it comes from, save it without the password "
            "and add it again."
        )
    if streams & {"Workbook", "Book"}:
        return "xls"
    if "WordDocument" in streams:
        raise _refusal(
            f"{name} is a document of Word 97 to 2003. Save it as .docx in Word or LibreOffice and add that."
        )
    if "PowerPoint Document" in streams:
        raise _refusal(
            f"{name} is a presentation of PowerPoint 97 to 2003. Save it as .pptx in PowerPoint or LibreOffice and "
            "add that."
        )
    if "__properties_version1.0" in streams:
        raise _refusal(f"{name} is a message of Outlook. Save it as .eml or PDF and add that.")
    raise _refusal(f"{name} is of an old Office format that is not read here. Save it as PDF and add that.")


def _is_text(head: bytes) -> bool:
    """Whether hardly any character is a control character."""
    encoding = marked_encoding(head)
    if encoding.startswith(("utf-16", "utf-32")):
        text = head[: len(head) // 4 * 4].decode(encoding, "replace")
        return len(_ODD.findall(text)) <= len(text) // 50
    odd = len(head.translate(None, _TEXT_BYTES))
    return odd <= len(head) // 100


_ODD = re.compile("[\x00-\x07\x0e-\x1a\x1c-\x1f�]")
_TEXT_BYTES = bytes(set(range(256)) - set(range(32)) - {127}) + b"\t\n\r\f\v\b\x1b"


def _text_kind(text: str, suffix: str, whole: bool) -> DocumentKind:
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    if suffix in _CODE:
        return "code"
    if _HTML.match(text):
        return "html"
    if suffix in _MAIL or _is_mail(text):
        return "email"
    if suffix in _PLAIN:
        return "text"
    if text.lstrip().startswith(("<?xml", "#!")):
        return "code"
    if _JSON.match(text) and (not whole or text.rstrip().endswith(("}", "]"))):
        return "json"
    if _is_table(text):
        return "csv"
    if len(_MARKDOWN.findall(text)) >= 2:
        return "markdown"
    return "text"


def _is_mail(text: str) -> bool:
    """Whether it begins with the header of a message: at least three known fields, one of which only mail has."""
    header = text.lstrip().partition("\n\n")[0]
    lines = [line for line in header.split("\n") if not line.startswith((" ", "\t"))]
    known = sum(1 for line in lines if _HEADER.match(line))
    return known >= 3 and known * 2 > len(lines) and bool(_TELLING.search(header))


def _is_table(text: str) -> bool:
    """Whether its first lines have the same number of tabs, semicolons or commas, at least two."""
    lines = [line for line in text.split("\n")[:21] if line.strip()][:20]
    if len(lines) < 3:
        return False
    return any(len({line.count(mark) for line in lines}) == 1 and lines[0].count(mark) >= 2 for mark in "\t;,")


def _refusal(message: str) -> DocumentError:
    return DocumentError("document_unreadable", message)
