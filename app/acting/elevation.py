"""Windows: whether a process runs with administrator rights."""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes

assert sys.platform == "win32"

_QUERY_LIMITED_INFORMATION = 0x1000
_TOKEN_QUERY = 0x0008
_TOKEN_ELEVATION = 20
"""Of TOKEN_INFORMATION_CLASS: https://learn.microsoft.com/windows/win32/api/winnt/ne-winnt-token_information_class"""


def is_token_elevated(process: int) -> bool:
    """What the process's token says; True where it may not be asked, which is the case for elevated ones."""
    kernel, advapi = ctypes.windll.kernel32, ctypes.windll.advapi32
    kernel.OpenProcess.restype = wintypes.HANDLE
    handle = kernel.OpenProcess(_QUERY_LIMITED_INFORMATION, False, process)
    if not handle:
        return True
    token = wintypes.HANDLE()
    try:
        if not advapi.OpenProcessToken(wintypes.HANDLE(handle), _TOKEN_QUERY, ctypes.byref(token)):
            return True
        elevated, size = wintypes.DWORD(), wintypes.DWORD()
        told = advapi.GetTokenInformation(
            token, _TOKEN_ELEVATION, ctypes.byref(elevated), ctypes.sizeof(elevated), ctypes.byref(size)
        )
        return not told or bool(elevated.value)
    finally:
        if token:
            kernel.CloseHandle(token)
        kernel.CloseHandle(wintypes.HANDLE(handle))
