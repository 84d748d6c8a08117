"""From a picture's file to what the language model sees of it, each picture only once."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from engine.backends.base import Backend, Checkpoint, ImageFeatures
from engine.images import open_picture, prepare, read_limits, target_size
from engine.protocol import Image, ImageBudget

KEPT_BYTES = 256 * 1024 * 1024
"""Features kept for the next request: a balanced picture of the 4B takes 6 MB in bfloat16."""
PATCH = 16
"""Pixels along the side of a patch; the same in the whole family."""


class Sight:
    """Reads pictures for one loaded model and keeps their features, the longest unused going first."""

    def __init__(self, backend: Backend, folder: Path, kept_bytes: int = KEPT_BYTES) -> None:
        self._backend, self._folder, self._kept_bytes = backend, folder, kept_bytes
        self._sizes: dict[str, tuple[int, int]] = {}
        self._features: OrderedDict[tuple[str, ImageBudget], ImageFeatures] = OrderedDict()

    def grid(self, image: Image, budget: ImageBudget) -> tuple[int, int]:
        """Rows and columns of patches that `image` will have. Raises `PictureError`."""
        if image.attachment not in self._sizes:
            self._sizes[image.attachment] = open_picture(Path(image.path)).size
        width, height = target_size(*self._sizes[image.attachment], read_limits(self._folder, budget))
        return height // PATCH, width // PATCH

    def features(self, image: Image, budget: ImageBudget, checkpoint: Checkpoint) -> ImageFeatures:
        """`image` after the vision tower. Raises `PictureError`, `Cancelled` or `OutOfMemory`."""
        key = (image.attachment, budget)
        if key in self._features:
            self._features.move_to_end(key)
            return self._features[key]
        patches = prepare(open_picture(Path(image.path)), read_limits(self._folder, budget))
        checkpoint()
        made = self._backend.encode_image(patches, checkpoint)
        self._features[key] = made
        while sum(kept.nbytes for kept in self._features.values()) > self._kept_bytes:
            self._features.popitem(last=False)
        return made

    def forget(self) -> None:
        """Give the memory of the features back."""
        self._features.clear()
