"""The window's side of its child processes: state machines over `QProcess`."""

from app.engine_client.client import EngineClient
from app.engine_client.outcome import ProcessOutcome
from app.engine_client.patience import Patience
from app.engine_client.service import Service

__all__ = ["EngineClient", "Patience", "ProcessOutcome", "Service"]
