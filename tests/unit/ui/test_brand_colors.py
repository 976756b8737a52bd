"""A project's colors as a style sheet."""

import json
import re

import pytest

from jackfield.ui import assets
from jackfield.ui.brand_colors import TOKENS, theme_css

DARK = "@media (prefers-color-scheme:dark)"
BRANDS = ("#000000", "#6d28d9", "#e11d48", "#f97316", "#ffd400", "#22c55e", "#808080", "#ffffff")


def luminance(color: str) -> float:
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def parts(css: str) -> tuple[str, str, str, str]:
    """Return what is computed for light and for dark pages, and then what is said for them."""
    computed, _, said = css.removeprefix("@supports not (color:oklch(from red l c h)){").partition(
        "}}@media"
    )
    return (*computed.split(DARK)[:2], *said.split(DARK)[:2])  # type: ignore[return-value]


def value(css: str, token: str) -> str:
    found = re.search(rf"--{token}:([^;]+);", css)
    assert found, (token, css)
    return found[1]


@pytest.mark.parametrize("brand", BRANDS)
def test_what_is_made_of_any_brand_can_be_read_by_day_and_by_night(brand: str) -> None:
    by_day, by_night, _, _ = parts(theme_css({"accent": brand}))

    assert contrast(value(by_day, "accent"), "#f4f3ee") >= 4.45
    assert contrast(value(by_night, "accent"), "#1e2321") >= 4.45
    for scheme in (by_day, by_night):
        assert contrast(value(scheme, "fill"), value(scheme, "on-fill")) >= 4.5


def test_an_accent_is_the_brand_of_light_and_dark_pages() -> None:
    _, _, light, dark = parts(theme_css({"accent": "#6d28d9", "ink": "#101010"}))

    assert value(light, "brand") == value(dark, "brand") == "#6d28d9"
    assert value(light, "ink") == "#101010"
    assert "--ink" not in dark


def test_dark_pages_have_colors_of_their_own() -> None:
    _, _, light, dark = parts(theme_css({"accent": "#6d28d9", "dark-accent": "#b18cff"}))

    assert (value(light, "brand"), value(dark, "brand")) == ("#6d28d9", "#b18cff")


@pytest.mark.parametrize("name", TOKENS)
def test_every_name_sets_tokens_that_the_pages_use(name: str) -> None:
    sheet = assets.files()["hub.css"].content.decode()
    _, _, light, _ = parts(theme_css({name: "#123456"}))

    for token in TOKENS[name]:
        assert value(light, token) == "#123456"
        assert f"var(--{token}" in sheet


def test_a_name_that_means_nothing_sets_nothing() -> None:
    assert "--" not in theme_css({"page-background": "#123456"})


def test_a_product_may_say_what_a_project_may() -> None:
    script = assets.files()["frame-look.js"].content.decode()
    table = script.partition("const TOKENS = ")[2].partition(";")[0]
    spelled = re.sub(r"^  ([a-z]+):", r'  "\1":', table, flags=re.MULTILINE)
    element = assets.files()["hub.js"].content.decode().partition("const TOKENS = ")[2]

    assert json.loads(re.sub(r",\s*}", "}", spelled)) == {k: list(v) for k, v in TOKENS.items()}
    assert set(re.findall(r'"([a-z-]+)"', element.partition(";")[0])) == set(TOKENS)
