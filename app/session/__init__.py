"""From a question to a request, from events to a turn."""

from app.session.chat import ChatSession

__all__ = ["ChatSession"]
