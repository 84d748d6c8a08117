"""A child that speaks the protocol and misbehaves as its question asks. Standard library and the protocol only.

python fake_child.py [silent | deaf | unloadable | fatal | chatty]
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from engine.protocol import (
    Cancel,
    Failed,
    Finished,
    Generate,
    Grounded,
    Hello,
    LoadModel,
    LoadProgress,
    LookAgain,
    ModelInfo,
    PrefillProgress,
    Prepare,
    Ready,
    Text,
    TextDelta,
    Timings,
    Usage,
    decode_command,
    encode,
)

MODE = sys.argv[1] if len(sys.argv) > 1 else ""
INFO = ModelInfo("Tiny", "4B", "fake", "cpu", "float32", 1, 4, 1000, True)
USAGE = Usage(prompt=5, image=0, cached=0, generated=3, reasoning=0)
TIMINGS = Timings(0.0, 0.1, 0.1, 0.2, 20.0)


def write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def say(event) -> None:
    write(encode(event))


class Child:
    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.thread: threading.Thread | None = None

    def on_line(self, line: bytes) -> None:
        command = decode_command(line)
        if isinstance(command, LoadModel):
            self.load(command)
        elif isinstance(command, Cancel):
            self.cancelled.set()
            if command.request_id == "long":
                say(Finished("long", "cancelled", USAGE, TIMINGS, ()))
        elif isinstance(command, Prepare):
            self.prepare(command)
        elif isinstance(command, LookAgain):
            say(Grounded(command.request_id, command.picture.attachment, 1, command.label, command.box))
            say(Finished(command.request_id, "stop", USAGE, TIMINGS, ()))
        elif isinstance(command, Generate):
            self.cancelled.clear()
            self.thread = threading.Thread(target=self.answer, args=(command,), daemon=True)
            self.thread.start()

    def load(self, command: LoadModel) -> None:
        say(LoadProgress(1, 4))
        if MODE == "unloadable":
            say(Failed(None, "model_missing", f"There is no folder {command.path}. Choose another."))
        elif MODE == "fatal":
            say(Failed(None, "model_damaged", "A file is damaged. Fetch it again.", fatal=True))
            sys.exit(1)
        else:
            say(Ready(INFO, 0.1))

    def prepare(self, request: Prepare) -> None:
        name = request.request_id
        say(PrefillProgress(name, 0, 5, 5))
        if name == "abort":
            os.abort()
        if name == "refuse":
            say(Failed(name, "image_unreadable", "This picture can not be read. Choose another."))
        elif name != "long":
            say(Finished(name, "prepared", USAGE, TIMINGS, ()))

    def answer(self, request: Generate) -> None:
        part = request.messages[-1].parts[-1]
        question = part.text if isinstance(part, Text) else ""
        name = request.request_id
        if question == "unreadable":
            say(Failed(None, "bad_message", "This request could not be read. Ask again."))
            return
        say(PrefillProgress(name, 0, 5, 5))
        self.misbehave(question, name)
        if question == "stuck":
            time.sleep(600)
        while question == "long" and not self.cancelled.wait(0.01):
            say(TextDelta(name, "answer", "more "))
        if question == "refuse":
            say(Failed(name, "context_too_long", "Too long. Leave something out."))
            return
        say(TextDelta(name, "answer", "Yes "))
        say(TextDelta(name, "answer", "indeed."))
        say(Finished(name, "cancelled" if self.cancelled.is_set() else "stop", USAGE, TIMINGS, (1, 2, 3)))

    def misbehave(self, question: str, name: str) -> None:
        if question == "abort":
            say(TextDelta(name, "answer", "Half"))
            os.abort()
        if question == "memory":
            print("RuntimeError: DefaultCPUAllocator: can't allocate memory", file=sys.stderr, flush=True)
            os._exit(1)
        if question == "leave":
            for number in range(100):
                print(f"line {number}", file=sys.stderr)
            sys.stderr.flush()
            os._exit(3)
        if question == "garbage":
            write(b"\xff\xfe not JSON\n[]\n" + b"x" * 100 + b'\n{"v": 1, "kind": "unheard_of"}\n\n')
        if question == "too long a line":
            write(b"x" * (17 * 1024 * 1024) + b"\n")
        if question == "split":
            for byte in encode(TextDelta(name, "answer", "é ✓ ")):
                write(bytes([byte]))
        if question == "flood":
            line = encode(TextDelta(name, "answer", "x"))
            write(line * 50_000)
        if question == "late":
            say(TextDelta("another request", "answer", "not for you"))


def main() -> None:
    if MODE == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if MODE == "silent":
        time.sleep(600)
    if MODE == "chatty":
        write(b"Loading a library...\n")
    say(Hello("model", os.getpid()))
    child = Child()
    for line in sys.stdin.buffer:
        child.on_line(line)
    if MODE == "deaf":
        time.sleep(600)
    os._exit(0)


if __name__ == "__main__":
    main()
