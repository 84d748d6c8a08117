"""Answers the model's calls for a closer look."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.images import PictureError
from engine.prompt import pictures_in
from engine.protocol import Event, Generate, Part, ToolCall
from engine.zoom import ZOOM, crop, read_call

NO_MORE = "There are no more closer looks for this question. Answer now with what you have seen."
NO_ROOM = "There is no room in the memory for a closer look. Answer now with what you have seen."
NOT_READ = "This part can not be looked at any more. Answer now with what you have seen."


class ZoomTool:
    """Cuts parts out of the pictures of one request. They lie in a folder of their own until it is closed."""

    tool = ZOOM
    no_more = NO_MORE
    no_room = NO_ROOM

    def __init__(self) -> None:
        self._folder: TemporaryDirectory[str] | None = None

    def works_for(self, request: Generate) -> bool:
        """Whether there is a picture to look at."""
        return bool(pictures_in(request))

    def result(self, call: ToolCall, request: Generate) -> Generator[Event, None, tuple[Part, ...] | str]:
        """The part of the picture, or a sentence."""
        yield from ()
        pictures = pictures_in(request)
        region = read_call(call.arguments, len(pictures))
        if isinstance(region, str):
            return region
        try:
            return (crop(Path(pictures[region.index].path), region, self._private_folder()),)
        except (PictureError, OSError):
            return NOT_READ

    def close(self) -> None:
        """Delete what was cut out."""
        if self._folder is not None:
            self._folder.cleanup()

    def _private_folder(self) -> Path:
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="fingerpost-", ignore_cleanup_errors=True)
        return Path(self._folder.name)
