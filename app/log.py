"""The log: a rotating file, what matters also on stderr. No text of a conversation is ever logged."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

NAME = "fingerpost.log"
VARIABLE = "FINGERPOST_LOG"
"""``debug`` in it shows everything on stderr."""

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_MAX_BYTES = 1_000_000
_OLD_FILES = 3
_OWN = ("app", "engine")
_LEVELS: Mapping[QtMsgType, int] = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def start_log(folder: Path) -> Callable[[], None]:
    """Log into `folder` and, from warnings on, to stderr; returns what ends that again.

    A folder that can not be written to costs the file, not the program. A windowed program has no stderr at all.
    """
    debug = os.environ.get(VARIABLE, "").lower() == "debug"
    handlers: list[logging.Handler] = []
    if sys.stderr is not None:
        handlers.append(logging.StreamHandler(sys.stderr))
        handlers[0].setLevel(logging.DEBUG if debug else logging.WARNING)
    trouble: OSError | None = None
    try:
        handlers.append(
            RotatingFileHandler(folder / NAME, maxBytes=_MAX_BYTES, backupCount=_OLD_FILES, encoding="utf-8")
        )
    except OSError as error:
        trouble = error
    # Libraries stay at INFO: their debug lines may quote what they work on.
    levels = {"": logging.INFO, **dict.fromkeys(_OWN, logging.DEBUG if debug else logging.INFO)}
    before = {name: logging.getLogger(name).level for name in levels}
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
        logging.getLogger().addHandler(handler)
    if trouble is not None:
        logging.getLogger(__name__).warning("No log is written to %s: %s", folder, trouble)

    def stop() -> None:
        for handler in handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)

    return stop


def route_qt_messages() -> Callable[[], None]:
    """Send Qt's own messages to the log, each under its category; returns what puts the handler before it back."""
    before = qInstallMessageHandler(_log_qt_message)

    def restore() -> None:
        qInstallMessageHandler(before)

    return restore


def _log_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    category = context.category or "default"
    logging.getLogger("qt" if category == "default" else category).log(_LEVELS[kind], "%s", message)
