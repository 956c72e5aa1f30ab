"""Numbers between 0 and 1 as inline SVG. Colours and strokes are the page's, by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.web.markup import Markup, element

Point = tuple[float, float]

_WIDTH, _HEIGHT = 340, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 14, 12, 44
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_RANGE_WIDTH, _RANGE_HEIGHT, _EDGE = 200, 22, 7


@dataclass(frozen=True, slots=True)
class Mark:
    """A point that can be pointed at."""

    x: float
    y: float
    says: str
    radius: float = 4.5
    kind: str = "dot"
    """Its class."""


def plot(
    x: str,
    y: str,
    *,
    name: str,
    line: Sequence[Point] = (),
    marks: Sequence[Mark] = (),
    guides: Sequence[tuple[Point, Point]] = (),
) -> Markup:
    """A square plot of shares against shares.

    Args:
        x: what the lower axis says.
        y: what the left axis says.
        name: what the plot shows, for who cannot see it.
        line: points of a line, left to right.
        marks: points that say something.
        guides: dashed lines to compare with.
    """
    drawn = [
        element(
            "path", d="M" + "L".join(f"{_across(a):.1f} {_down(b):.1f}" for a, b in line),
            class_="line",
        )
    ] if line else []  # fmt: skip
    dashed = [_segment(start, end, "guide") for start, end in guides]
    dots = [
        element(
            "circle", element("title", mark.says),
            cx=_n(_across(mark.x)), cy=_n(_down(mark.y)), r=_n(mark.radius),
            class_=mark.kind,
        )
        for mark in marks
    ]  # fmt: skip
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    return element(
        "svg",
        *_grid(),
        *dashed,
        *drawn,
        *dots,
        _label(x, (_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, "middle"),
        element(
            "text", y, x=_n(-middle), y=12, transform="rotate(-90)", text_anchor="middle",
        ),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        aria_label=name,
        class_="plot",
    )  # fmt: skip


def range_of(
    value: float, low: float, high: float, says: str, rival: float | None = None
) -> Markup:
    """A value on a line from 0 to 1 with its interval; a rival's value as a hollow dot."""

    def place(share: float) -> str:
        return _n(_EDGE + share * (_RANGE_WIDTH - 2 * _EDGE))

    middle, above, below = (_n(_RANGE_HEIGHT / 2 + by) for by in (0, -4, 4))
    ends = [
        element("line", x1=place(share), x2=place(share), y1=above, y2=below)
        for share in (0.0, 0.5, 1.0)
    ]
    other = [] if rival is None else [
        element("circle", cx=place(rival), cy=middle, r=4, class_="rival")
    ]  # fmt: skip
    return element(
        "svg",
        element("g", element("line", x1=place(0), x2=place(1), y1=middle, y2=middle), *ends,
                class_="grid"),
        element("line", x1=place(low), x2=place(high), y1=middle, y2=middle, class_="whisker"),
        element("circle", cx=place(value), cy=middle, r="4.5", class_="dot"),
        *other,
        viewBox=f"0 0 {_RANGE_WIDTH} {_RANGE_HEIGHT}",
        role="img",
        aria_label=says,
        class_="range",
    )  # fmt: skip


def _grid() -> list[Markup]:
    parts = []
    for tick in _TICKS:
        parts.append(_segment((tick, 0), (tick, 1), "grid"))
        parts.append(_segment((0, tick), (1, tick), "grid"))
        if tick in (0, 0.5, 1):
            said = f"{tick:.0%}"
            anchor = "end" if tick == 1 else "middle"
            parts.append(_label(said, _across(tick), _HEIGHT - _BOTTOM + 16, anchor))
            parts.append(_label(said, _LEFT - 6, _down(tick) + 4, "end"))
    return parts


def _segment(start: Point, end: Point, kind: str) -> Markup:
    return element(
        "line",
        x1=_n(_across(start[0])),
        y1=_n(_down(start[1])),
        x2=_n(_across(end[0])),
        y2=_n(_down(end[1])),
        class_=kind,
    )


def _label(said: str, x: float, y: float, anchor: str) -> Markup:
    return element("text", said, x=_n(x), y=_n(y), text_anchor=anchor)


def _n(value: float) -> str:
    return f"{value:.1f}"


def _across(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _down(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)
