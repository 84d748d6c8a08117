"""What the hubs have in common: a repository's listing, what goes wrong, and how it is said."""

from __future__ import annotations

import contextlib
import email.utils
import json
import re
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Self

import httpx2

from engine.models.manifest import is_inside
from engine.protocol import FailureCode, SourceName

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
ANSWER_LIMIT = 32 * 2**20
"""Bytes. A listing or a configuration is a few kilobytes; nothing that calls itself one is read beyond this."""

_REPO = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"[0-9a-f]{40}")


class HubError(Exception):
    """A hub did not give what was asked of it. `str()` is a sentence for a person.

    `code` is the protocol's: ``unreachable`` (another source, or a later try, may help), ``repo_missing``, ``gated``,
    ``model_unsupported``, ``internal``. `host` is who was asked, `retry_after` the seconds it wants to be left alone.
    """

    def __init__(self, code: FailureCode, message: str, host: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.host = host
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository: `path` with slashes, `size` in bytes, hashes in lower-case hex, ``""`` where the hub
    tells none (`git_sha1` is that of the git blob). `url` is on the hub itself and may lead on to another host."""

    path: str
    size: int
    sha256: str
    git_sha1: str
    url: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A repository at `revision`: a commit, or the branch where the hub tells none. Every path is inside the folder."""

    source: SourceName
    repo: str
    revision: str
    files: tuple[RemoteFile, ...]


class Hub(ABC):
    """A place where models are published. Close it, or use it in ``with``; a `client` that was given stays open.

    A token only ever goes to `endpoint`: the client drops it where an answer leads on to another host.
    """

    name: ClassVar[SourceName]
    title: ClassVar[str]
    """Its name for a person."""
    branch: ClassVar[str]
    """Where the newest revision is."""

    def __init__(self, endpoint: str, client: httpx2.Client | None = None) -> None:
        """`endpoint` with or without a scheme. Raises `HubError` (``unreachable``) where it is no address."""
        self.endpoint = _address(endpoint)
        self._owned = client is None
        self._client = client or new_client()

    @property
    def host(self) -> str:
        """The name of the machine at `endpoint`."""
        return httpx2.URL(self.endpoint).host

    def headers(self, token: str | None) -> dict[str, str]:
        """What goes with every request; files come as they are, so that their bytes can be counted."""
        headers = {"User-Agent": "fingerpost", "Accept-Encoding": "identity"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return headers

    @abstractmethod
    def snapshot(self, repo: str, revision: str, token: str | None) -> Snapshot:
        """What `repo` holds at `revision` (``""``: the newest). Raises `HubError`."""

    @abstractmethod
    def file_url(self, repo: str, revision: str, path: str) -> str:
        """Where a file is to be had."""

    @abstractmethod
    def refusal(self, response: httpx2.Response, repo: str) -> HubError:
        """What an answer of this hub other than a success means; for files of `repo` as well."""

    def fetch(self, url: str, repo: str, token: str | None) -> Any:
        """The JSON document at `url`. Raises `HubError`."""
        try:
            with self._client.stream("GET", url, headers=self.headers(token), follow_redirects=True) as response:
                body = _read(response)
        except httpx2.RequestError as error:
            raise unreachable(error, self.host) from error
        if not response.is_success:
            raise self.refusal(response, repo)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self.nonsense() from error

    def passing(self, response: httpx2.Response) -> HubError | None:
        """What may be over at the next try: 429, 5xx, and whatever a host says that the hub has led on to, where an
        address is only good for a while. None for another answer."""
        host = response.url.host
        if response.status_code == 429:
            said = f"{host} asks for a pause: too many requests came from here. Try again in a few minutes."
        elif response.is_server_error or host != self.host:
            said = f"{host} did not give what was asked for (error {response.status_code}). Try again later."
        else:
            return None
        return HubError("unreachable", said, host, retry_after(response))

    def nonsense(self) -> HubError:
        """The answer is not of the form it has to have: a sign-in page of a network, or no such hub."""
        return HubError(
            "unreachable",
            f"{self.host} did not answer as {self.title} does. Check the address, or whether this network asks you to "
            "sign in first.",
            self.host,
        )

    def checked_repo(self, repo: str) -> str:
        """`repo`, once it is known to be a name such as ``Qwen/Qwen3.5-4B``. Raises `HubError`."""
        if not _REPO.fullmatch(repo) or not is_inside(repo):
            raise HubError(
                "repo_missing", f"“{repo}” is not the name of a repository. Write it as OWNER/NAME.", self.host
            )
        return repo

    def file(self, repo: str, revision: str, path: Any, size: Any, sha256: Any, git_sha1: Any) -> RemoteFile:
        """A row of a listing. Raises `HubError` for one that is no file, or lies outside the folder."""
        if not isinstance(path, str) or not isinstance(size, int) or size < 0:
            raise self.nonsense()
        if not is_inside(path):
            raise HubError(
                "internal",
                f"{repo} on {self.host} holds a file that would lie outside its folder ({path!r}). "
                "Take the model from another source.",
                self.host,
            )
        url = self.file_url(repo, revision, path)
        return RemoteFile(path, size, _hash(sha256, _SHA256), _hash(git_sha1, _SHA1), url)

    def close(self) -> None:
        """Let go of the connections."""
        if self._owned:
            self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def new_client() -> httpx2.Client:
    """A client for a hub and for the hosts its files lie on. Proxies and certificates are those of the environment."""
    return httpx2.Client(timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS), follow_redirects=True)


def unreachable(error: httpx2.RequestError, host: str) -> HubError:
    """A request that got no whole answer, said to a person. `host` where the error names none itself."""
    with contextlib.suppress(RuntimeError):
        host = error.request.url.host or host
    if isinstance(error, httpx2.ProxyError):
        said = f"The proxy refused to lead to {host}. Check the proxy settings."
    elif isinstance(error, httpx2.TimeoutException):
        said = f"{host} did not answer in time. Try again later, or take another source."
    elif "CERTIFICATE_VERIFY_FAILED" in str(error):
        said = f"The certificate of {host} is not trusted here. Check this computer’s clock and the network’s proxy."
    else:
        said = f"{host} can not be reached. Check the network connection, or take another source."
    return HubError("unreachable", said, host)


def retry_after(response: httpx2.Response) -> float | None:
    """Seconds from now that the host asks to be left alone, never negative; None where it does not say."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _read(response: httpx2.Response) -> bytes:
    body = bytearray()
    for part in response.iter_raw():
        body += part
        if len(body) > ANSWER_LIMIT:
            break
    return bytes(body)


def _address(endpoint: str) -> str:
    text = endpoint.strip()
    text = (text if "://" in text else f"https://{text}").rstrip("/")
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in ("http", "https") or not url.host or " " in text:
        raise HubError("unreachable", f"“{endpoint}” is not the address of a hub. Check the address.", endpoint)
    return text


def _hash(value: Any, form: re.Pattern[str]) -> str:
    text = value.lower() if isinstance(value, str) else ""
    return text if form.fullmatch(text) else ""
