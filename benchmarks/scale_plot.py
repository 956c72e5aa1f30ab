"""Figures at more and more passages as small multiples, one SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _ACROSS = 300, 220, 3
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 44, 30
_INKS = ("#1f5fa8", "#b4541a", "#3f7d3a")
_STYLE = """
svg { background: #fff; font: 12px system-ui, "Noto Sans CJK SC", sans-serif; }
text { fill: #333; } .title { font-weight: 600; font-size: 13px; }
.grid { stroke: #e4e4e4; } .limit { stroke: #888; stroke-dasharray: 5 4; }
.line { fill: none; stroke-width: 2; }
"""


@dataclass(frozen=True, slots=True)
class Panel:
    """Some lines over the same sizes; both axes are logarithmic."""

    title: str
    sizes: Sequence[int]
    lines: Sequence[tuple[str, Sequence[float]]]
    """Name and values, a value a size."""
    limit: float | None = None
    """Drawn dashed: what shall not be passed at the largest size."""


def drawn(panels: Sequence[Panel]) -> str:
    """The panels beside and below each other."""
    down = math.ceil(len(panels) / _ACROSS)
    width, height = _WIDTH * min(_ACROSS, len(panels)), _HEIGHT * down
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img" aria-label="{_told(panels)}">',
        f"<style>{_STYLE}</style>",
    ]
    for number, panel in enumerate(panels):
        x, y = number % _ACROSS * _WIDTH, number // _ACROSS * _HEIGHT
        parts += [f'<g transform="translate({x} {y})">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>\n"])


def _told(panels: Sequence[Panel]) -> str:
    """For who cannot see it."""
    return escape("; ".join(f"{one.title} at {one.sizes[-1]:,} passages" for one in panels))


def _panel(panel: Panel) -> Iterator[str]:
    values = [value for _, line in panel.lines for value in line]
    values += [panel.limit] if panel.limit else []
    low = math.floor(math.log10(max(min(values), 1e-3)))
    high = max(math.ceil(math.log10(max(values))), low + 1)
    first, last = math.log10(panel.sizes[0]), math.log10(panel.sizes[-1])

    def across(size: float) -> float:
        share = (math.log10(size) - first) / ((last - first) or 1)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def below(value: float) -> float:
        share = (math.log10(max(value, 10**low)) - low) / (high - low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    yield f'<text class="title" x="{_LEFT}" y="18">{escape(panel.title)}</text>'
    for power in range(low, high + 1):
        y = below(10**power)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'
    for size in panel.sizes:
        said = f"{size:,}" if size < 1_000_000 else f"{size / 1_000_000:g} million"
        anchor = "end" if size == panel.sizes[-1] else "middle"
        x = _WIDTH - 2 if anchor == "end" else across(size)
        yield f'<text x="{x:.1f}" y="{_HEIGHT - 10}" text-anchor="{anchor}">{said}</text>'
    if panel.limit:
        y = below(panel.limit)
        yield f'<path class="limit" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
    x = float(_LEFT)
    for ink, (name, line) in zip(_INKS, panel.lines, strict=False):
        places = list(zip(map(across, panel.sizes), map(below, line), strict=True))
        path = "L".join(f"{a:.1f} {b:.1f}" for a, b in places)
        yield f'<path class="line" stroke="{ink}" d="M{path}"/>'
        for (a, b), value in zip(places, line, strict=True):
            yield (
                f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{ink}">'
                f"<title>{escape(name)} {value:.3g}</title></circle>"
            )
        if name:
            yield f'<text x="{x}" y="34" style="fill:{ink}">{escape(name)}</text>'
            x += 9 * len(name) + 14
