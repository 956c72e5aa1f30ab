"""A picture of a page → its lines of text, by RapidOCR, the extra ``ocr``.

RapidOCR (Apache-2.0) runs the models of PaddleOCR on onnxruntime; they are in its wheel, nothing
is fetched. Beside Tesseract it makes fewer mistakes on Chinese (benchmarks/ocr.py). One thread, so
that the same picture gives the same text; a worker process loads it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from rag.read import shapes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXTRA = "wenju[ocr]"
DPI = 150
"""Dots an inch that a page is recognised at: letters of 7.5 points are read as well as at 300, in
half the time."""
_LEAST = 0.5  # certainty below which a line is no text
_MOST = 3200  # pixels of the longer side: of A2, 137 dots an inch
_FOUND_AT = 2200  # the same where lines are looked for, which takes memory; they are read as sharp


@dataclass(frozen=True, slots=True)
class Seen:
    """A line of text in a picture, with the box of each of its characters, in pixels."""

    text: str
    boxes: tuple[tuple[float, float, float, float], ...]
    """Left, top, right, bottom of each character, as far apart as characters of their width are."""
    certainty: float
    """0–1, what the engine makes of its own reading."""


def _nothing() -> None:
    """Nobody bounds the time."""


after_page: Callable[[], None] = _nothing
"""Called whenever a page with text has been recognised: a scan of many pages takes its time, and
whoever bounds that of a file grants it for each page anew."""


def identity() -> str:
    """The engine and its version, or nothing where there is none: texts depend on it."""
    return f"rapidocr {metadata.version('rapidocr')}" if is_there() else ""


def is_there() -> bool:
    """Whether the extra is installed."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def recognise(picture: NDArray[np.uint8]) -> list[Seen]:
    """The lines of text in a picture, in no particular order.

    Args:
        picture: height × width × 3, blue first.
    """
    if int(picture.max()) - int(picture.min()) < 16:
        return []  # a blank sheet
    try:
        found = _engine()(picture)
    except Exception as error:  # onnxruntime has its own for a lack of memory
        if "bad_alloc" in str(error):
            raise MemoryError from error
        raise
    if found.txts is None:
        return []
    after_page()
    lines = zip(found.txts, found.boxes, found.scores, strict=True)
    return [
        Seen(text, tuple(_boxes(text, corners)), float(certainty))
        for text, corners, certainty in lines
        if text.strip() and certainty >= _LEAST
    ]


def _boxes(text: str, corners: Any) -> Iterator[tuple[float, float, float, float]]:
    """The box of each character of a line between four corners: clockwise from the top left."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = ((float(x), float(y)) for x, y in corners)
    widths = [max(shapes.columns(character), 1) for character in text]
    total, before = sum(widths), 0
    level = abs(bx - ax) >= abs(by - ay)
    high = (abs(dy - ay) if level else abs(dx - ax)) or 1.0
    for width in widths:
        share = [before / total, (before + width) / total]
        before += width
        xs = [(ax + dx) / 2 + part * ((bx + cx) - (ax + dx)) / 2 for part in share]
        ys = [(ay + dy) / 2 + part * ((by + cy) - (ay + dy)) / 2 for part in share]
        if level:
            middle = sum(ys) / 2
            yield min(xs), middle - high / 2, max(xs), middle + high / 2
        else:
            middle = sum(xs) / 2
            yield middle - high / 2, min(ys), middle + high / 2, max(ys)


@cache
def _engine() -> Any:
    import logging

    import onnxruntime
    from rapidocr import RapidOCR
    from rapidocr.inference_engine.onnxruntime import main as sessions

    def frugal() -> Any:
        """Without plans of memory for each shape of input: lines have hundreds of them."""
        options = onnxruntime.SessionOptions()
        options.enable_mem_pattern = False
        return options

    vars(sessions)["SessionOptions"] = frugal
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,  # upside down is no page of a report
            "Global.max_side_len": _MOST,
            "Rec.rec_batch_num": 2,
            "Det.limit_type": "max",
            "Det.limit_side_len": _FOUND_AT,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
