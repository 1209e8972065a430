"""
Charts as SVG, small enough to be read in a diff and legible in light and dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from .figures import Line, Spread

WIDTH: Final = 760
LEFT: Final = 220
RIGHT: Final = 40
ROW: Final = 26
STYLE: Final = """<style>
text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600 } .small { font-size: 11px }
.bar { fill: #8c959f } .ours { fill: #0969da } .spread, .axis { stroke: #57606a } .line { fill: none; stroke: #0969da }
.other { fill: none; stroke: #8c959f; stroke-dasharray: 4 3 } .dot { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .bar { fill: #6e7681 } .ours, .dot { fill: #58a6ff } .line { stroke: #58a6ff }
  .spread, .axis { stroke: #8b949e }
}
</style>"""


def bars(groups: Mapping[str, Sequence[tuple[str, Spread]]], ours: str) -> str:
    """Groups of horizontal bars, each group on a scale of its own; the thin line is the spread over the rounds."""
    parts, y = [], 8
    for title, rows in groups.items():
        scale = (WIDTH - LEFT - RIGHT - 60) / max(spread.most for _, spread in rows)
        parts.append(_text(8, y + 16, title, "title"))
        y += ROW
        for name, spread in rows:
            parts += _bar(y, name, spread, scale, "ours" if name == ours else "bar")
            y += ROW
        y += 12
    return _svg(y, parts)


def _bar(y: int, name: str, spread: Spread, scale: float, kind: str) -> list[str]:
    middle, least, most = (LEFT + value * scale for value in (spread.middle, spread.least, spread.most))
    return [
        _text(LEFT - 8, y + 16, name, at="end"),
        f'<rect class="{kind}" x="{LEFT}" y="{y + 3}" width="{middle - LEFT:.1f}" height="{ROW - 8}"/>',
        f'<path class="spread" d="M{least:.1f} {y + ROW / 2 - 1:.0f}H{most:.1f}"/>',
        _text(max(middle, most) + 6, y + 16, f"{spread.middle:.3g}", "small"),
    ]


def size_chart(points: Sequence[tuple[float, Spread]], line: Line, other: Sequence[tuple[float, float]]) -> str:
    """Milliseconds against resources: the points with their spread, the line through them, and what `other` is."""
    height, left, bottom = 320, 60, 280
    width = max(x for x, _ in points)
    tall = max([spread.most for _, spread in points] + [y for _, y in other])

    def at(x: float, y: float) -> tuple[float, float]:
        return left + x / width * (WIDTH - left - RIGHT), bottom - y / tall * (bottom - 40)

    parts = [_text(8, 20, "Milliseconds a call against prefetched resources", "title")]
    parts.append(f'<path class="axis" fill="none" d="M{left} 36V{bottom}H{WIDTH - RIGHT + 10}"/>')
    parts.append(_path("line", [at(0, max(line.base, 0)), at(width, line.at(width))]))
    parts.append(_path("other", [at(x, y) for x, y in other]))
    for x, spread in points:
        parts += _dot(at(x, spread.middle), at(x, spread.least)[1], at(x, spread.most)[1])
    for x in _apart([x for x, _ in points], width / 20):
        parts.append(_text(at(x, 0)[0], bottom + 18, f"{x:,.0f}", "small", at="middle"))
    parts.append(_text(left - 6, 44, f"{tall:.3g}", "small", at="end"))
    parts.append(_text(left + 20, 56, "blue: this service, over HTTP; dashed: one orjson.loads of the body", "small"))
    return _svg(height, parts)


def _dot(centre: tuple[float, float], low: float, high: float) -> list[str]:
    x, y = centre
    return [
        f'<path class="spread" d="M{x:.1f} {low:.1f}V{high:.1f}"/>',
        f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4"/>',
    ]


def _path(kind: str, points: Sequence[tuple[float, float]]) -> str:
    return f'<path class="{kind}" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'


def _apart(values: Sequence[float], least: float) -> list[float]:
    """Those that leave room for a label between them and the next, from the last to the first."""
    kept: list[float] = []
    for value in reversed(values):
        if not kept or kept[-1] - value >= least:
            kept.append(value)
    return kept


def _text(x: float, y: float, text: str, kind: str = "", at: str = "") -> str:
    anchor = f' text-anchor="{at}"' if at else ""
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.0f}" y="{y:.0f}"{anchor}>{escape(text)}</text>'


def _svg(height: int, parts: Sequence[str]) -> str:
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
    return "\n".join([frame, STYLE, *parts, "</svg>", ""])
