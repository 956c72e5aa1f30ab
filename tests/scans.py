"""Pages of known text as pictures: what a scanner gives."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from rag.read import shapes

_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
)
FONT = next((name for name in _FONTS if Path(name).exists()), None)
"""A font with Chinese letters, or None."""


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """That font, ``size`` pixels high; simplified forms."""
    assert FONT
    return ImageFont.truetype(FONT, size, index=2 if "Noto" in FONT else 0)


def wrapped(text: str, columns: int) -> list[str]:
    """Lines of so many columns of the screen."""
    lines = [""]
    for character in text:
        if shapes.columns(lines[-1] + character) > columns:
            lines.append("")
        lines[-1] += character
    return lines


def scan(
    paragraphs: list[str],
    *,
    dpi: int = 200,
    points: float = 12,
    columns: int = 1,
    skew: float = 0,
    noise: float = 0,
    blur: float = 0,
) -> Image.Image:
    """An A4 page of these paragraphs as a scanner sees it; see Pillow for the units of the rest.

    Args:
        paragraphs: each begins with an indent of two characters.
        dpi: dots an inch.
        points: size of the letters.
        columns: side by side.
        skew: degrees that the sheet lies askew.
        noise: standard deviation of each pixel, of 255.
        blur: radius, in pixels.
    """
    import numpy as np

    size = round(points * dpi / 72)
    width, height = round(8.27 * dpi), round(11.69 * dpi)
    sheet = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(sheet)
    margin, gutter, pitch = round(0.8 * dpi), round(0.4 * dpi), round(1.6 * size)
    room = (width - 2 * margin - (columns - 1) * gutter) // columns
    lines = [
        line for each in paragraphs for line in wrapped("\u3000\u3000" + each, 2 * (room // size))
    ]
    rows = (height - 2 * margin) // pitch
    if columns > 1:
        rows = min(rows, -(-len(lines) // columns))
    for place, line in enumerate(lines[: rows * columns]):
        column, row = divmod(place, rows)
        at = (margin + column * (room + gutter), margin + row * pitch)
        draw.text(at, line, font=font(size), fill=20)
    if skew:
        sheet = sheet.rotate(skew, Image.Resampling.BICUBIC, fillcolor=255)
    if blur:
        sheet = sheet.filter(ImageFilter.GaussianBlur(blur))
    if noise:
        random = np.random.default_rng(1).normal(0, noise, (height, width))
        sheet = Image.fromarray(np.clip(np.asarray(sheet) + random, 0, 255).astype(np.uint8))
    return sheet


def saved(*sheets: Image.Image, kind: str) -> bytes:
    """Sheets as a file of Pillow's ``kind``, at 100 dots an inch."""
    held = io.BytesIO()
    sheets[0].save(
        held, kind, save_all=True, append_images=sheets[1:], resolution=100, dpi=(100, 100)
    )
    return held.getvalue()


def distance(one: str, other: str) -> int:
    """Insertions, deletions and substitutions between two texts (Levenshtein)."""
    import numpy as np

    letters = np.array([ord(char) for char in other], dtype=np.int64)
    steps = np.arange(len(other) + 1)
    row = steps.copy()
    for place, char in enumerate(one, start=1):
        changed = row[:-1] + (letters != ord(char))
        row = np.concatenate(([place], np.minimum(changed, row[1:] + 1)))
        row = np.minimum.accumulate(row - steps) + steps  # insertions, one after another
    return int(row[-1])
