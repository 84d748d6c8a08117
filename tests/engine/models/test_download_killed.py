"""A process that is killed loses nothing: the promise of less than one percent fetched again."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.downloads import files_of, publish_known, source_of, wanted_of, write_repo
from tests.hub_server import HubServer
from tests.worker.child import ROOT

KILLS = 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="attempts are forked")
def test_fifty_kills_lose_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was on the disk when a process died must never be asked for again; of what had reached the process and not
    yet the disk, next to nothing. What was still on its way, in the buffers of two systems, no program could keep: it
    is not counted, though the server sent it."""
    repo = write_repo(tmp_path / "repo", sizes=(3_000_000, 2_000_000))
    total = sum(map(len, wanted_of(repo).values()))
    chance = random.Random(50)
    points = [*sorted(chance.randrange(total) for _ in range(KILLS - 1)), total]
    models = tmp_path / "models"
    with HubServer() as server:
        publish_known(server, repo)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        server.fail("*.safetensors", times=None, rate=1_500_000)
        command = [sys.executable, "-m", "tests.killed_downloads", str(models), ",".join(map(str, points))]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert not done.returncode, done.stderr
        asked = {name: [line.range for line in server.asked(name)] for name in wanted_of(repo)}
    told = json.loads(done.stdout)
    folder = models / source_of("huggingface").repo.rpartition("/")[2]
    assert files_of(folder) == wanted_of(repo)
    assert len(told["kept"]) == KILLS
    for name, ranges in asked.items():
        # An attempt that is killed early asks for nothing, so each start must be what one of the kills left.
        starts = [int(text.removeprefix("bytes=").removesuffix("-") or 0) for text in ranges]
        assert starts == sorted(starts)
        assert set(starts) <= {0, *(parts.get(name, 0) for parts in told["kept"])}
    again = told["received"] - total
    print(f"{KILLS} kills: {again:,} of {total:,} bytes were received twice ({again / total:.3%})")
    assert again < 0.01 * total
