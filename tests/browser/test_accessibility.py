"""What axe finds on the Hub's pages, and what it cannot look at: keyboard, names, motion."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest
from playwright.async_api import Page, Route, expect

from jackfield.projects import service as projects
from tests.browser.axe_findings import found, found_by_day_and_night, found_in_each_mode
from tests.browser.conftest import EVERYTHING_OPEN, Visit
from tests.browser.product import Product, element, inside, product
from tests.support.actor import TESTER
from tests.support.portal import make_portal
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

Start = Callable[..., Awaitable[Visit]]


@pytest.fixture(params=[False, True], ids=["light", "dark"])
def dark(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
async def page(visit: Start) -> Page:
    return (await visit()).page


@pytest.fixture
async def app(hub: Running) -> AsyncGenerator[Product]:
    async with product() as served:
        await hub.api.patch("/jackfield/project", json={"allowed_origins": [served.url]})
        yield served


async def fill_in(page: Page, key: str) -> None:
    await page.get_by_label("API Key", exact=True).fill(key)
    await page.get_by_role("radio", name="United States").check()
    await page.get_by_role("button", name="Connect").click()


@pytest.mark.slow
async def test_the_list_the_form_its_faults_and_the_end_can_be_used_by_anybody(
    hub: Running, page: Page, axe: str
) -> None:
    session = await hub.session()
    await page.goto(session["auth_link_url"])
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_label("Search").fill("no such service")
    await expect(page.get_by_text("No service matches")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_label("Search").fill("iter")
    await page.get_by_role("link", name="Iterable").click()
    await page.evaluate(EVERYTHING_OPEN)
    await page.get_by_role("radio", name="United States").focus()
    await page.get_by_role("checkbox", name="Done: Sign in to Iterable").check()
    assert await found_in_each_mode(page, axe) == []

    await fill_in(page, "0" * 32)
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []

    await fill_in(page, hub.us_key)
    await expect(page.get_by_role("heading", name="Iterable is connected")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []

    await page.goto(session["auth_link_url"])
    await expect(page.get_by_role("heading", name="This link has been used")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []


@pytest.mark.slow
async def test_updating_changing_the_account_and_waiting_can_be_used_by_anybody(
    hub: Running, page: Page, axe: str
) -> None:
    account = await hub.link()
    link = (await hub.session(account_id=account))["auth_link_url"]
    await hub.api.patch("/jackfield/project", json={"confirm_links": True})
    await page.goto(link)
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_label("API Key", exact=True).fill(hub.eu_key)
    await page.get_by_role("radio", name="European Union").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_role("checkbox", name="Connect the other account").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("[data-pending]")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "/docs/connectors/iterable/guides/link-account/api_key",
        "/docs",
        "/docs/connectors/fernwood",
        "/embedded/integrations?token=none",
        "/embedded/accounts/callback",
        "/nothing/here",
    ],
)
async def test_pages_beside_the_way_can_be_used_by_anybody(
    hub: Running, visit: Start, axe: str, path: str
) -> None:
    window = await visit()
    # The page that closes itself is warned that it may not, in a window that nobody opened for it.
    window.is_noisy = path.endswith("/callback")
    await window.page.goto(f"{hub.hub.public_url}{path}")

    assert await found_by_day_and_night(window.page, axe) == []


@pytest.mark.slow
async def test_a_browser_that_does_not_know_our_colors_shows_its_own(
    hub: Running, visit: Start, axe: str, *, dark: bool
) -> None:
    page = (await visit(dark=dark)).page

    async def as_an_older_browser_reads_it(route: Route) -> None:
        response = await route.fetch()
        text = (await response.text()).replace("light-dark(", "not-known(")
        await route.fulfill(response=response, body=text)

    await page.route("**/*.css", as_an_older_browser_reads_it)
    await page.goto((await hub.session(provider="iterable"))["auth_link_url"])

    assert await found(page, axe) == []
    button, field = page.get_by_role("button", name="Connect"), page.get_by_label("API Key")
    for each in (button, field.first):
        await expect(each).to_have_css("border-top-style", "solid")
    paper = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") is not dark


@pytest.mark.slow
async def test_a_browser_that_computes_no_color_from_another_is_sent_those_it_needs(
    hub: Running, visit: Start, axe: str, *, dark: bool
) -> None:
    await hub.api.patch("/jackfield/project", json={"branding": {"colors": {"accent": "#8a1c5b"}}})
    page = (await visit(dark=dark)).page

    async def as_an_older_browser_reads_it(route: Route) -> None:
        response = await route.fetch()
        text = (await response.text()).replace("oklch(from", "not-known(from")
        await route.fulfill(response=response, body=text)

    await page.route(re.compile(r"\.css"), as_an_older_browser_reads_it)
    await page.goto((await hub.session(provider="iterable"))["auth_link_url"])

    assert await found(page, axe) == []
    button = page.get_by_role("button", name="Connect")
    await expect(button).to_have_css("background-color", "rgb(138, 28, 91)")
    await expect(button).to_have_css("color", "rgb(255, 255, 255)")


@pytest.mark.slow
@pytest.mark.parametrize("brand", ["#111111", "#808080", "#ffd400"])
async def test_whatever_color_a_brand_has_its_pages_can_be_read(
    hub: Running, visit: Start, axe: str, brand: str
) -> None:
    await hub.api.patch("/jackfield/project", json={"branding": {"colors": {"accent": brand}}})
    page = (await visit()).page
    await page.goto((await hub.session(provider="iterable"))["auth_link_url"])
    await page.get_by_role("radio", name="United States").check()

    assert await found_by_day_and_night(page, axe) == []


@pytest.mark.slow
async def test_the_dashboard_can_be_used_by_anybody(hub: Running, visit: Start, axe: str) -> None:
    page = (await visit()).page
    account = await hub.link()
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    assert await found_by_day_and_night(page, axe) == []
    for path in (
        "/dashboard/home",
        "/dashboard/home/linking",
        f"/dashboard/accounts/{account}",
        "/dashboard/account-jobs",
        "/dashboard/decoys",
        "/dashboard/link",
        "/dashboard/logs/requests",
        "/dashboard/audit",
        "/dashboard/audit?verify=1",
        "/dashboard/audit/1",
        "/dashboard/keys",
        "/dashboard/members",
        "/dashboard/projects",
        "/dashboard/me",
        "/dashboard/settings",
        "/dashboard/connectors",
        "/dashboard/connectors/iterable",
        "/dashboard/explorer",
        f"/dashboard/explorer?account={account}",
        "/dashboard/connectors/upload",
    ):
        await page.goto(f"{hub.hub.public_url}{path}")
        assert await found_by_day_and_night(page, axe) == []


@pytest.mark.slow
async def test_a_customers_own_page_can_be_used_by_anybody(
    hub: Running, page: Page, axe: str
) -> None:
    account = await hub.link(label="Newsletter")
    await hub.run(account, "iterable_list_channels")
    await hub.run(account, "iterable_list_channels", query={"limit": "none"})
    await hub.hub.write_buffer.flush()
    made = await make_portal(hub)
    await page.goto(made["url"])
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_role("button", name="Open").click()
    await expect(page.get_by_role("heading", name="Connections")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_role("link", name="Iterable").click()
    await page.evaluate(EVERYTHING_OPEN)
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_text("Paused by you")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []

    await page.get_by_role("link", name="All connections").click()
    await page.get_by_role("button", name="Close this page").click()
    await expect(page.get_by_role("heading", name="This page is closed")).to_be_visible()
    assert await found_in_each_mode(page, axe) == []


async def test_the_hub_in_a_product_can_be_used_by_anybody(
    hub: Running, visit: Start, app: Product, axe: str
) -> None:
    session = await hub.session(provider="iterable")
    app.body = element(hub.hub.public_url, session["token"])
    page = (await visit(beside=(app.url,))).page
    await page.goto(app.url)
    await expect(inside(page).get_by_role("button", name="Connect")).to_be_visible()

    assert await found_by_day_and_night(page.frames[1], axe) == []
    await expect(page.locator("iframe")).to_have_attribute("title", "Connect Iterable")


async def test_a_page_that_opens_in_a_product_leaves_the_focus_where_it_is(
    hub: Running, visit: Start, app: Product
) -> None:
    session = await hub.session()
    app.body = "<input id='theirs' autofocus>" + element(hub.hub.public_url, session["token"])
    page = (await visit(beside=(app.url,))).page
    await page.goto(app.url)
    await expect(inside(page).get_by_role("heading", name="Connect an account")).to_be_visible()

    await expect(page.locator("#theirs")).to_be_focused()
    await inside(page).get_by_role("link", name="Iterable").click()
    await expect(inside(page).get_by_role("heading", name="Connect Iterable")).to_be_focused()


async def test_whoever_wants_no_motion_sees_none(hub: Running, visit: Start) -> None:
    page = (await visit()).page
    await page.goto((await hub.session(provider="iterable"))["auth_link_url"])

    moving = await page.evaluate(
        """[...document.querySelectorAll("*")].filter((element) => {
             const { transitionDuration, animationName } = getComputedStyle(element);
             return parseFloat(transitionDuration) > 0 || animationName !== "none";
           }).map((element) => element.outerHTML)"""
    )

    assert moving == []


async def test_nothing_to_press_is_smaller_than_a_finger_tip(hub: Running, visit: Start) -> None:
    page = (await visit(width=390)).page
    links = [(await hub.session(provider=one))["auth_link_url"] for one in ("iterable", None)]
    for link in links:
        await page.goto(link)
        await page.evaluate(
            "for (const one of document.querySelectorAll('details')) one.open = true"
        )

        # A checkbox is pressed by its label, too; a link in a text is as high as its line.
        small = await page.evaluate(
            """[...document.querySelectorAll("button, input, select, summary, .tile, .button, .foot a")]
                 .filter((element) => element.checkVisibility())
                 .map((element) => element.matches("label input") ? element.closest("label") : element)
                 .filter((element) => { const { width, height } = element.getBoundingClientRect();
                                        return width < 44 || height < 44; })
                 .map((element) => element.outerHTML)"""
        )

        assert small == []


@pytest.mark.slow
async def test_no_word_of_the_dashboards_menu_is_broken_on_a_phone(
    hub: Running, visit: Start
) -> None:
    page = (await visit(width=390)).page
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()
    links = page.get_by_role("navigation", name="Dashboard").get_by_role("link")
    await expect(links).to_have_count(0)
    await page.get_by_role("button", name="Menu").click()
    await expect(links.first).to_have_text("Home")
    await expect(links.last).to_have_text("Documentation")

    boxes = [await each.bounding_box() for each in await links.all()]

    assert [box is not None and box["height"] < 40 for box in boxes] == [True] * len(boxes)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
async def test_esc_takes_the_question_back_whether_an_account_is_to_be_deleted(
    hub: Running, visit: Start
) -> None:
    account_id = await hub.link()
    page = (await visit()).page
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()
    await page.goto(f"{hub.hub.public_url}/dashboard/accounts/{account_id}")
    await page.get_by_text("Delete…").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Delete account")).to_be_focused()

    await page.keyboard.press("Escape")

    await expect(page.get_by_role("button", name="Delete account")).to_be_hidden()
    await expect(page.get_by_text("Delete…")).to_be_focused()
