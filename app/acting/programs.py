"""What is known of the program that a window belongs to."""

from __future__ import annotations

import os
import sys

import psutil


def program_of(process: int) -> str:
    """The file name of its program, ``""`` where that is not told."""
    try:
        return psutil.Process(process).name()
    except (psutil.Error, ValueError):
        return ""


def is_elevated(process: int) -> bool:
    """Whether it has rights that this program lacks. What can not be found out counts as elevated."""
    if process <= 0:
        return True
    if sys.platform == "win32":
        from app.acting.elevation import is_token_elevated  # noqa: PLC0415 - Windows alone

        return is_token_elevated(process) and not is_token_elevated(os.getpid())
    else:  # noqa: RET505 - for type checkers, which leave out what is not for their system
        mine = os.getuid()
        try:
            owners = psutil.Process(process).uids()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return True
        return mine != 0 and (owners.effective != mine or owners.real != mine)
