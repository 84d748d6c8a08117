"""Brings one file, whatever the network does."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import httpx2

from engine.models.download.crew import Halt
from engine.models.download.errors import DownloadError, Interrupted, Refused, SourceLost, WrongFile
from engine.models.download.gauge import Gauge
from engine.models.download.part import Part
from engine.models.download.retry import Patience
from engine.models.hubs import Hub, RemoteFile, retry_after, unreachable
from engine.models.manifest import FileFact

MOST_REDIRECTS = 8
MOST_REFUSALS = 5
"""In a row, by a host that the hub leads on to."""
PASSING = frozenset({408, 425, 429})
"""Answers that another try may change, besides all of 500 and up."""
CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Access:
    """A repository on a hub, and what opens it."""

    hub: Hub
    repo: str
    token: str | None

    def headers(self, url: httpx2.URL) -> dict[str, str]:
        """For a request to `url`: no other host than the hub's is told the token."""
        return self.hub.headers(self.token if _origin(url) == _origin(httpx2.URL(self.hub.endpoint)) else None)


def fact_of(file: RemoteFile) -> FileFact:
    """What is published of a file."""
    return FileFact(file.path, file.size, file.sha256, file.git_sha1)


class Fetcher:
    """Brings files of one repository; one object for all of its threads. With `tries`, a source that brings nothing so
    often in a row is given up."""

    def __init__(
        self, client: httpx2.Client, access: Access, halt: Halt, gauge: Gauge, patience: Patience, tries: int | None
    ) -> None:
        self._client, self._access = client, access
        self._halt, self._gauge = halt, gauge
        self._patience, self._tries = patience, tries

    def fetch(self, remote: RemoteFile, target: Path) -> None:
        """Bring `remote` to `target`, from the byte on where an earlier try stopped, and check it.

        Raises:
            DownloadError: the host refuses it, or it was wrong twice.
            SourceLost: nothing came for all the tries.
            Stopped: called off.
            OSError: the disk is full, or may not be written to.
        """
        with closing(Part(target, fact_of(remote))) as part, self._halt.ending(part.close):
            if part.size:
                with self._gauge.reading():
                    part.read(self._halt.check)
            try:
                self._bring(remote, part)
            except WrongFile as error:
                log.warning("%s of %s is fetched again: %s", remote.path, self._access.repo, error)
                self._restart(part)
            else:
                return
            try:
                self._bring(remote, part)
            except WrongFile as error:
                self._restart(part)
                raise DownloadError(
                    "wrong_hash",
                    f"{remote.path} came wrong from {self._access.hub.host} twice: {error}. Try again later, or fetch "
                    "the model from another source; the other files are kept.",
                ) from error

    def _bring(self, remote: RemoteFile, part: Part) -> None:
        failures = 0
        while part.size < remote.size:
            before = part.size
            try:
                with self._gauge.asking():
                    self._request(remote, part)
            except (Interrupted, httpx2.RequestError) as error:
                failures = 1 if part.size > before else failures + 1
                self._pause(remote.path, failures, error)
        part.finish()

    def _pause(self, path: str, failures: int, error: Interrupted | httpx2.RequestError) -> None:
        self._halt.check()
        if isinstance(error, Interrupted):
            said, asked = str(error), error.retry_after
        else:
            said, asked = str(unreachable(error, self._access.hub.host)), None
        log.info("interrupted (%d in a row): %s %r", failures, said, error)
        if self._tries is not None and failures >= self._tries:
            raise SourceLost(said) from error
        if isinstance(error, Refused) and failures >= MOST_REFUSALS:
            raise DownloadError("unreachable", f"{said} Try again later, or take another source.") from error
        # A connection that is cut and comes back at once is nothing to tell a person of.
        if failures > 1 or asked:
            self._gauge.wait(path, f"{said} It is tried again by itself.")
        self._halt.wait(self._patience.pause(failures, asked))

    def _request(self, remote: RemoteFile, part: Part) -> None:
        """One request and what its answer brings. Raises `Interrupted`, `WrongFile`, or what httpx2 does."""
        with self._answer(httpx2.URL(remote.url), part.size) as answer:
            if answer.status_code not in (200, 206):
                self._refused(answer, remote)
            start, total = _extent(answer)
            if total is not None and total != remote.size:
                raise WrongFile(f"it has {total:,} bytes, and {remote.size:,} were announced")
            if start != part.size:
                if start:
                    raise Interrupted(f"{answer.url.host} sent another part of {remote.path} than it was asked for.")
                log.info("%s sends no parts of files: %s begins anew", answer.url.host, remote.path)
                self._restart(part)
            before = part.size
            for data in answer.iter_raw():
                if part.size + len(data) > remote.size:
                    raise WrongFile(f"it has more bytes than the {remote.size:,} that were announced")
                part.append(data)
                self._gauge.came(remote.path, len(data))
            if part.size == before:
                raise Interrupted(f"{answer.url.host} sent nothing of {remote.path}.")

    @contextmanager
    def _answer(self, url: httpx2.URL, start: int) -> Iterator[httpx2.Response]:
        """The answer to a request for all bytes from `start` on, wherever redirects lead."""
        for _ in range(MOST_REDIRECTS):
            headers = self._access.headers(url)
            if start:
                headers["Range"] = f"bytes={start}-"
            request = self._client.build_request("GET", url, headers=headers)
            answer = self._client.send(request, stream=True, follow_redirects=False)
            if not answer.has_redirect_location:
                with self._halt.ending(lambda answer=answer: _cut(answer)):  # type: ignore[misc]
                    try:
                        yield answer
                    finally:
                        answer.close()
                return
            answer.close()
            url = _next(answer)
        raise Interrupted(f"{url.host} leads in circles.")

    def _refused(self, answer: httpx2.Response, remote: RemoteFile) -> NoReturn:
        host = answer.url.host
        if answer.status_code == 416:
            raise WrongFile(f"it has fewer bytes than the {remote.size:,} that were announced")
        at_hub = _origin(answer.url) == _origin(httpx2.URL(self._access.hub.endpoint))
        said = f"{host} does not give {remote.path} now ({answer.status_code})."
        if answer.status_code in PASSING or answer.is_server_error:
            raise Interrupted(said, retry_after(answer))
        if not at_hub:
            raise Refused(said)
        answer.read()
        error = self._access.hub.refusal(answer, self._access.repo)
        if error.code == "unreachable":
            raise Interrupted(str(error), error.retry_after)
        raise DownloadError(error.code, str(error))

    def _restart(self, part: Part) -> None:
        self._gauge.dropped(part.size)
        part.restart()


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _next(answer: httpx2.Response) -> httpx2.URL:
    try:
        return answer.url.join(answer.headers["Location"])
    except httpx2.InvalidURL as error:
        raise Interrupted(f"{answer.url.host} leads to an address that is none.") from error


def _extent(answer: httpx2.Response) -> tuple[int, int | None]:
    """Where the bytes of an answer begin, and how many the whole file has, as far as it tells."""
    if answer.status_code == 206:
        found = CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if found is None:
            raise Interrupted(f"{answer.url.host} sent a part of a file without saying which.")
        return int(found[1]), None if found[2] == "*" else int(found[2])
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() and "Content-Encoding" not in answer.headers else None


def _cut(answer: httpx2.Response) -> None:
    """End the connection under a thread that waits for its bytes."""
    stream = answer.extensions.get("network_stream")
    connection = stream.get_extra_info("socket") if stream is not None else None
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
