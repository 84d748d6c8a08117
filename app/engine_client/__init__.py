"""The window's side of a child process: a state machine over `QProcess`."""

from app.engine_client.client import EngineClient
from app.engine_client.outcome import ProcessOutcome
from app.engine_client.patience import Patience

__all__ = ["EngineClient", "Patience", "ProcessOutcome"]
