"""Brings models here: `pull` fetches one, whatever the network, the disk or the machine does meanwhile."""

from __future__ import annotations

from engine.models.download.begun import begin, discard, pause, unfinished
from engine.models.download.errors import DownloadError
from engine.models.download.hosts import Hosts
from engine.models.download.model import pull
from engine.models.download.order import slug_of
from engine.models.download.retry import Patience

__all__ = ["DownloadError", "Hosts", "Patience", "begin", "discard", "pause", "pull", "slug_of", "unfinished"]
