"""A customer's own page: in a window of its own, and inside the page of a product."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit, ground_of, holds
from tests.browser.product import Product, element, heard, inside, product
from tests.support.portal import make_portal
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
Keep = Callable[..., Awaitable[None]]


@pytest.fixture
async def app(hub: Running) -> AsyncGenerator[Product]:
    """Return a product whose origin may show pages of the hub."""
    async with product() as served:
        await hub.api.patch("/jackfield/project", json={"allowed_origins": [served.url]})
        yield served


async def linked(hub: Running) -> str:
    """Link an account that ran something, and one that does not work."""
    await hub.api.patch(
        "/jackfield/project",
        json={"branding": {"display_name": "Northwind"}},
    )
    broken = await hub.link(key=hub.sandbox.us.api_keys["read_only"], label="Transactional")
    account = await hub.link(multiple=True, label="Newsletter")
    hub.sandbox.us.app.sandbox.keys["read_only"].disabled = True
    await hub.run(broken, "iterable_list_channels")
    await hub.run(account, "iterable_list_channels")
    await hub.run(account, "iterable_get_user_by_email", path={"email": "no@body.test"})
    await hub.run(account, "iterable_list_campaigns")
    await hub.hub.write_buffer.flush()
    return account


async def open_page(hub: Running, visit: Start, *, window: Any = None, **wanted: Any) -> Page:
    made = await make_portal(hub, **wanted)
    page = (await visit(**(window or {}))).page
    await page.goto(made["url"])
    await page.get_by_role("button", name="Open").click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


async def embed(hub: Running, visit: Start, app: Product, **attributes: Any) -> Page:
    token = (await make_portal(hub))["token"]
    app.body = element(hub.hub.public_url, token, tag="portal", **attributes)
    page = (await visit(beside=(app.url,))).page
    await page.goto(app.url)
    await expect(inside(page).get_by_role("heading", name="Connections")).to_be_visible()
    return page


@pytest.mark.parametrize("scripts", [True, False])
async def test_an_account_is_paused_resumed_and_removed(
    hub: Running, visit: Start, *, scripts: bool
) -> None:
    account = await linked(hub)
    page = await open_page(hub, visit, window={"scripts": scripts})
    await page.get_by_role("link", name="Newsletter").click()

    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_text("Paused by you")).to_be_visible()
    assert (await hub.run(account, "iterable_list_channels")).status_code == 412
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_text("Northwind can use this connection.")).to_be_visible()
    await page.get_by_text("Remove…").click()
    await page.get_by_role("button", name="Remove it for good").click()

    await expect(page.get_by_text("The connection was removed")).to_be_visible()
    await expect(page.get_by_role("link", name="Newsletter")).to_have_count(0)
    assert (await hub.api.get(f"/accounts/{account}")).status_code == 404


async def test_the_keyboard_alone_is_enough_and_esc_takes_a_question_back(
    hub: Running, visit: Start
) -> None:
    account = await linked(hub)
    page = await open_page(hub, visit)
    await page.get_by_role("link", name="Newsletter").focus()
    await page.keyboard.press("Enter")
    await page.get_by_text("Remove…").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Remove it for good")).to_be_focused()

    await page.keyboard.press("Escape")

    await expect(page.get_by_role("button", name="Remove it for good")).to_be_hidden()
    await page.get_by_role("button", name="Pause").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Paused by you")).to_be_visible()
    assert (await hub.api.get(f"/accounts/{account}")).json()["status"] == "suspended"


async def test_what_does_not_work_is_connected_again_in_a_window_of_its_own(
    hub: Running, visit: Start
) -> None:
    await linked(hub)
    hub.sandbox.us.app.sandbox.keys["read_only"].disabled = False
    page = await open_page(hub, visit)
    await page.get_by_role("link", name="Transactional").click()
    await expect(page.get_by_text("Has to be connected again")).to_be_visible()

    async with page.expect_popup() as opened:
        await page.get_by_role("button", name="Connect again").click()
    popup = await opened.value
    await popup.get_by_label("API Key", exact=True).fill(hub.us_key)
    await popup.get_by_role("button", name="Save").click()
    await expect(popup.get_by_role("heading", name="Iterable is connected")).to_be_visible()
    await popup.close()
    await page.evaluate("window.dispatchEvent(new Event('focus'))")

    await expect(page.get_by_text("Northwind can use this connection.")).to_be_visible()


async def test_two_portals_in_one_browser_know_nothing_of_each_other(
    hub: Running, visit: Start
) -> None:
    await hub.link(label="Newsletter")
    await hub.link(origin_owner_id="globex", origin_owner_name="Globex", label="Shop")
    page = await open_page(hub, visit)
    first = page.url
    made = await make_portal(hub, origin_owner_id="globex", origin_owner_name="Globex")
    await page.goto(made["url"])
    await page.get_by_role("button", name="Open").click()
    await expect(page.get_by_text("Shop")).to_be_visible()

    await page.goto(first)

    await expect(page.get_by_text("Newsletter")).to_be_visible()
    await expect(page.get_by_text("Shop")).to_have_count(0)


async def test_a_product_shows_the_page_without_a_cookie_and_without_knowing_its_key(
    hub: Running, visit: Start, app: Product, keep_image: Keep
) -> None:
    account = await linked(hub)
    page = await embed(hub, visit, app)
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    await holds(page.frames[1], "document.documentElement.scrollHeight <= innerHeight")
    await keep_image(page, "portal-embedded")

    await inside(page).get_by_role("link", name="Newsletter").click()
    await expect(inside(page).get_by_role("heading", name="Iterable", level=1)).to_be_focused()
    await inside(page).get_by_role("button", name="Pause").click()

    await expect(inside(page).get_by_text("Paused by you")).to_be_visible()
    assert (await hub.api.get(f"/accounts/{account}")).json()["status"] == "suspended"
    assert await page.context.cookies() == []
    assert [url for url in asked if "jf_p" in url] == []
    assert "jf_pk_" not in str(await heard(page))
    assert (await heard(page, "ready"))[0] == ["ready", {}]


async def test_another_account_is_linked_from_inside_a_product(
    hub: Running, visit: Start, app: Product
) -> None:
    await hub.link(label="Newsletter")
    page = await embed(hub, visit, app)

    async with page.expect_popup() as opened:
        await inside(page).get_by_role("button", name="Connect another account").click()
    popup = await opened.value
    await popup.get_by_role("link", name="Iterable").click()
    await popup.get_by_label("API Key", exact=True).fill(hub.us_key)
    await popup.get_by_role("radio", name="United States").check()
    await popup.get_by_role("button", name="Connect").click()
    await expect(popup.get_by_role("heading", name="Iterable is connected")).to_be_visible()
    await popup.close()
    await page.frames[1].evaluate("window.dispatchEvent(new Event('focus'))")

    await expect(inside(page).get_by_role("link", name="Iterable")).to_have_count(2)


async def test_a_token_that_was_used_is_told_to_the_product(
    hub: Running, visit: Start, app: Product
) -> None:
    page = await embed(hub, visit, app)
    window = await visit(beside=(app.url,))
    window.is_noisy = True

    await window.page.goto(app.url)

    await window.page.wait_for_function("heard.some(([type]) => type === 'error')")
    assert (await heard(window.page, "error"))[0][1]["code"] == "portal_link_used"
    await expect(inside(page).get_by_role("heading", name="Connections")).to_be_visible()


async def test_the_page_takes_on_the_products_colors_and_language(
    hub: Running, visit: Start, app: Product
) -> None:
    token = (await make_portal(hub))["token"]
    app.body = element(hub.hub.public_url, token, tag="portal", theme="dark", lang="de")
    page = (await visit(beside=(app.url,))).page
    await page.goto(app.url)
    await page.add_style_tag(content="jackfield-portal { --hub-accent: rgb(200, 0, 100); }")
    button = inside(page).get_by_role("button", name="Weiteres Konto verbinden")
    await expect(button).to_be_visible()

    await page.evaluate("document.querySelector('jackfield-portal').refreshTheme()")

    await holds(
        page.frames[1], "getComputedStyle(document.documentElement).getPropertyValue('--brand')"
    )
    assert await ground_of(button) == pytest.approx([200, 0, 100], abs=2)
    await expect(inside(page).locator("html")).to_have_attribute("data-theme", "dark")


async def test_the_pages_as_they_are_shown_in_the_docs(
    hub: Running, visit: Start, keep_image: Keep
) -> None:
    await linked(hub)
    page = await open_page(hub, visit, window={"height": 700})
    await keep_image(page, "portal-accounts")
    await page.get_by_role("link", name="Newsletter").click()
    await expect(page.get_by_text("What ran")).to_be_visible()
    await keep_image(page, "portal-account")
    await hub.api.patch("/jackfield/project", json={"branding": {"colors": {"accent": "#6d28d9"}}})

    phone = await open_page(hub, visit, window={"width": 390, "height": 800, "dark": True})
    await keep_image(phone, "portal-phone-dark")

    assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_nothing_to_press_is_smaller_than_a_finger_tip(hub: Running, visit: Start) -> None:
    account = await linked(hub)
    page = await open_page(hub, visit, window={"width": 390})
    here = page.url.partition("?")[0]
    for url in (here, f"{here}/accounts/{account}"):
        await page.goto(url)

        small = await page.evaluate(
            """[...document.querySelectorAll("button, summary, .button, .back, h2 a, .foot a")]
                 .filter((element) => element.checkVisibility())
                 .filter((element) => { const { width, height } = element.getBoundingClientRect();
                                        return width < 44 || height < 44; })
                 .map((element) => element.outerHTML)"""
        )

        assert small == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
