"""What can go wrong when a picture comes in."""

from __future__ import annotations


class CaptureError(Exception):
    """A picture that could not be taken, read or used. `str()` is a sentence for a person with what to do next."""


class NotAPicture(CaptureError):
    """A file or folder that may be something else."""


class CaptureCancelled(Exception):
    """The person said no in a dialog of the system: nothing to report."""
