"""What an operator needs to let people sign in at a provider."""

import html
import re

import pytest

from jackfield.projects import service as projects
from tests.support.actor import TESTER
from tests.support.oakdale import OAKDALE, Browser, oakdale
from tests.support.running import PUBLIC_URL, HubWith, Running

pytestmark = pytest.mark.anyio

URI = f"{PUBLIC_URL}/connect/oauth2/oakdale/callback"
GUIDE = """      testActions: [{action: me}]
      support:
        guides:
          setup:
            sections: [{title: Register an App, content: Press **New app**.}]
"""


async def test_profile_names_the_redirect_uri_where_people_sign_in(hub_with: HubWith) -> None:
    async with oakdale(hub_with) as (hub, _):
        listed = (await hub.api.get("/connector_profiles")).json()["data"]

    uris = {each["connector_key"]: each.get("redirect_uri") for each in listed}
    assert uris["oakdale"] == URI
    assert uris["iterable"] is None


async def test_reference_says_what_to_register_and_how(hub_with: HubWith) -> None:
    text = OAKDALE.replace("      testActions: [{action: me}]\n", GUIDE)
    async with oakdale(hub_with, text) as (hub, _):
        page = await hub.api.get("/docs/connectors/oakdale")
        markdown = await hub.api.get("/docs/connectors/oakdale.md")

    assert f"<code>{URI}</code>" in page.text
    assert "Register an App" in page.text
    assert f"Redirect URI to register: `{URI}`" in markdown.text


async def test_link_of_the_dashboard_leads_to_the_provider(hub_with: HubWith) -> None:
    async with oakdale(hub_with) as (hub, _):
        browser = Browser.of(hub)
        page = await make_link(hub, browser)
        assert URI in page
        (link,) = re.findall('href="([^"]+/embedded/integrations[^"]+)"', page)
        asked = await browser.start(await browser.fill_in(html.unescape(link)))
        await browser.come_back(code="c-1", state=asked["state"])
        (account,) = (await hub.api.get("/accounts")).json()

    assert (account["provider"], account["origin_owner_id"]) == ("oakdale", "acme")


async def make_link(hub: Running, browser: Browser) -> str:
    """Sign in to the dashboard and return its page with a new auth link."""
    browser.client.headers["origin"] = PUBLIC_URL
    _, _, token = (await projects.sign_in_url(hub.hub, hub.project, TESTER)).partition("?token=")
    await browser.client.post("/dashboard/sign-in", data={"token": token})
    wanted = {"owner_id": "acme", "provider": "oakdale"}
    return (await browser.client.post("/dashboard/link", data=wanted)).text
