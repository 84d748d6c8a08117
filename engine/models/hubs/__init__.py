"""Where models are fetched from. The rest of the engine knows a hub by these names alone."""

from __future__ import annotations

import os

import httpx2

from engine.models.hubs.base import Hub, HubError, RemoteFile, Snapshot, new_client, retry_after, unreachable
from engine.models.hubs.contents import check_weights, config_of, wanted
from engine.models.hubs.huggingface import HuggingFace
from engine.models.hubs.modelscope import ModelScope
from engine.protocol import SourceName

__all__ = [
    "Hub",
    "HubError",
    "RemoteFile",
    "Snapshot",
    "check_weights",
    "config_of",
    "hub",
    "new_client",
    "retry_after",
    "unreachable",
    "wanted",
]

PUBLISHED = {"huggingface": "https://huggingface.co", "modelscope": "https://modelscope.cn"}
VARIABLES = {"huggingface": ("HF_ENDPOINT",), "modelscope": ("MODELSCOPE_ENDPOINT", "MODELSCOPE_DOMAIN")}
"""What names a mirror; the hubs' own clients read the same, in this order."""


def hub(name: SourceName, endpoint: str = "", client: httpx2.Client | None = None) -> Hub:
    """The hub `name` at `endpoint`; ``""``: at the mirror that the environment names, or at its own address.

    Raises:
        HubError: the address is none.
    """
    candidates = (endpoint, *(os.environ.get(variable, "") for variable in VARIABLES[name]), PUBLISHED[name])
    address = next(candidate for candidate in candidates if candidate.strip())
    return HuggingFace(address, client) if name == "huggingface" else ModelScope(address, client)
