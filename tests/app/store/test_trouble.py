"""Full disks, locks, damage, newer programs, kill -9: said in one sentence, and nothing that was kept is lost."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.conversation import Answer, Picture
from app.store import Store, StoreError, database, schema

MakePicture = Callable[..., Picture]
ROOT = Path(__file__).parents[3]

WRITER = """
import sys
from pathlib import Path
from app.domain.conversation import Answer
from app.store import Store
store = Store(Path(sys.argv[1]))
conversation, parent = store.create("t").id, None
print(conversation, flush=True)
for number in range(100_000):
    parent = store.add_turn(conversation, parent, f"question {number}", []).id
    store.save_answer(parent, Answer(state="streaming", text="half"))
    store.save_answer(parent, Answer(state="finished", text=f"answer {number} " + "x" * 2000))
    print(number, flush=True)
"""

FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from app.domain.conversation import Picture
from app.store import Store, StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    store.keep(Picture(b"x" * 200_000, "image/png", 1, 1, "file", "big.png"))
except StoreError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 and file size limits are POSIX")
def test_every_finished_answer_survives_kill_9(folder: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert child.stdout is not None
    conversation = child.stdout.readline().strip()
    finished = [int(child.stdout.readline()) for _ in range(25)]
    child.send_signal(signal.SIGKILL)
    finished += [int(line) for line in child.stdout.read().split()]
    child.wait()
    child.stdout.close()

    store = Store(folder)
    turns = store.conversation(conversation).turns
    texts = {turn.question: turn.answer for turn in turns}
    for number in finished:
        answer = texts[f"question {number}"]
        assert answer.state == "finished"
        assert answer.text.startswith(f"answer {number} ")
    assert store.notice == ""
    store.close()


@pytest.mark.parametrize("state", ["waiting", "streaming"])
def test_an_answer_cut_off_by_a_crash_is_shown_as_stopped_with_its_text(folder: Path, state: str) -> None:
    crashed = Store(folder)
    conversation = crashed.create("t").id
    turn = crashed.add_turn(conversation, None, "q", [])
    crashed.save_answer(turn.id, Answer(state=state, text="as far as it"))
    assert crashed.conversation(conversation).turns[0].answer.state == state  # still being answered
    crashed._database.close()

    store = Store(folder)
    assert store.conversation(conversation).turns[0].answer == Answer(state="stopped", text="as far as it")
    store.save_answer(turn.id, Answer(state="waiting"))  # asked once more
    assert store.conversation(conversation).turns[0].answer.state == "waiting"
    store.close()


def test_a_full_disk_is_said_and_leaves_everything_as_it_was(store: Store) -> None:
    conversation = store.create("t").id
    turn = store.add_turn(conversation, None, "q", [])
    store.save_answer(turn.id, Answer(state="finished", text="kept"))
    before = store.conversation(conversation)
    with store._database.reading() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="disk is full"):
        store.save_answer(turn.id, Answer(state="finished", text="x" * 1_000_000))
    with pytest.raises(StoreError, match="disk is full"):
        store.add_turn(conversation, turn.id, "y" * 1_000_000, [])
    assert store.conversation(conversation) == before
    with store._database.reading() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    store.save_answer(turn.id, Answer(state="finished", text="x" * 1_000_000))  # space was freed: it goes on


@pytest.mark.skipif(os.name != "posix", reason="kill -9 and file size limits are POSIX")
def test_a_picture_that_does_not_fit_leaves_nothing_behind(folder: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(folder)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert child.stdout.startswith("The disk is full")
    assert not [path for path in (folder / "pictures").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(errno.ENOSPC, "disk is full"), (errno.EACCES, "may not write"), (errno.EIO, "reports an error")],
)
def test_a_picture_that_can_not_be_put_in_place(
    store: Store, folder: Path, picture: MakePicture, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(StoreError, match=sentence):
            store.keep(picture())
    assert not [path for path in (folder / "pictures").rglob("*") if path.is_file()]
    assert store.keep(picture()).path.read_bytes() == b"one"


def test_another_program_that_holds_the_lock_is_named(store: Store, folder: Path) -> None:
    with store._database.reading() as connection:
        connection.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(folder / "history.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="Another program is using"):
        store.create("t")
    assert store.summaries() == ()  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    store.create("t")


def test_a_newer_history_is_refused_and_not_touched(folder: Path) -> None:
    folder.mkdir()
    path = folder / "history.sqlite"
    newer = sqlite3.connect(path)
    newer.execute("CREATE TABLE future (x)")
    newer.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    newer.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer Fingerpost"):
        Store(folder)
    assert path.read_bytes() == before
    assert [item.name for item in folder.iterdir()] == ["history.sqlite"]


@pytest.mark.parametrize("rubbish", [b"this is no database at all, but long enough to have a header " * 40, b"short"])
def test_a_file_that_is_no_database_is_set_aside(folder: Path, rubbish: bytes) -> None:
    folder.mkdir()
    (folder / "history.sqlite").write_bytes(rubbish)
    store = Store(folder)
    (aside,) = database.damaged_files(folder)
    assert aside.read_bytes() == rubbish
    assert aside.name in store.notice
    store.create("t")
    store.close()
    again = Store(folder)
    assert again.notice == ""
    assert len(again.summaries()) == 1
    again.close()


def test_damage_met_in_use_is_said_and_set_aside_at_the_next_start(folder: Path, picture: MakePicture) -> None:
    store = Store(folder)
    conversation = store.create("t").id
    attachment = store.keep(picture())
    turn = store.add_turn(conversation, None, "q", [attachment])
    for _ in range(50):
        turn = store.add_turn(conversation, turn.id, "q" * 5000, [])
    store.close()
    path = folder / "history.sqlite"
    data = bytearray(path.read_bytes())
    data[4096 * 4 :] = b"\xff" * (len(data) - 4096 * 4)
    path.write_bytes(data)

    store = Store(folder)
    with pytest.raises(StoreError, match="history is damaged"):
        store.conversation(conversation)
    store._database.close()

    store = Store(folder)
    assert "set aside" not in store.notice
    assert store.notice.startswith("The history was damaged")
    assert store.summaries() == ()
    # The old history may be repaired one day: its pictures stay.
    os.utime(attachment.path, (0, 0))
    store.purge()
    assert attachment.path.exists()
    store.close()
    sound = Store(folder)
    assert sound.notice == ""
    sound.close()


def test_a_suspicion_that_proves_wrong_changes_nothing(folder: Path) -> None:
    store = Store(folder)
    store.create("t")
    store.close()
    (folder / "history-suspect").touch()
    store = Store(folder)
    assert (store.notice, len(store.summaries())) == ("", 1)
    assert not (folder / "history-suspect").exists()
    store.close()


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"a file stands in the way")
    with pytest.raises(StoreError):
        Store(tmp_path / "data")


def test_pictures_are_kept_from_many_threads_at_once(store: Store, picture: MakePicture) -> None:
    kept: list[Path] = []
    threads = [
        threading.Thread(target=lambda n=n: kept.append(store.keep(picture(bytes([n % 4]) * 1000)).path))
        for n in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 16
    assert len(set(kept)) == 4
    assert all(path.stat().st_size == 1000 for path in kept)
