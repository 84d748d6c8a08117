"""huggingface.co and its mirrors. Files come over plain HTTPS, in ranges, with the hashes of the listing.

The requests are those of ``HfApi.model_info(files_metadata=True)`` and ``hf_hub_url``, and the error codes those that
`huggingface_hub` reads. They go through a client of this hub's own: the library's is shared by all threads, waits for
ever and can not be closed.
"""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote

import httpx2
from huggingface_hub import hf_hub_url

from engine.models.hubs.base import Hub, HubError, RemoteFile, Snapshot
from engine.protocol import SourceName

_BAD_TOKEN = "Invalid credentials in Authorization header"


class HuggingFace(Hub):
    """As `Hub`."""

    name: ClassVar[SourceName] = "huggingface"
    title = "Hugging Face"
    branch = "main"

    def snapshot(self, repo: str, revision: str, token: str | None) -> Snapshot:
        """As `Hub.snapshot`."""
        asked = quote(revision or self.branch, safe="")
        url = f"{self.endpoint}/api/models/{self.checked_repo(repo)}/revision/{asked}?blobs=true"
        document = self.fetch(url, repo, token)
        commit = document.get("sha") if isinstance(document, dict) else None
        rows = document.get("siblings") if isinstance(document, dict) else None
        if not isinstance(commit, str) or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self.nonsense()
        # The listing of such a repository is open to all, its files are not.
        if document.get("gated") and not token:
            raise _gated(repo, self.host)
        return Snapshot(self.name, repo, commit, tuple(self._file(repo, commit, row) for row in rows))

    def file_url(self, repo: str, revision: str, path: str) -> str:
        """As `Hub.file_url`."""
        return hf_hub_url(repo, path, revision=revision, endpoint=self.endpoint)

    def refusal(self, response: httpx2.Response, repo: str) -> HubError:
        """As `Hub.refusal`."""
        host = response.url.host
        reason = response.headers.get("X-Error-Code", "")
        if reason == "GatedRepo":
            return _gated(repo, host)
        if reason == "RevisionNotFound":
            return HubError("repo_missing", f"{repo} on {host} has no such revision. Check the revision.", host)
        if reason == "RepoNotFound":
            return _missing(repo, host)
        if reason == "EntryNotFound":
            return HubError("repo_missing", f"A file of {repo} is not on {host}. Take another revision.", host)
        passing = self.passing(response)
        if passing is not None:
            return passing
        if response.status_code == 403 and "Authorization" not in response.request.headers:
            return _gated(repo, host)
        if response.status_code == 403 or response.headers.get("X-Error-Message") == _BAD_TOKEN:
            return HubError(
                "gated", f"{host} does not open {repo} to this access token. Give another access token.", host
            )
        # Without a token, a missing repository and a private one are both answered with 401.
        return _missing(repo, host) if response.status_code in (401, 404) else self.nonsense()

    def _file(self, repo: str, commit: str, row: dict[str, Any]) -> RemoteFile:
        lfs = row.get("lfs")
        # The git hash of a file in LFS is that of its pointer.
        sha256, git_sha1 = (lfs.get("sha256"), "") if isinstance(lfs, dict) else ("", row.get("blobId"))
        return self.file(repo, commit, row.get("rfilename"), row.get("size"), sha256, git_sha1)


def _gated(repo: str, host: str) -> HubError:
    return HubError(
        "gated",
        f"{repo} is only given to those whom its makers have let in. Ask for access on its page on {host}, then give "
        "an access token.",
        host,
    )


def _missing(repo: str, host: str) -> HubError:
    return HubError(
        "repo_missing",
        f"{host} has no repository {repo}, or it is private. Check the name, or give an access token.",
        host,
    )
