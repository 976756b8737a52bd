"""Bar charts as SVG that reads in a light page and in a dark one."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

_WIDTH, _NAMES, _VALUES, _BAR, _TOP = 720, 250, 90, 22, 40


@dataclass(frozen=True)
class Chart:
    """Bars of one unit, each by its name."""

    title: str
    unit: str
    bars: Mapping[str, float]


def svg(chart: Chart) -> str:
    longest = max(chart.bars.values(), default=0) or 1
    height = _TOP + _BAR * len(chart.bars) + 8
    look = 'role="img" font-family="sans-serif" font-size="13" fill="#7f7f7f"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {look}>',
        f"<title>{escape(chart.title)}</title>",
        f'<text x="0" y="18" font-weight="bold">{escape(chart.title)}, {escape(chart.unit)}</text>',
    ]
    for number, (name, value) in enumerate(chart.bars.items()):
        y = _TOP + _BAR * number
        width = (_WIDTH - _NAMES - _VALUES) * value / longest
        lines += [
            f'<text x="{_NAMES - 8}" y="{y + 11}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{_NAMES}" y="{y}" width="{width:.1f}" height="{_BAR - 8}" fill="#3b82c4"/>',
            f'<text x="{_NAMES + width + 6:.1f}" y="{y + 11}">{shown(value)}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])


def shown(value: float) -> str:
    """Return a figure with as many digits as say something."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
