"""Documents of the window: those that wait in the composer, and what is looked at of those that were read."""

from app.documents.desk import DocumentDesk
from app.documents.looking import Looking
from app.documents.opening import Opening
from app.documents.reading import Reading

__all__ = ["DocumentDesk", "Looking", "Opening", "Reading"]
