"""Messages are read with who wrote them, their text once, and what is attached."""

from __future__ import annotations

import tempfile
from email.message import EmailMessage
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.documents.job import Job
from engine.documents.readers.email import read


def _message(html: bool = True) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "Änne <anne@example.org>", "bob@example.org"
    message["Date"], message["Subject"] = "Mon, 04 Mar 2024 10:00:00 +0100", "Größe des Büros"
    message.set_content("Hello Bob,\n\nthe office has 40 m².\n")
    if html:
        message.add_alternative("<p>Hello Bob, <b>the office</b> has 40 m².</p>", subtype="html")
    return message


def test_the_text_is_read_once_with_header_and_attachments(tmp_path: Path) -> None:
    message = _message()
    message.add_attachment("id,n\n1,2\n", subtype="csv", filename="Zahlen.csv")
    message.add_attachment(b"%PDF-1.7" + bytes(3_000), maintype="application", subtype="pdf", filename="Plan.pdf")
    inner = _message(html=False)
    inner.replace_header("Subject", "Inner")
    message.add_attachment(inner)
    path = tmp_path / "a.eml"
    path.write_bytes(message.as_bytes())
    document = read(path, "a.eml", Job())
    assert document.title == "Größe des Büros"
    spans = [(span.kind, span.text) for span in document.pages[0].spans]
    assert spans[0][1].startswith("From: Änne <anne@example.org>\nTo: bob@example.org\nDate: Mon, 04 Mar 2024")
    assert spans[1:3] == [("text", "Hello Bob,"), ("text", "the office has 40 m².")]
    assert [text for kind, text in spans if kind == "note"][:2] == [
        "Attachment: Zahlen.csv (9 bytes)", "Attachment: Plan.pdf (3.0 kB)",
    ]  # fmt: skip
    assert [page.label for page in document.pages] == ["", "Zahlen.csv", "Inner"]
    assert document.pages[1].text == "id,n\n1,2"
    assert "the office has 40 m²." in document.pages[2].text
    assert document.notes == ("Attachments that were not opened: Plan.pdf (3.0 kB). Save and add them to read them.",)


def test_a_message_of_html_alone_is_read(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "x"
    message.set_content("<h1>News</h1><script>no</script><p>Read me</p>", subtype="html")
    path = tmp_path / "a.eml"
    path.write_bytes(message.as_bytes())
    assert [span.text for span in read(path, "a.eml", Job()).pages[0].spans] == ["Subject: x", "News", "Read me"]


_PIECES = st.sampled_from([
    b"From: ", b"Subject: =?utf-8?q?x?=", b"=?x?b?", b"\n", b"\n\n", b"Content-Type: multipart/mixed; boundary=X\n\n",
    b"--X\n",
    b"--X--\n", b"Content-Type: text/plain; charset=nope\n\n", b"Content-Transfer-Encoding: base64\n",
    b"Content-Disposition: attachment; filename*=utf-8''%E4\n", b"Content-Type: message/rfc822\n\n", b"\xff\x00",
    b"text",
    b"To: <", b"Date: x\n", b"Content-Type: ;;\n", b"Content-Type: text/html\n\n<p>x",
])  # fmt: skip


@given(st.lists(_PIECES, max_size=25))
def test_no_message_breaks_the_reader(pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.eml"
        path.write_bytes(b"".join(pieces))
        assert read(path, "a.eml", Job()).pages
