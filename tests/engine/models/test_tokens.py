"""Access tokens lie in the keyring, or nowhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked, PasswordDeleteError

from engine.models import tokens
from engine.models.tokens import Tokens, keep_token, token_for


class Box(KeyringBackend):
    """A keyring for a test."""

    priority = 1  # type: ignore[assignment]

    def __init__(self, locked: bool = False) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = locked

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._open()
        if (service, username) not in self.kept:
            raise PasswordDeleteError("none")
        del self.kept[service, username]

    def _open(self) -> None:
        if self.locked:
            raise KeyringLocked("locked")


@pytest.fixture(autouse=True)
def _own_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = keyring.get_keyring()
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("MODELSCOPE_API_TOKEN", raising=False)
    yield
    keyring.set_keyring(before)


def test_a_token_is_kept_in_the_keyring_and_forgotten_again() -> None:
    box = Box()
    keyring.set_keyring(box)
    assert "keyring" in keep_token("huggingface", " secret\n")
    assert box.kept == {("fingerpost", "huggingface"): "secret"}
    assert token_for("huggingface") == "secret"
    assert token_for("modelscope") is None
    assert "No token" in Tokens().keep("huggingface", "")
    assert "No token" in keep_token("huggingface", "")
    assert not box.kept


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.set_keyring(Box())
    keep_token("huggingface", "kept")
    monkeypatch.setenv("HF_TOKEN", "set")
    assert token_for("huggingface") == "set"


class Strange(Box):
    """Its bus fails in a way of its own."""

    def _open(self) -> None:
        raise RuntimeError("no reply")


@pytest.mark.parametrize("backend", [NoKeyring(), Box(locked=True), Strange()], ids=["none", "locked", "strange"])
def test_without_a_keyring_a_token_is_known_to_this_process_alone(backend: KeyringBackend) -> None:
    keyring.set_keyring(backend)
    tokens = Tokens()
    assert "not written to the disk" in tokens.keep("huggingface", "secret")
    assert tokens.of("huggingface") == "secret"
    assert Tokens().of("huggingface") is None
    assert "HF_TOKEN" in keep_token("huggingface", "secret")


def test_a_keyring_that_writes_plain_text_is_none() -> None:
    plain = type("PlaintextKeyring", (Box,), {"__module__": "keyrings.alt.file"})()
    keyring.set_keyring(plain)
    assert "not kept" in keep_token("huggingface", "secret")
    assert not plain.kept


def test_a_locked_keyring_that_nobody_opens_does_not_hold_a_download_up(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()

    class Locked:
        def get_password(self, service: str, name: str) -> str:
            is_over.wait(30)
            return "too late"

    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(tokens, "_keyring", Locked)
    try:
        assert tokens._ask("huggingface", patience=0.05) is None
    finally:
        is_over.set()
