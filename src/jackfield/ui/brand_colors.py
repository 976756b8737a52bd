"""
Style sheet of a project's colors.

The accent is the brand, of which the tokens compute what can be read by day and by night; every
other name sets tokens of its own.
"""

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

_Rgb: TypeAlias = tuple[float, float, float]

# The tokens that each name sets; frame-look.js has the same for the page of a product.
TOKENS: Final[Mapping[str, tuple[str, ...]]] = {
    "accent": ("brand",),
    "accent-ink": ("on-fill",),
    "accent-soft": ("tint",),
    "ink": ("ink",),
    "ink-soft": ("soft",),
    "paper": ("page", "surface", "raised"),
    "paper-soft": ("sunken",),
    "line": ("line",),
    "line-strong": ("edge", "rim"),
    "bad": ("bad",),
    "bad-soft": ("bad-wash",),
    "warn": ("warn",),
    "warn-soft": ("warn-wash",),
    "good": ("good",),
    "good-soft": ("good-wash",),
    "radius": ("r2",),
    "font": ("font",),
    "mono": ("mono",),
}
_DARK: Final = "dark-"
_HEX: Final = 7
_BLACK: Final[_Rgb] = (0, 0, 0)
_WHITE: Final[_Rgb] = (1, 1, 1)
# The surfaces of the tokens that text of the accent has to be read on.
_DAY: Final[_Rgb] = (0.957, 0.953, 0.933)
_NIGHT: Final[_Rgb] = (0.118, 0.137, 0.129)
_READABLE: Final = 4.5
_STEPS: Final = 20


def theme_css(colors: Mapping[str, str]) -> str:
    """Return the style sheet of a project's colors; those named `dark-…` are for dark mode."""
    light = {name: color for name, color in colors.items() if not name.startswith(_DARK)}
    dark = {
        name.removeprefix(_DARK): color for name, color in colors.items() if name.startswith(_DARK)
    }
    # Colors for light pages would be unreadable in dark mode, which has its own or the defaults. What
    # is made of the brand can be read in both.
    if "accent" in light:
        dark = {"accent": light["accent"], **dark}
    computed = _by_scheme(_computed(light, on=_DAY), _computed(dark, on=_NIGHT))
    # Last, what is said in so many words.
    return (
        f"@supports not (color:oklch(from red l c h)){{{computed}}}"
        f"{_by_scheme(_said(light), _said(dark))}"
    )


def _by_scheme(by_day: str, by_night: str) -> str:
    return (
        f"@media (prefers-color-scheme:light){{:root:not([data-theme=dark]){{{by_day}}}}}"
        f":root[data-theme=light]{{{by_day}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{by_night}}}}}"
        f":root[data-theme=dark]{{{by_night}}}"
    )


def _said(colors: Mapping[str, str]) -> str:
    return "".join(
        f"--{token}:{color};" for name, color in colors.items() for token in TOKENS.get(name, ())
    )


def _computed(colors: Mapping[str, str], *, on: _Rgb) -> str:
    """Return what a browser without relative colors cannot compute of the brand."""
    if "accent" not in colors:
        return ""
    accent = colors["accent"]
    rgb = _parse(accent)
    if rgb is None:
        return f"--accent:{accent};--fill:{accent};"
    ink = _WHITE if _contrast(_WHITE, rgb) >= _contrast(_BLACK, rgb) else _BLACK
    return f"--accent:{_spell(_readable(rgb, on=on))};--fill:{accent};--on-fill:{_spell(ink)};"


def _readable(color: _Rgb, *, on: _Rgb) -> _Rgb:
    """Return the nearest color that can be read on a surface, by more black or more white."""
    end = _BLACK if _contrast(_BLACK, on) > _contrast(_WHITE, on) else _WHITE
    return next(each for each in _toward(color, end) if _contrast(each, on) >= _READABLE)


def _toward(color: _Rgb, end: _Rgb) -> Iterator[_Rgb]:
    for step in range(_STEPS + 1):
        share = step / _STEPS
        red, green, blue = (a + (b - a) * share for a, b in zip(color, end, strict=True))
        yield red, green, blue


def _parse(color: str) -> _Rgb | None:
    if len(color) != _HEX or not color.startswith("#"):
        return None
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _spell(color: _Rgb) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in color)


def _contrast(one: _Rgb, other: _Rgb) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: _Rgb) -> float:
    red, green, blue = map(_linear, color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB
