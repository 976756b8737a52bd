"""A form whose fields depend on what is chosen, and have more to say."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.api.test_conditions import CONNECTOR
from tests.browser.conftest import Visit
from tests.support.running import Running, write_connectors

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

# Its first field has a long label, and more to say.
TALKATIVE = CONNECTOR.replace("Acme, key: acme", "Talk, key: talk").replace(
    "label: Site, type: text,",
    'label: The name of your site, type: text, tooltip: "The part before .acme.example: your '
    'administrator sees it in the address of every page that Acme shows.",',
)

Start = Callable[..., Awaitable[Visit]]


@pytest.fixture
def more_connectors(tmp_path: Path) -> Path:
    return write_connectors(tmp_path / "connectors", {"acme": CONNECTOR, "talk": TALKATIVE})


async def test_a_choice_brings_and_takes_fields_and_leaves_what_was_typed(
    hub: Running, visit: Start
) -> None:
    page = (await visit()).page
    await page.goto((await hub.session(provider="acme"))["auth_link_url"])
    await page.get_by_label("Site", exact=True).fill("north")
    await expect(page.get_by_label("The key", exact=True)).to_have_count(0)

    await page.get_by_role("radio", name="A user").check()
    await page.get_by_label("The user", exact=True).fill("ada")
    await expect(page.get_by_text("Ask your manager.")).to_be_visible()
    await expect(page.get_by_label("Address", exact=True)).to_have_value(
        "https://north.acme.example"
    )

    await page.get_by_role("radio", name="A key").check()
    await page.get_by_label("The key", exact=True).fill("k" * 20)
    await expect(page.get_by_label("The user", exact=True)).to_have_count(0)
    await expect(page.get_by_text("Ask your manager.")).to_have_count(0)
    await expect(page.get_by_label("Site", exact=True)).to_have_value("north")
    names = "all => [...new Set(all.map((one) => one.name))]"
    order = await page.locator(".field [name]").evaluate_all(names)
    assert order == ["site", "kind", "key", "address"]


async def test_a_field_that_appeared_can_be_shown_and_is_checked(
    hub: Running, visit: Start
) -> None:
    page = (await visit()).page
    await page.goto((await hub.session(provider="acme"))["auth_link_url"])
    await page.get_by_role("radio", name="A key").check()
    key = page.get_by_label("The key", exact=True)
    await key.fill("k" * 20)

    await page.get_by_role("button", name="Show").click()
    await expect(key).to_have_attribute("type", "text")
    await key.fill("")
    await key.blur()

    await expect(page.get_by_text("The key is required.")).to_be_visible()
    await key.fill("k" * 20)
    await expect(page.get_by_text("The key is required.")).to_be_hidden()
    await page.get_by_role("button", name="Connect").click()
    await expect(page.get_by_role("heading", name="Acme is connected")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390, 320])
async def test_what_a_field_has_more_to_say_is_on_the_page_and_closed_by_esc(
    hub: Running, visit: Start, width: int
) -> None:
    page = (await visit(width=width)).page
    await page.goto((await hub.session(provider="talk"))["auth_link_url"])
    more = page.locator("details.tip")
    await more.locator("summary").focus()

    await page.keyboard.press("Space")

    box = await more.get_by_text("The part before").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    await page.keyboard.press("Escape")
    await expect(more.get_by_text("The part before")).to_be_hidden()
    await expect(more.locator("summary")).to_be_focused()
