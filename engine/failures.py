"""From an error to the event that tells a person about it."""

from __future__ import annotations

import logging

from engine.backends.base import DeviceLost, OutOfMemory
from engine.documents.document import DocumentError
from engine.fit_offers import Refusal
from engine.images import PictureError
from engine.prompt import PromptError
from engine.protocol import Failed
from engine.sampling import NoCandidate, SamplingError
from engine.spec import ModelError

OUT_OF_MEMORY = "There is not enough memory for this. Close other programs, or ask with less detail."
BROKEN_NUMBERS = "The model gave no usable numbers. Choose the data type float32, or fetch the model's files again."
UNFORESEEN = "Something went wrong inside the engine. Try again; if it comes back, the log has the details."

log = logging.getLogger(__name__)


def failure_of(request_id: str | None, error: Exception) -> Failed:
    """The event for `error`. An error that nobody foresaw goes into the log with its trace."""
    match error:
        case Refusal():
            return Failed(request_id, error.code, str(error), offers=error.offers)
        case PictureError() | ModelError() | PromptError() | DocumentError():
            return Failed(request_id, error.code, str(error))
        case SamplingError():
            return Failed(request_id, "bad_request", str(error))
        case OutOfMemory():
            return Failed(request_id, "out_of_memory", str(error))
        case MemoryError():
            return Failed(request_id, "out_of_memory", OUT_OF_MEMORY)
    log.error("request %s failed", request_id, exc_info=error)
    match error:
        case NoCandidate():
            return Failed(request_id, "internal", BROKEN_NUMBERS)
        case DeviceLost():
            return Failed(request_id, "internal", str(error), fatal=True)
    return Failed(request_id, "internal", UNFORESEEN)
