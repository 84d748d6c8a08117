"""Access tokens of the hubs: from the environment, or the system's keyring. Never in a file."""

from __future__ import annotations

import logging
import os
import queue
import threading
from typing import Any

from engine.protocol import SourceName

SERVICE = "fingerpost"
"""Under this name the keyring holds them; the user name is the source."""
VARIABLES: dict[SourceName, str] = {"huggingface": "HF_TOKEN", "modelscope": "MODELSCOPE_API_TOKEN"}
TITLES: dict[SourceName, str] = {"huggingface": "Hugging Face", "modelscope": "ModelScope"}
PATIENCE = 3.0
"""Seconds that a keyring has to answer: an open one takes 0.1."""
UNSAFE = ("keyrings.alt.", "keyring.backends.fail", "keyring.backends.null")
"""Modules of keyrings that write plain text, or keep nothing."""

log = logging.getLogger(__name__)


class Tokens:
    """The tokens of this process. What no keyring takes is known until it ends."""

    def __init__(self) -> None:
        self._kept: dict[SourceName, str] = {}

    def of(self, source: SourceName) -> str | None:
        """The token for `source`: of the environment, else what was kept; None where there is none."""
        found = os.environ.get(VARIABLES[source], "").strip() or self._kept.get(source) or _ask(source)
        return found or None

    def keep(self, source: SourceName, token: str) -> str:
        """Keep `token` of `source`, ``""`` to forget it; a sentence that says where it is."""
        self._kept.pop(source, None)
        token = token.strip()
        if not token:
            return _forget(source)
        if _store(source, token):
            return f"The token for {TITLES[source]} is in this system’s keyring."
        self._kept[source] = token
        return (
            f"The token for {TITLES[source]} is known until Fingerpost ends: no keyring of this system is open. "
            "It was not written to the disk."
        )


def token_for(source: SourceName) -> str | None:
    """The token for `source` of the environment or the keyring."""
    return Tokens().of(source)


def keep_token(source: SourceName, token: str) -> str:
    """Keep `token` of `source` beyond this process, ``""`` to forget it; a sentence that says what came of it."""
    token = token.strip()
    if not token:
        return _forget(source)
    if _store(source, token):
        return f"The token for {TITLES[source]} is in this system’s keyring."
    return (
        f"The token for {TITLES[source]} was not kept: no keyring of this system is open. "
        f"Open it and try again, or set the variable {VARIABLES[source]}."
    )


def _store(source: SourceName, token: str) -> bool:
    keyring = _keyring()
    if keyring is None:
        return False
    try:
        keyring.set_password(SERVICE, source, token)
    except Exception as error:  # noqa: BLE001 - a desktop's keyring raises what its bus does
        log.info("the keyring takes no token: %r", error)
        return False
    return True


def _ask(source: SourceName, patience: float = PATIENCE) -> str | None:
    """What the keyring holds. A locked one asks the person first, and nobody may be there to answer: most models want
    no token, so none waits for it longer than `patience`."""
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            # Already to look which one there is can wake it.
            keyring = _keyring()
            answers.put(None if keyring is None else keyring.get_password(SERVICE, source))
        except Exception as error:  # noqa: BLE001 - a desktop's keyring raises what its bus does
            log.info("the keyring gives no token: %r", error)
            answers.put(None)

    threading.Thread(target=ask, name="keyring", daemon=True).start()
    try:
        found = answers.get(timeout=patience)
    except queue.Empty:
        log.info("the keyring does not answer within %g s", patience)
        return None
    return str(found) if found else None


def _forget(source: SourceName) -> str:
    from keyring.errors import PasswordDeleteError  # noqa: PLC0415 - as below

    keyring = _keyring()
    title = TITLES[source]
    if keyring is not None:
        try:
            keyring.delete_password(SERVICE, source)
        except PasswordDeleteError:
            pass  # There was none.
        except Exception as error:  # noqa: BLE001 - a desktop's keyring raises what its bus does
            log.info("the keyring does not forget a token: %r", error)
            return f"The keyring did not open, so it may still hold a token for {title}. Open it, then try again."
    return f"No token for {title} is kept any more."


def _keyring() -> Any | None:
    """The system's keyring; None where there is none, or none that is safe."""
    import keyring  # noqa: PLC0415 - slow, and only needed here

    chosen = keyring.get_keyring()
    for candidate in getattr(chosen, "backends", [chosen]):
        if not type(candidate).__module__.startswith(UNSAFE):
            return candidate
    return None
