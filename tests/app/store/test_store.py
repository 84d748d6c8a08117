"""What a person has asked, answered and shown must be there again, and what was deleted must be gone."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.conversation import Answer, CloserLook, Picture
from app.domain.geometry import Place, Rect
from app.domain.screen import WindowRef
from app.store import Store, StoreError
from engine.protocol import Offer

MakePicture = Callable[..., Picture]
FULL_ANSWER = Answer(
    state="finished",
    text="Layout → Margins\n\n😀",
    reasoning="The person wants\x00 margins.",
    reasoning_seconds=1.5,
    notices=("It went in circles once.",),
    error="",
    offers=(Offer("image_budget", "fast", 900), Offer("drop_turns", "2", 1200)),
    model="Qwen3.5-4B",
    total_seconds=12.25,
    tokens_per_second=4.5,
    image_tokens=1222,
)


def test_everything_comes_back_after_a_restart(folder: Path, picture: MakePicture, place: Place) -> None:
    store = Store(folder)
    first = store.keep(picture(b"one", "Settings", place))
    second = store.keep(picture(b"two", "page.png"))
    conversation = store.create("Margins")
    turn = store.add_turn(conversation.id, None, "Where?", [second, first])
    looks = (
        CloserLook(first, Rect(0.25, 0.5, 0.125, 0.1), "the “left” field", 7),
        CloserLook(second, Rect(0, 0, 1, 1)),
    )
    answer = replace(FULL_ANSWER, looks=looks)
    store.save_answer(turn.id, answer)
    store.set_draft("and then")
    store.close()

    again = Store(folder)
    opened = again.conversation(conversation.id)
    assert opened.title == "Margins"
    assert opened.turns == (replace(turn, answer=answer),)
    assert opened.turns[0].attachments == (second, first)
    assert first.place == place
    assert first.path.read_bytes() == b"one"
    assert again.draft() == "and then"
    assert again.notice == ""
    again.close()


def test_asking_again_and_editing_make_siblings_and_nothing_is_lost(store: Store) -> None:
    conversation = store.create("t").id
    a = store.add_turn(conversation, None, "a", [])
    b = store.add_turn(conversation, a.id, "b", [])
    c = store.add_turn(conversation, b.id, "c", [])
    other_b = store.add_turn(conversation, a.id, "b, edited", [])
    other_a = store.add_turn(conversation, None, "a, edited", [])

    assert other_b.siblings == (b.id, other_b.id)
    assert other_a.siblings == (a.id, other_a.id)
    assert [turn.question for turn in store.conversation(conversation).turns] == ["a, edited"]
    # Of the branches below, the one that was used last.
    assert [turn.question for turn in store.choose(a.id).turns] == ["a", "b, edited"]
    chosen = store.choose(b.id)
    assert [turn.question for turn in chosen.turns] == ["a", "b", "c"]
    assert [turn.siblings for turn in chosen.turns] == [(a.id, other_a.id), (b.id, other_b.id), (c.id,)]
    assert store.conversation(conversation) == chosen
    assert store.parent_of(c.id) == b.id
    assert store.parent_of(other_a.id) is None


def test_first_turns_of_other_conversations_are_no_siblings(store: Store) -> None:
    store.add_turn(store.create("x").id, None, "x", [])
    turn = store.add_turn(store.create("y").id, None, "y", [])
    assert turn.siblings == (turn.id,)


def test_a_long_conversation_opens_and_can_be_removed(store: Store) -> None:
    """SQLite follows foreign keys only 1,000 levels deep."""
    conversation = store.create("long").id
    parent = None
    for number in range(1100):
        parent = store.add_turn(conversation, parent, str(number), []).id
    assert [turn.question for turn in store.conversation(conversation).turns] == [str(n) for n in range(1100)]
    store.delete(conversation)
    store.purge()
    assert store.summaries() == ()


def test_summaries_show_the_newest_first_with_what_they_are_about(store: Store, picture: MakePicture) -> None:
    named = store.create("named").id
    first = store.keep(picture(b"1", "Writer"))
    store.add_turn(named, store.add_turn(named, None, "no picture yet", []).id, "q", [first])
    unnamed = store.create("unnamed").id
    pictures = [store.keep(picture(bytes([n]), "")) for n in range(2)]
    store.add_turn(unnamed, store.add_turn(unnamed, None, "q", pictures).id, "q", [first])
    single = store.create("single").id
    store.add_turn(single, None, "q", pictures[:1])
    text = store.create("text").id
    turn = store.add_turn(text, None, "q", [])
    store.save_answer(turn.id, FULL_ANSWER)
    store.add_turn(text, turn.id, "not answered yet", [])
    empty = store.create("empty").id
    store.rename(named, "Named")

    rows = [(row.id, row.title, row.detail, row.thumbnail) for row in store.summaries()]
    assert rows == [
        (empty, "empty", "", None),
        (text, "text", "Qwen3.5-4B", None),
        (single, "single", "1 picture", pictures[0]),
        (unnamed, "unnamed", "3 pictures", pictures[0]),
        (named, "Named", "Writer", first),
    ]
    store.save_answer(store.conversation(named).turns[-1].id, FULL_ANSWER)
    assert store.summaries()[0].id == named


def test_ten_thousand_conversations_are_listed_by_one_query_over_indexes(store: Store) -> None:
    with store._database.writing() as connection:
        numbers = range(10_000)
        connection.executemany(
            "INSERT INTO conversation (id, title, created, updated) VALUES (?, 't', 0, ?)",
            ((str(n), n) for n in numbers),
        )
        connection.executemany(
            "INSERT INTO turn (id, conversation, question, created) VALUES (?, ?, 'q', 0)",
            ((f"t{n}", str(n)) for n in numbers),
        )
        connection.executemany(
            "INSERT INTO attachment VALUES (?, 0, ?, 'image/png', 1, 1, 'file', '', NULL, '[]')",
            ((f"t{n}", f"{n:064x}") for n in numbers),
        )
    statements: list[str] = []
    with store._database.reading() as connection:
        connection.set_trace_callback(statements.append)
        summaries = store.summaries()
        connection.set_trace_callback(None)
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statements[0]}")]
    assert len(summaries) == 10_000
    assert summaries[0].id == "9999"
    assert len(statements) == 1
    assert [line for line in plan if line.startswith("SCAN")] == [
        "SCAN conversation USING INDEX conversation_by_update"
    ]
    assert not [line for line in plan if "TEMP B-TREE" in line]


def test_a_deleted_conversation_comes_back_until_it_is_purged(store: Store, picture: MakePicture) -> None:
    conversation = store.create("t").id
    attachment = store.keep(picture())
    turn = store.add_turn(conversation, None, "q", [attachment])
    before = store.conversation(conversation)
    store.delete(conversation)
    assert store.summaries() == ()
    with pytest.raises(StoreError, match="no longer in the history"):
        store.conversation(conversation)
    store.save_answer(turn.id, Answer())  # An answer that is still coming in must not fail.
    store.restore(conversation)
    assert store.conversation(conversation).turns == before.turns


def test_purge_removes_pictures_that_nothing_needs_and_no_others(folder: Path, picture: MakePicture) -> None:
    store = Store(folder)
    alone, shared, binned = (store.keep(picture(data)) for data in (b"alone", b"shared", b"binned"))
    doomed, kept, later = (store.create(title).id for title in ("doomed", "kept", "later"))
    store.add_turn(doomed, None, "q", [alone, shared])
    store.add_turn(kept, None, "q", [shared])
    store.add_turn(later, None, "q", [binned])
    store.close()

    store = Store(folder)
    store.delete(doomed)
    store.purge()
    assert [path.exists() for path in (alone.path, shared.path, binned.path)] == [False, True, True]
    assert {row.id for row in store.summaries()} == {kept, later}
    with pytest.raises(StoreError):
        store.restore(doomed)
    store.close()


def test_a_picture_in_the_composer_outlives_a_purge_but_not_the_program(folder: Path, picture: MakePicture) -> None:
    store = Store(folder)
    conversation = store.create("t").id
    sent = store.keep(picture(b"sent"))
    store.add_turn(conversation, None, "q", [sent])
    waiting = store.keep(picture(b"sent"))  # the same bytes, now waiting for the next question
    never_sent = store.keep(picture(b"never sent"))
    store.delete(conversation)
    store.purge()
    assert waiting.path.exists()
    assert never_sent.path.exists()
    store.add_turn(store.create("u").id, None, "q", [waiting])
    store.close()
    assert waiting.path.exists()
    assert not never_sent.path.exists()


def test_what_a_crash_left_behind_is_swept_after_a_day(folder: Path, picture: MakePicture) -> None:
    crashed = Store(folder)
    old, fresh = crashed.keep(picture(b"old")), crashed.keep(picture(b"fresh"))
    crashed._database.close()
    part = old.path.with_name(".half.part")
    part.write_bytes(b"half a pict")
    notes = old.path.parent / ".DS_Store"
    notes.write_bytes(b"not ours")
    two_days_ago = time.time() - 2 * 24 * 3600
    for path in (old.path, part, notes):
        os.utime(path, (two_days_ago, two_days_ago))

    store = Store(folder)
    store.purge()
    assert [path.exists() for path in (old.path, part, fresh.path, notes)] == [False, False, True, True]
    store.close()


def test_the_same_picture_is_kept_once(store: Store, folder: Path, picture: MakePicture) -> None:
    first, second = store.keep(picture(b"same", "a.png")), store.keep(picture(b"same", "b.png"))
    assert first.path == second.path == folder / "pictures" / first.id[:2] / f"{first.id}.png"
    assert (first.title, second.title) == ("a.png", "b.png")
    assert len(list((folder / "pictures").rglob("*.png"))) == 1


def test_a_picture_cut_short_on_disk_is_written_again(store: Store, picture: MakePicture) -> None:
    attachment = store.keep(picture(b"whole"))
    attachment.path.write_bytes(b"who")
    assert store.keep(picture(b"whole")).path.read_bytes() == b"whole"


@pytest.mark.skipif(os.name != "posix", reason="other systems keep a person's folder private by themselves")
def test_nobody_else_may_look(store: Store, folder: Path, picture: MakePicture) -> None:
    store.keep(picture())
    store.create("t")
    for path in (folder, *folder.rglob("*")):
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_names_that_are_not_utf_8_can_be_kept(store: Store, picture: MakePicture) -> None:
    """Linux file names and X11 window titles may be any bytes."""
    name = os.fsdecode(b"caf\xe9.png") if os.name == "posix" else "caf\udce9.png"
    attachment = store.keep(picture(title=name))
    conversation = store.create(f"about {name}")
    turn = store.add_turn(conversation.id, None, name, [attachment])
    store.save_answer(turn.id, Answer(state="failed", error=name, notices=(name,)))
    store.set_draft(name)
    assert store.conversation(conversation.id).turns[0].question == "caf?.png"


@pytest.mark.parametrize(
    "act",
    [
        lambda store, turn: store.conversation("gone"),
        lambda store, turn: store.add_turn("gone", None, "q", []),
        lambda store, turn: store.add_turn(store.create("other").id, turn, "q", []),
        lambda store, turn: store.save_answer("gone", Answer()),
        lambda store, turn: store.choose("gone"),
        lambda store, turn: store.parent_of("gone"),
        lambda store, turn: store.rename("gone", "t"),
        lambda store, turn: store.delete("gone"),
    ],
)
def test_what_is_gone_is_said_to_be_gone(store: Store, act: Callable[[Store, str], object]) -> None:
    turn = store.add_turn(store.create("t").id, None, "q", [])
    with pytest.raises(StoreError, match="no longer in the history"):
        act(store, turn.id)


def test_deleted_text_does_not_stay_in_the_file(folder: Path) -> None:
    store = Store(folder)
    conversation = store.create("t").id
    store.add_turn(conversation, None, "my secret question", [])
    store.delete(conversation)
    store.purge()
    store.close()
    assert b"my secret question" not in (folder / "history.sqlite").read_bytes()


def test_a_second_window_sees_what_the_first_wrote(store: Store, folder: Path) -> None:
    second = Store(folder)
    conversation = store.create("t").id
    assert [row.id for row in second.summaries()] == [conversation]
    second.close()


def test_the_window_of_a_picture_is_known_as_long_as_the_program_runs(store: Store, picture: MakePicture) -> None:
    window = WindowRef(7, 42, "Editor", Rect(0, 0, 100, 100))
    conversation = store.create("Where?")
    kept = store.keep(replace(picture(), window=window))
    turn = store.add_turn(conversation.id, None, "Where?", [kept])
    assert turn.window == window
    assert store.conversation(conversation.id).turns[0].window == window
    store.close()
    reopened = Store(store._folder)
    assert reopened.conversation(conversation.id).turns[0].window is None
    reopened.close()
