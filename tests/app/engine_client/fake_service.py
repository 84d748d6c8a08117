"""A child that looks after models and does what the names in its requests say. Standard library and the protocol only.

python fake_service.py LOG [silent | deaf]

Each command is noted in LOG, a line of its kind and name. Beside LOG, a file ``survey`` is the `Surveyed` it tells,
``arrivals`` names the folder that models arrive in, and none does while there is a file ``hold``.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from engine.protocol import (
    Cancel,
    CheckMarks,
    Command,
    Done,
    DownloadProgress,
    Event,
    Failed,
    FindOnScreen,
    FoundOnScreen,
    Hello,
    KeepToken,
    MarksChecked,
    Paused,
    Pull,
    Pulled,
    Survey,
    WorkProgress,
    decode_command,
    decode_event,
    encode,
)

LOG = Path(sys.argv[1])
MODE = sys.argv[2] if len(sys.argv) > 2 else ""


def say(*events: Event) -> None:
    for event in events:
        sys.stdout.buffer.write(encode(event))
    sys.stdout.buffer.flush()


def word_of(command: Command) -> str:
    """What it is about, and so what is to happen."""
    return Path(getattr(command, "folder", getattr(command, "name", ""))).name


def note(command: Command) -> None:
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"{command.kind} {word_of(command)}".strip() + "\n")


class Child:
    def __init__(self) -> None:
        self.waiting: dict[str, Command] = {}
        self.token = ""

    def on_line(self, line: bytes) -> None:
        command = decode_command(line)
        note(command)
        word = word_of(command)
        self.misbehave(word)
        match command:
            case Cancel() if word_of(self.waiting.get(command.request_id, command)) != "stuck":
                if (waiting := self.waiting.pop(command.request_id, None)) is not None:
                    self.stop(waiting)
            case Cancel():
                pass
            case Survey():
                told = decode_event(LOG.with_name("survey").read_bytes())
                say(dataclasses.replace(told, request_id=command.request_id))  # type: ignore[type-var]
            case FindOnScreen():
                say(FoundOnScreen(command.request_id, ()))
            case CheckMarks():
                say(MarksChecked(command.request_id, ()))
            case KeepToken():
                self.token = command.token
                say(Done(command.request_id, "", "The token is kept in the keyring."))
            case _ if word == "unreadable":
                say(Failed(None, "bad_message", "A message could not be read. Start Fingerpost again."))
            case _ if word == "fatal":
                say(Failed(command.request_id, "internal", "The disk is gone. Put it back.", fatal=True))
            case _ if word == "refused":
                say(Failed(command.request_id, "wrong_hash", "A file is wrong. Fetch it again."))
            case _ if word == "gated" and not self.token:
                self.progress(command)
                say(Failed(command.request_id, "gated", "This model needs a token. Enter yours."))
            case _ if word in ("slow", "stuck"):
                self.waiting[command.request_id] = command
                self.progress(command)
            case Pull():
                self.progress(command)
                say(Pulled(command.request_id, self.fetched(word)))
            case _:
                self.progress(command)
                say(Done(command.request_id, self.end_of(command), f"{command.kind} is done."))

    def fetched(self, word: str) -> str:
        while LOG.with_name("hold").exists():
            time.sleep(0.02)
        arrivals = LOG.with_name("arrivals")
        folder = Path(arrivals.read_text(encoding="utf-8")) if arrivals.exists() else Path("/models")
        return str(folder / word)

    def end_of(self, command: Command) -> str:
        folder = str(getattr(command, "folder", ""))
        if command.kind in ("remove_model", "discard_download"):
            return ""
        if command.kind == "move_model":
            return f"{getattr(command, 'to', '')}/{Path(folder).name}"
        return folder

    def progress(self, command: Command) -> None:
        name = word_of(command)
        if isinstance(command, Pull):
            hosts = ("huggingface.co",)
            say(
                DownloadProgress(
                    command.request_id, name, name.title(), "fetching", "huggingface", 3, 10, 1.0, 7.0, hosts, ""
                )
            )
        else:
            say(WorkProgress(command.request_id, "model.safetensors", 3, 10))

    def stop(self, command: Command) -> None:
        say(
            Paused(command.request_id)
            if isinstance(command, Pull)
            else Done(command.request_id, getattr(command, "folder", ""), "Stopped.")
        )

    def misbehave(self, word: str) -> None:
        if word == "abort":
            os.abort()
        if word == "memory":
            print("MemoryError", file=sys.stderr, flush=True)
            os._exit(1)
        if word == "late":
            say(Done("another request", "", "not for you"))


def main() -> None:
    if MODE == "silent":
        time.sleep(600)
    say(Hello("models", os.getpid()))
    child = Child()
    for line in sys.stdin.buffer:
        child.on_line(line)
    if MODE == "deaf":
        time.sleep(600)
    os._exit(0)


if __name__ == "__main__":
    main()
