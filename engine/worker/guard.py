"""No network: an audit hook that refuses every socket, and what tells libraries not to try."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType

REFUSED = frozenset(
    {
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.getnameinfo",
        "socket.sendmsg",
        "socket.sendto",
    }
)
"""The audit events of CPython behind which something leaves the process; sockets of every family, local ones too."""
OFFLINE = MappingProxyType(
    {
        "DO_NOT_TRACK": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "TRANSFORMERS_OFFLINE": "1",
        "TRANSFORMERS_VERBOSITY": "error",
    }
)
"""What libraries are told before they are imported."""

log = logging.getLogger(__name__)


@contextmanager
def no_network(role: str) -> Iterator[None]:
    """Until the block ends, every attempt to reach another process by a socket raises PermissionError and is logged.

    The hook itself stays for the life of the process, as audit hooks do; after the block it lets everything pass.
    """
    on_duty = True

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if on_duty and event in REFUSED:
            log.warning("refused %s: the %s process has no network", event, role)
            raise PermissionError(f"the {role} process has no network")

    os.environ.update(OFFLINE)
    sys.addaudithook(refuse)
    try:
        yield
    finally:
        on_duty = False
