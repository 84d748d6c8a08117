"""The stand-in model: it says its script, whatever way the session drives it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from engine.backends.base import Cancelled, Chunk, OutOfMemory, State
from engine.backends.factory import load_backend
from engine.backends.scripted import ScriptedBackend
from engine.spec import ModelError
from tests.scripted import answer, count, end, error, loop, make_scripted, out_of_memory, say, stall

OFF, ON = "<think>\n\n</think>\n\n", "<think>\n"


class Driver:
    """Feeds a prompt and takes the likeliest token again and again."""

    def __init__(self, folder: Path) -> None:
        self.backend = load_backend(folder, "auto", "auto", lambda done, total: None, lambda: None)
        assert isinstance(self.backend, ScriptedBackend)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.end = self.tokenizer.token_to_id("<|im_end|>")

    def read(self, state: State, text: str) -> np.ndarray:
        ids = np.array(self.tokenizer.encode(text, add_special_tokens=False).ids)
        chunk = Chunk(ids, np.tile(np.arange(len(ids)), (3, 1)))
        return self.backend.prefill(state, chunk, lambda: None)

    def speak(self, state: State, logits: np.ndarray, limit: int = 200) -> str:
        tokens: list[int] = []
        while len(tokens) < limit and (token := int(np.argmax(logits))) != self.end:
            tokens.append(token)
            logits = self.backend.step(state, token, 0)
        return str(self.tokenizer.decode(tokens, skip_special_tokens=False))

    def ask(self, question: str, think: str = OFF) -> str:
        state = self.backend.new_state()
        return self.speak(state, self.read(state, prompt(question, think)))


def prompt(question: str, think: str) -> str:
    return f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n{think}"


def test_answers_come_in_order_and_by_word(tmp_path: Path) -> None:
    driver = Driver(make_scripted(tmp_path, ["One", "Two é 🙂", answer(say("Rain."), when="weather")]))
    asked = ["a", "what Weather?", "b", "c"]
    assert [driver.ask(question) for question in asked] == ["One", "Rain.", "Two é 🙂", "Two é 🙂"]


def test_thinking_leads_to_the_answer(tmp_path: Path) -> None:
    driver = Driver(make_scripted(tmp_path, [answer(say("Four."), thinking=[say("2 + 2")])]))
    assert driver.ask("?", ON) == "2 + 2\n</think>\n\nFour."
    assert driver.ask("?", OFF) == "Four."


def test_a_think_block_closed_by_the_session_leads_to_the_answer(tmp_path: Path) -> None:
    driver = Driver(make_scripted(tmp_path, [answer(say("Four."), thinking=[loop("hm ")])]))
    state = driver.backend.new_state()
    assert driver.speak(state, driver.read(state, prompt("?", ON)), limit=6) == "hm hm "
    assert driver.speak(state, driver.read(state, "\n</think>\n\n")) == "Four."


def test_a_second_attempt_from_a_copy_says_the_other_answer(tmp_path: Path) -> None:
    driver = Driver(make_scripted(tmp_path, [answer(loop("na "), again=[say("Better.")])]))
    state = driver.backend.new_state()
    head, tail = prompt("?", OFF).split("<think>")
    driver.read(state, head)
    boundary = driver.backend.copy_state(state)
    assert driver.speak(state, driver.read(state, "<think>" + tail), limit=9) == "na na na "
    assert driver.speak(boundary, driver.read(boundary, "<think>" + tail)) == "Better."


def test_the_runner_up_of_an_end_is_the_other_answer(tmp_path: Path) -> None:
    driver = Driver(make_scripted(tmp_path, [answer(end(), again=[say("Well.")])]))
    state = driver.backend.new_state()
    logits = driver.read(state, prompt("?", OFF))
    assert int(np.argmax(logits)) == driver.end
    logits[driver.end] = -np.inf
    assert driver.speak(state, logits) == "Well."


def test_counting_never_ends(tmp_path: Path) -> None:
    assert Driver(make_scripted(tmp_path, [answer(count())])).ask("?").startswith("1 2 3 4 5 6 7 8 9 10 11 ")


@pytest.mark.parametrize("where", ["reading", "first token", "later token"])
def test_errors_come_where_the_script_has_them(tmp_path: Path, where: str) -> None:
    steps = {"first token": [error()], "later token": [say("a"), error()]}.get(where, [])
    driver = Driver(make_scripted(tmp_path, [answer(*steps, reading=[out_of_memory()] if where == "reading" else [])]))
    with pytest.raises(OutOfMemory if where == "reading" else RuntimeError):
        driver.ask("?")


def test_a_stall_that_heeds_cancel_ends_at_the_checkpoint(tmp_path: Path) -> None:
    def stop() -> None:
        raise Cancelled

    folder = make_scripted(tmp_path, loading=[stall(600, heeds_cancel=True)])
    with pytest.raises(Cancelled):
        load_backend(folder, "auto", "auto", lambda done, total: None, stop)


def test_a_broken_script_says_so(tmp_path: Path) -> None:
    folder = make_scripted(tmp_path)
    config = (folder / "config.json").read_text(encoding="utf-8").replace('"say"', '"sing"')
    (folder / "config.json").write_text(config, encoding="utf-8")
    with pytest.raises(ModelError, match="there is no step 'sing'"):
        load_backend(folder, "auto", "auto", lambda done, total: None, lambda: None)
