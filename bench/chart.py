"""From results to a picture: SVG with a light background of its own, which can be read anywhere. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .cases import Result
from .report import Row

WIDTH = 860
PANEL = 300  # height
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 56, 46  # space around the bars of a panel
_COLOURS = ("#2f6db5", "#e08a2e", "#4f9d69", "#a25aa8", "#777777", "#b8433a")


@dataclass(frozen=True)
class _Panel:
    """How the results of a scenario are drawn."""

    title: str
    figure: Callable[[Result], float]
    worst: Callable[[Result], float] | None = None  # a thin line above the bar
    logarithmic: bool = False
    curve: bool = False


_PANELS = {
    "flood": _Panel("Deliveries a second, in millions (logarithmic)", lambda r: r.deliveries / 1e6, logarithmic=True),
    "pace": _Panel("Latency in ms: half of all lines, and 99 %", lambda r: r.p50, lambda r: r.p99),
    "growth": _Panel("Cost of a delivery in µs (logarithmic)", lambda r: r.cost, logarithmic=True, curve=True),
    "load": _Panel("Latency in ms under load: half of all lines, and 99 %", lambda r: r.p50, lambda r: r.p99),
    "slow": _Panel("Deliveries a second, in millions, with silent readers", lambda r: r.deliveries / 1e6),
    "churn": _Panel("Latency in ms while others come and go", lambda r: r.p50, lambda r: r.p99),
    "rooms": _Panel("Deliveries a second, in millions, in rooms of 10", lambda r: r.deliveries / 1e6),
    "crowd": _Panel("Latency in ms in a crowd: half of all lines, and 99 %", lambda r: r.p50, lambda r: r.p99),
}


def chart(rows: list[Row]) -> str:
    """Return a picture with a panel for each scenario in the rows, one below the other."""
    scenarios = list(dict.fromkeys(row.case.scenario for row in rows))
    servers = list(dict.fromkeys(row.server for row in rows))
    height = 40 + PANEL * len(scenarios)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" fill="#222222">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fbfbf8"/>',
        '<g font-family="sans-serif" font-size="12">',
    ]
    step = min(170.0, (WIDTH - _LEFT) / max(1, len(servers)))
    for number, server in enumerate(servers):
        x = _LEFT + step * number
        parts.append(f'<rect x="{x:.0f}" y="16" width="12" height="12" fill="{_colour(number)}"/>')
        parts.append(_text(x + 18, 26, server))
    for number, scenario in enumerate(scenarios):
        shown = [row for row in rows if row.case.scenario == scenario and not (scenario == "load" and row.case.window)]
        parts.append(f'<g transform="translate(0 {40 + PANEL * number})">')
        parts += _panel(_PANELS[scenario], shown, servers)
        parts.append("</g>")
    return "\n".join([*parts, "</g>", "</svg>\n"])


def _panel(panel: _Panel, rows: list[Row], servers: list[str]) -> list[str]:
    labels = list(dict.fromkeys(row.case.label for row in rows))
    highest = max(max(panel.figure(row.result), (panel.worst or panel.figure)(row.result)) for row in rows) or 1.0
    lowest = min((value for row in rows if (value := panel.figure(row.result)) > 0), default=highest)
    height = PANEL - _TOP - _BOTTOM

    def length(value: float) -> float:
        if not panel.logarithmic:
            return height * value / highest
        floor = lowest / 2  # so that even the shortest bar has some height
        return height * math.log(max(value, floor) / floor) / math.log(highest / floor)

    bottom = PANEL - _BOTTOM
    group = (WIDTH - _LEFT - _RIGHT) / len(labels)
    bar = min(60.0, group * 0.8 / len(servers))
    parts = [_text(_LEFT, 24, panel.title, 'font-size="14" font-weight="bold"')]
    parts.append(f'<line x1="{_LEFT}" y1="{bottom}" x2="{WIDTH - _RIGHT}" y2="{bottom}" stroke="#222222"/>')
    points: dict[str, list[tuple[float, float]]] = {server: [] for server in servers}
    for number, label in enumerate(labels):
        middle = _LEFT + group * (number + 0.5)
        for line, part in enumerate(label.split(", ", 1)):
            parts.append(_text(middle, bottom + 16 + 14 * line, part, 'text-anchor="middle"'))
        for row in rows:
            if row.case.label == label:
                place = servers.index(row.server)
                x = middle + bar * (place - len(servers) / 2)
                points[row.server].append((middle, bottom - length(panel.figure(row.result))))
                parts += _bar(panel, row.result, x, bar, bottom, length, _colour(place))
    if panel.curve:
        for place, server in enumerate(servers):
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points[server])
            parts.append(f'<polyline points="{path}" fill="none" stroke="{_colour(place)}" stroke-width="2"/>')
    return parts


def _bar(
    panel: _Panel, result: Result, x: float, width: float, bottom: float, length: Callable[[float], float], colour: str
) -> list[str]:
    value = panel.figure(result)
    top = bottom - length(value)
    middle = x + width / 2
    if panel.curve:
        return [f'<circle cx="{middle:.1f}" cy="{top:.1f}" r="4" fill="{colour}"/>', _figure(middle, top - 8, value)]
    parts = [
        f'<rect x="{x:.1f}" y="{top:.1f}" width="{width * 0.92:.1f}" height="{bottom - top:.1f}" fill="{colour}"/>'
    ]
    if panel.worst is None:
        return [*parts, _figure(middle, top - 5, value)]
    worst = panel.worst(result)
    high = bottom - length(worst)
    parts.append(
        f'<line x1="{middle:.1f}" y1="{top:.1f}" x2="{middle:.1f}" y2="{high:.1f}" stroke="{colour}" stroke-width="2"/>'
    )
    return [*parts, _figure(middle, high - 5, value, worst)]


def _figure(x: float, y: float, *values: float) -> str:
    return _text(x, y, " / ".join(f"{value:.3g}" for value in values), 'text-anchor="middle" font-size="11"')


def _text(x: float, y: float, text: str, style: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def _colour(number: int) -> str:
    return _COLOURS[number % len(_COLOURS)]
