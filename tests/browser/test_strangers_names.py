"""What pages show of connectors without an icon, and of customers with odd names."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from jackfield.projects import service as projects
from tests.api.test_startup import PETDESK
from tests.browser.conftest import Visit
from tests.support.actor import TESTER
from tests.support.running import Running, write_connectors

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]


@pytest.fixture
def more_connectors(tmp_path: Path) -> Path:
    # Its icon is a file that is not there.
    return write_connectors(tmp_path / "connectors", {"petdesk": PETDESK})


async def broken_pictures(page: Page) -> list[str]:
    return await page.eval_on_selector_all(
        "img", "all => all.filter(each => !each.naturalWidth).map(each => each.src)"
    )


async def test_a_connector_without_an_icon_has_a_picture_on_every_page(
    hub: Running, visit: Start
) -> None:
    page = (await visit()).page
    session = await hub.session(provider="petdesk")

    await page.goto((await hub.session())["auth_link_url"])
    await expect(page.get_by_role("link", name="PetDesk")).to_be_visible()
    seen = {"list": await broken_pictures(page)}
    for name, path in (
        ("form", session["auth_link_url"].removeprefix(hub.hub.public_url)),
        ("reference", "/docs/connectors/petdesk"),
        ("guide", "/docs/connectors/petdesk/guides/link-account/token"),
    ):
        await page.goto(hub.hub.public_url + path)
        await expect(page.get_by_role("heading", level=1)).to_contain_text("PetDesk")
        seen[name] = await broken_pictures(page)

    assert [*seen.values()] == [[], [], [], []]


@pytest.mark.parametrize("name", [" \u200b\u3164", "\u202egnp.exe"])
async def test_an_account_is_opened_by_its_link_whatever_its_owner_is_called(
    hub: Running, visit: Start, name: str
) -> None:
    account_id = await hub.link(origin_owner_name=name)
    page = (await visit()).page
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()

    await page.get_by_role("link", name="gnp.exe" if "gnp" in name else "acme").click()

    await expect(page.locator("#account-id")).to_have_text(account_id)
    assert await broken_pictures(page) == []
