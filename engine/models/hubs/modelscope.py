"""modelscope.cn, by the two addresses that its own client uses: ``repo/files`` lists, ``repo`` gives a file.

What that client and its users report: an unknown revision is answered with 200 and no files; `Sha256` is there for
every file; the newest commit is told by its first eight digits, and whole in the rows of the files that it changed;
files outside LFS are sent without a redirect and whole, whatever range is asked for.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar
from urllib.parse import urlencode

import httpx2

from engine.models.hubs.base import Hub, HubError, Snapshot
from engine.protocol import SourceName

_COMMIT = re.compile(r"[0-9a-f]{40}")


class ModelScope(Hub):
    """As `Hub`."""

    name: ClassVar[SourceName] = "modelscope"
    title = "ModelScope"
    branch = "master"

    def headers(self, token: str | None) -> dict[str, str]:
        """As `Hub.headers`; parts of this hub know a token as a header, others as a cookie."""
        headers = super().headers(token)
        if token:
            headers["Cookie"] = f"m_session_id={token}"
        return headers

    def snapshot(self, repo: str, revision: str, token: str | None) -> Snapshot:
        """As `Hub.snapshot`, of the top folder: a listing ends without a word after some thousand entries."""
        asked = {"Revision": revision} if revision else {}
        query = urlencode({**asked, "Recursive": "False"})
        url = f"{self.endpoint}/api/v1/models/{self.checked_repo(repo)}/repo/files?{query}"
        document = self.fetch(url, repo, token)
        if not isinstance(document, dict) or document.get("Code") != 200 or not isinstance(document.get("Data"), dict):
            raise self.nonsense()
        rows = document["Data"].get("Files")
        if not rows:
            raise HubError(
                "repo_missing",
                f"{repo} on {self.host} has no revision {revision or self.branch}. Check the revision.",
                self.host,
            )
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self.nonsense()
        commit = _commit(revision or self.branch, document["Data"].get("LatestCommitter"), rows)
        files = tuple(
            self.file(repo, commit, row.get("Path"), row.get("Size"), row.get("Sha256"), "")
            for row in rows
            if row.get("Type") != "tree"
        )
        return Snapshot(self.name, repo, commit, files)

    def file_url(self, repo: str, revision: str, path: str) -> str:
        """As `Hub.file_url`."""
        query = urlencode({"Revision": revision, "FilePath": path})
        return f"{self.endpoint}/api/v1/models/{repo}/repo?{query}"

    def refusal(self, response: httpx2.Response, repo: str) -> HubError:
        """As `Hub.refusal`."""
        host = response.url.host
        passing = self.passing(response)
        if passing is not None:
            return passing
        if response.status_code == 404:
            return HubError(
                "repo_missing",
                f"{host} has no repository {repo} or not this file of it, or it is private. Check the name, or give an "
                "access token.",
                host,
            )
        if response.status_code in (401, 403):
            return HubError(
                "gated",
                f"{host} gives {repo} only to those who have access. Ask for access on its page, then give an access "
                "token.",
                host,
            )
        return self.nonsense()


def _commit(asked: str, newest: Any, rows: list[dict[str, Any]]) -> str:
    """The commit of a listing where it can be told, else what was asked for."""
    if _COMMIT.fullmatch(asked) or not isinstance(newest, dict):
        return asked
    known = (newest.get("Id"), *(row.get("Revision") for row in rows))
    start = newest.get("ShortId") or newest.get("Id")
    if not isinstance(start, str) or len(start) < 8:
        return asked
    whole = (one for one in known if isinstance(one, str) and _COMMIT.fullmatch(one) and one.startswith(start))
    return next(whole, asked)
