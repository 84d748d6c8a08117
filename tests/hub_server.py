"""A hub on loopback that speaks as huggingface.co and as modelscope.cn do, with faults that tests ask for.

``127.0.0.1`` is the hub, ``localhost`` the other host that large files are led on to, as on the real ones. It runs in
threads of the test's process; `python -m tests.hub_server OWNER/NAME FOLDER` runs one of its own until its input ends.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.message import Message
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Self
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from tests.hub_repos import NO_LISTING, PIECE, HubFile, Repo, facts_of, huggingface_listing, modelscope_listing, pieces

MEMBER = "token-of-a-member"
STRANGER = "token-of-a-stranger"
"""The hub knows both; only the first opens what is gated or private. Every other token is none."""
LISTING = "listing"
"""What a fault and the log call the request for a listing. The bytes of a file are called by its path, and
``PATH@hub`` is the request that only leads on to them."""


@dataclass
class Fault:
    """What goes wrong with the next `times` requests (None: all) for what matches `pattern`.

    `status`: answer with it, and with `retry_after`. `page`: answer with this text instead. Else the bytes come,
    `rate` a second (0: at once), `wrong` in all their bits, `whole` whatever range was asked for; and after `after` of
    them (0: before the answer) they stop for `stall` seconds, or until `gate` is set, or the connection is `cut`.
    """

    pattern: str
    times: int | None = 1
    status: int = 0
    retry_after: str = ""
    page: str = ""
    rate: float = 0
    wrong: bool = False
    whole: bool = False
    after: int = 0
    cut: bool = False
    stall: float = 0
    gate: threading.Event | None = None


@dataclass
class Request:
    """A line of the log. `sent` counts the bytes of a file's body that the system took. A killed client may not have
    read the last of them: megabytes of them, or a few kilobytes at a `rate` that it keeps up with."""

    method: str
    target: str
    host: str
    what: str
    range: str
    headers: Message
    status: int = 0
    sent: int = 0


@dataclass
class _State:
    repos: dict[str, Repo] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    connections: set[socket.socket] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)

    def fault_for(self, what: str) -> Fault:
        with self.lock:
            for fault in self.faults:
                if fault.times != 0 and fnmatchcase(what, fault.pattern):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return Fault("")


class HubServer:
    """Use it in ``with``. `requests` and `faults` are the test's to read and to change."""

    def __init__(self) -> None:
        self._state = _State()
        self._http = _Http(self._state)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), name="hub", daemon=True)
        self.requests = self._state.requests
        self.faults = self._state.faults
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self.cdn_host = f"localhost:{self._http.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._state.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.drop_connections()
        self._http.server_close()

    def add_repo(
        self, name: str, folder: Path, *, gated: bool = False, private: bool = False, revision: str = ""
    ) -> Repo:
        """Publish `folder` under both dialects, at a commit (`revision`, else one made from the name)."""
        commit = revision or hashlib.sha1(name.encode()).hexdigest()
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        files = {path.relative_to(folder).as_posix(): path for path in paths}
        repo = Repo(name, commit, {key: facts_of(key, path) for key, path in files.items()}, gated, private)
        self._state.repos[name] = repo
        return repo

    def fail(self, pattern: str, **how: object) -> Fault:
        """Add a fault; see `Fault`."""
        fault = Fault(pattern, **how)  # type: ignore[arg-type]
        self._state.faults.append(fault)
        return fault

    def sent(self, pattern: str = "*") -> int:
        """Bytes of files that went out for what matches `pattern`."""
        return sum(request.sent for request in list(self.requests) if fnmatchcase(request.what, pattern))

    def asked(self, pattern: str = "*") -> list[Request]:
        """The requests for what matches `pattern`, in order."""
        return [request for request in list(self.requests) if fnmatchcase(request.what, pattern)]


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, state: _State) -> None:
        self.state = state
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # Without asking the network for this machine's name.
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        # What lies in buffers when a client is killed was not fetched: keep them small.
        request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * PIECE)
        with self.state.lock:
            self.state.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        with self.state.lock:
            self.state.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), OSError):  # A client that has gone is what the tests are about.
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def drop_connections(self) -> None:
        with self.state.lock:
            left = list(self.state.connections)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(split.query).items()}
        parts = [unquote(part) for part in split.path.split("/")[1:]]
        self.line = Request(
            self.command, self.path, self.headers["Host"], "", self.headers.get("Range", ""), self.headers
        )
        with self.server.state.lock:
            self.server.state.requests.append(self.line)
        match parts:
            case ["cdn", owner, name, *path]:
                self._other_host(self._repo(owner, name), "/".join(path))
            case ["api", "models", owner, name, "revision", revision]:
                self._huggingface(self._repo(owner, name), revision, LISTING, blobs="blobs" in query)
            case ["api", "resolve-cache", "models", owner, name, revision, *path]:
                self._huggingface(self._repo(owner, name), revision, "/".join(path))
            case [owner, name, "resolve", revision, *path]:
                self._huggingface(self._repo(owner, name), revision, "/".join(path), asks_where=True)
            case ["api", "v1", "models", owner, name, "repo", "files"]:
                recursive = query.get("Recursive") == "True"
                self._modelscope(self._repo(owner, name), query.get("Revision", ""), LISTING, recursive)
            case ["api", "v1", "models", owner, name, "repo"]:
                self._modelscope(self._repo(owner, name), query.get("Revision", ""), query.get("FilePath", ""))
            case _:
                self._answer(404, b"Not Found", {"Content-Type": "text/plain"})

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing: the log is `HubServer.requests`."""

    # --- huggingface.co ---------------------------------------------------------------------------------------------

    def _huggingface(
        self, repo: Repo | None, revision: str, what: str, *, asks_where: bool = False, blobs: bool = False
    ) -> None:
        file = repo.files.get(what) if repo else None
        # What is closed or empty is sent at once; all else lies elsewhere on this host, or on the other one.
        leads_on = (repo is not None and file is not None) and (
            file.lfs or (asks_where and file.size > 0 and not (repo.gated or repo.private))
        )
        self.line.what = f"{what}@hub" if leads_on else what
        fault = self.server.state.fault_for(self.line.what)
        token = self._token()
        if self._told(fault):
            return
        if token not in ("", MEMBER, STRANGER):
            self._refuse(401, "", "Invalid credentials in Authorization header")
        elif repo is None or (repo.private and token != MEMBER):
            self._refuse(404 if token else 401, "RepoNotFound", "Repository not found")
        elif not repo.knows(revision):
            self._refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        elif what == LISTING:
            self._json(200, huggingface_listing(repo, blobs))
        elif repo.gated and token != MEMBER:
            self._refuse(403 if token else 401, "GatedRepo", f"Access to model {repo.name} is restricted.")
        elif file is None:
            self._refuse(404, "EntryNotFound", "Entry not found")
        elif file.lfs:
            linked = {"X-Linked-Size": str(file.size), "X-Linked-Etag": f'"{file.sha256}"'}
            self._lead_on(repo, file, {"X-Repo-Commit": repo.commit, **linked})
        elif leads_on:
            self._redirect(307, f"/api/resolve-cache/models/{repo.name}/{repo.commit}/{quote(what)}", {})
        else:
            self._body(file, fault, {"X-Repo-Commit": repo.commit, "ETag": f'"{file.git_sha1}"'})

    def _refuse(self, status: int, code: str, message: str) -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": message}
        self._json(status, {"error": message}, {key: value for key, value in headers.items() if value})

    # --- modelscope.cn ----------------------------------------------------------------------------------------------

    def _modelscope(self, repo: Repo | None, revision: str, what: str, recursive: bool = False) -> None:
        file = repo.files.get(what) if repo else None
        self.line.what = f"{what}@hub" if file and file.lfs else what
        fault = self.server.state.fault_for(self.line.what)
        if self._told(fault):
            return
        if repo is None:
            self._envelope(404, None, "Model does not exist")
        elif (repo.private or repo.gated) and self._token() != MEMBER:
            self._envelope(403, None, "No permission")
        elif what == LISTING:
            data = modelscope_listing(repo, recursive) if repo.knows(revision) else NO_LISTING
            self._envelope(200, data, "success")
        elif file is None or not repo.knows(revision):
            self._envelope(404, None, "File does not exist")
        elif file.lfs:
            self._lead_on(repo, file, {"X-Linked-ETag": f'"{file.sha256}"'})
        else:
            self._body(file, replace(fault, whole=True), {})

    def _envelope(self, status: int, data: object, message: str) -> None:
        document = {"Code": status, "Data": data, "Message": message, "RequestId": "0", "Success": status == 200}
        self._json(status, document)

    # --- The other host ---------------------------------------------------------------------------------------------

    def _lead_on(self, repo: Repo, file: HubFile, headers: dict[str, str]) -> None:
        signed = urlencode({"X-Amz-Signature": file.sha256})
        target = f"http://localhost:{self.server.server_port}/cdn/{repo.name}/{quote(file.path)}?{signed}"
        self._redirect(302, target, headers)

    def _other_host(self, repo: Repo | None, path: str) -> None:
        file = repo.files.get(path) if repo else None
        self.line.what = path
        if "Authorization" in self.headers or "Cookie" in self.headers:
            self._answer(400, b"Only one auth mechanism allowed", {"Content-Type": "text/plain"})
        elif file is None or "X-Amz-Signature" not in self.path:
            self._answer(403, b"Access denied", {"Content-Type": "text/plain"})
        else:
            fault = self.server.state.fault_for(path)
            if not self._told(fault):
                self._body(file, fault, {"ETag": f'"{file.sha256}"'})

    # --- Answers ----------------------------------------------------------------------------------------------------

    def _repo(self, owner: str, name: str) -> Repo | None:
        return self.server.state.repos.get(f"{owner}/{name}")

    def _token(self) -> str:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ")

    def _told(self, fault: Fault) -> bool:
        """Whether the fault is an answer of its own, or none at all."""
        if fault.after == 0 and self._breaks_off(fault):
            return True
        if fault.status:
            after = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            self._answer(fault.status, b"{}", {"Content-Type": "application/json", **after})
        elif fault.page:
            self._answer(200, fault.page.encode(), {"Content-Type": "text/html"})
        return bool(fault.status or fault.page)

    def _json(self, status: int, document: object, headers: dict[str, str] | None = None) -> None:
        self._answer(status, json.dumps(document).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _redirect(self, status: int, target: str, headers: dict[str, str]) -> None:
        self._answer(status, b"", {"Location": target, **headers})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self._head(status, len(body), headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.line.status = status
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _body(self, file: HubFile, fault: Fault, headers: dict[str, str]) -> None:
        size = file.source.stat().st_size
        start, end = (0, size) if fault.whole else _range(self.line.range, size)
        if start >= size > 0:
            self._answer(416, b"", {"Content-Range": f"bytes */{size}"})
            return
        ranged = bool(self.line.range) and not fault.whole
        if not fault.whole:
            headers["Accept-Ranges"] = "bytes"
        if ranged:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        self._head(206 if ranged else 200, end - start, {"Content-Type": "application/octet-stream", **headers})
        if self.command != "HEAD":
            self._send(file, fault, start, end)

    def _send(self, file: HubFile, fault: Fault, start: int, end: int) -> None:
        flip = bytes(range(255, -1, -1))
        for piece in pieces(file.source, start, end, start + fault.after):
            if self.line.sent == fault.after > 0 and self._breaks_off(fault):
                return
            if fault.rate and self.server.state.closing.wait(len(piece) / fault.rate):
                self.close_connection = True
                return
            self.wfile.write(piece.translate(flip) if fault.wrong else piece)
            self.line.sent += len(piece)

    def _breaks_off(self, fault: Fault) -> bool:
        """Waits as long as the fault says; whether the connection ends here."""
        closing = self.server.state.closing
        while fault.gate is not None and not fault.gate.wait(0.02) and not closing.is_set():
            pass
        self.close_connection = closing.wait(fault.stall) or fault.cut
        return self.close_connection


def _range(text: str, size: int) -> tuple[int, int]:
    """``bytes=a-`` and ``bytes=a-b`` as a half-open range, all of it where none is asked for."""
    first, _, last = text.removeprefix("bytes=").partition("-")
    return (int(first) if first else 0, min(size, int(last) + 1) if last else size)


def main(arguments: list[str], say: Callable[[str], None] = print) -> None:
    name, folder = arguments
    with HubServer() as server:
        server.add_repo(name, Path(folder))
        say(server.url)
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
