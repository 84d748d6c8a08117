"""The two networks that come with RapidOCR, run as they are: one sees where writing is, one reads a line of it."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.documents.document import DocumentError

LINE_HEIGHT = 48
"""Pixels of the lines that `Networks.letters` takes."""
STRIDE = 32
"""Sides of the pictures that `Networks.writing` takes are multiples of it."""
_MOST_THREADS = 4
_DETECTION, _RECOGNITION = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"


class Networks:
    """Loads each network when it is first used. `threads`: how many to compute with, 0 for as many as are good."""

    def __init__(self, threads: int = 0) -> None:
        self._threads = threads or min(_MOST_THREADS, os.cpu_count() or 1)
        self._detection: Any = None
        self._recognition: Any = None
        self._alphabet: tuple[str, ...] = ()

    def writing(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How likely each pixel belongs to the middle of a line of writing.

        pixels: uint8 [height, width, 3], red first, sides multiples of `STRIDE`. Returns float32 [height, width], 0 to
        1.

        Raises:
            DocumentError: there is not enough memory for it.
        """
        if self._detection is None:
            self._detection = self._load(_DETECTION)
        map_: NDArray[np.float32] = self._run(self._detection, pixels)[0, 0]
        return map_

    def letters(self, line: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """The likeliest sign of each step along a line, and how likely it is. A step is about 8 pixels.

        line: uint8 [`LINE_HEIGHT`, width, 3], red first. Returns intp [steps], float32 [steps]; signs index `alphabet`.

        Raises:
            DocumentError: there is not enough memory for it.
        """
        steps = self._run(self._recogniser(), line)[0]
        signs = steps.argmax(axis=1)
        return signs, steps[np.arange(len(signs)), signs]

    @property
    def alphabet(self) -> tuple[str, ...]:
        """The signs: the first is the blank between two letters, the last a space."""
        if not self._alphabet:
            known = self._recogniser().get_modelmeta().custom_metadata_map["character"].splitlines()
            self._alphabet = ("", *known, " ")
        return self._alphabet

    def _recogniser(self) -> Any:
        if self._recognition is None:
            self._recognition = self._load(_RECOGNITION)
        return self._recognition

    def _load(self, name: str) -> Any:
        import onnxruntime  # type: ignore[import-untyped]  # noqa: PLC0415 - takes a while

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        # Each line has a shape of its own: what is kept for one is of no use to the next.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        return onnxruntime.InferenceSession(str(_models() / name), options, providers=["CPUExecutionProvider"])

    @staticmethod
    def _run(network: Any, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        from onnxruntime.capi import onnxruntime_pybind11_state as failures  # type: ignore[import-untyped]  # noqa: PLC0415

        # The networks were trained on OpenCV's order of colours, from -1 to 1.
        values = pixels[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32)
        values = np.ascontiguousarray(values / 127.5 - 1.0)
        try:
            told: NDArray[np.float32] = network.run(None, {"x": values})[0]
        except (failures.RuntimeException, failures.Fail, failures.EPFail, MemoryError) as error:
            raise DocumentError(
                "out_of_memory",
                "There is not enough free memory to read the screen. Close other programs and try again.",
            ) from error
        return told


def _models() -> Path:
    found = find_spec("rapidocr")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "models"
