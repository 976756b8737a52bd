"""The dashboard's Home and its page about linking, in a browser: for anybody, on any screen."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace
from playwright.async_api import Page, expect

from jackfield.connect.steps.repo import LinkSteps
from jackfield.kit.clock import system_clock
from jackfield.kit.ids import RunId
from jackfield.logs.runs.repo import append_run
from jackfield.projects import service as projects
from jackfield.webhooks import service as webhooks
from jackfield.webhooks.models import EndpointChange
from tests.browser.axe_findings import NARROW, found_in_each_mode
from tests.browser.conftest import Visit
from tests.browser.product import Product, element, inside, product
from tests.support.actor import TESTER
from tests.support.logged_runs import REFUSED, USUAL
from tests.support.running import PATIENCE, Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]


@pytest.fixture
async def page(hub: Running, visit: Start) -> Page:
    opened = (await visit()).page
    await opened.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await opened.get_by_role("button", name="Sign in").click()
    return opened


@pytest.fixture
async def app(hub: Running) -> AsyncGenerator[Product]:
    async with product() as served:
        await hub.api.patch("/jackfield/project", json={"allowed_origins": [served.url]})
        yield served


async def busy_days(hub: Running) -> None:
    """Log runs of a fortnight, and have something to look after."""
    await hub.link(origin_owner_name="A name of many words, as customers have them")
    now = system_clock()
    for number in range(400):
        at = now - timedelta(hours=number * 0.8 + number % 7)
        kind = REFUSED if number % 11 == 3 else {"source": ("api", "mcp", "a2a")[number % 3]}
        run = replace(USUAL, id=RunId.new(at), started_at=at, **kind)
        append_run(hub.hub.write_buffer, hub.project.id, run)
    change = EndpointChange("https://receiver.example/a/rather/long/path/of/hooks", ("*",), "")
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        endpoint, _ = await webhooks.create(tx, hub.hub.vault, change, private=False)
    await hub.hub.db.unscoped("delete from credentials where owner_id = :id", id=endpoint.id)
    for _ in range(3):
        session = await hub.session(provider="iterable")
        headers = {"x-hub-session-token": session["token"]}
        offered = (await hub.api.get("/hub/connectors", headers=headers)).json()["integrations"]
        await hub.api.get(f"/hub/connectors/{offered[0]['integration_id']}", headers=headers)
    await hub.submit(session["token"], {"api_key": "", "region": "us"})
    await hub.hub.write_buffer.flush()


async def test_a_new_projects_home_can_be_used_by_anybody(
    hub: Running, page: Page, axe: str
) -> None:
    for path, heading in (("home", "First steps"), ("home/linking", "No link yet")):
        await page.goto(f"{hub.hub.public_url}/dashboard/{path}")
        await expect(page.get_by_role("heading", name=heading)).to_be_visible()
        assert await found_in_each_mode(page, axe) == []


async def test_a_busy_projects_home_can_be_used_by_anybody(
    hub: Running, page: Page, axe: str
) -> None:
    await busy_days(hub)
    await page.goto(f"{hub.hub.public_url}/dashboard/home")
    await expect(page.get_by_role("group", name="Runs of the last 14 days")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_text("As a table").first.click()
    assert await found_in_each_mode(page, axe) == []

    await page.goto(f"{hub.hub.public_url}/dashboard/home/linking")
    await expect(page.get_by_role("heading", name="What held them up")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []


async def test_home_is_two_keys_away_and_its_bars_lead_to_their_runs(
    hub: Running, page: Page
) -> None:
    await busy_days(hub)
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    await page.keyboard.press("g")
    await page.keyboard.press("h")
    await expect(page.get_by_role("heading", name="Home", exact=True)).to_be_visible()

    # Where they are thinnest.
    await page.set_viewport_size({"width": NARROW, "height": 900})
    await page.get_by_role("group", name="Runs of the last 14 days").locator("a").first.click()

    await expect(page.get_by_role("heading", name="Logs")).to_be_visible()
    await expect(page.get_by_role("link", name="Remove since")).to_be_visible()


async def test_a_product_that_takes_the_hub_away_is_seen_to_have_closed_it(
    hub: Running, visit: Start, app: Product
) -> None:
    session = await hub.session(provider="iterable")
    app.body = element(hub.hub.public_url, session["token"])
    page = (await visit(beside=(app.url,))).page
    await page.goto(app.url)
    await expect(inside(page).get_by_role("button", name="Connect")).to_be_visible()

    await page.evaluate("document.querySelector('jackfield-hub').remove()")

    # No page is left to say when the hub was told.
    async with asyncio.timeout(PATIENCE):
        while not await is_closed(hub):
            await hub.hub.write_buffer.flush()


async def is_closed(hub: Running) -> bool:
    async with hub.hub.db.read(hub.project.id) as tx:
        (one,) = await LinkSteps(tx).newest(size=5)
    return one.is_closed
