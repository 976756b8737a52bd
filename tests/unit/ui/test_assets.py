"""The static files, and what is put together of them."""

import re

import pytest

from jackfield.ui import assets

IMPORTED = re.compile(r"\bimport\b[^;]*?[\"'](\.[^\"']+)[\"']")
STYLES = sorted(name for name in assets.files() if name.startswith("styles/"))


@pytest.mark.parametrize("name", ["hub.css", "portal.css", "dashboard.css", "reference.css"])
def test_a_style_sheet_begins_with_colors_and_sizes(name: str) -> None:
    content = assets.files()[name].content

    assert content.startswith(assets.files()["styles/tokens.css"].content)
    assert assets.files()["styles/buttons.css"].content in content


@pytest.mark.parametrize("name", STYLES)
def test_no_component_is_left_out_of_every_style_sheet(name: str) -> None:
    part = assets.files()[name].content

    assert any(part in asset.content for sheet, asset in assets.files().items() if "/" not in sheet)


@pytest.mark.parametrize(
    "name", ["hub-page.js", "hub-frame.js", "portal-page.js", "portal-frame.js", "dashboard.js"]
)
def test_all_that_a_script_imports_is_known_and_there(name: str) -> None:
    scripts = (name, *assets.modules(name))
    texts = {each: assets.files()[each].content.decode() for each in scripts}
    named = {path.rpartition("/")[2] for text in texts.values() for path in IMPORTED.findall(text)}

    assert named == {each.rpartition("/")[2] for each in scripts[1:]}
