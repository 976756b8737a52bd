"""StackOne's own `@stackone/hub`, as it is published, in front of this hub."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.published import Product, Start, published
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
async def product(hub: Running, visit: Start, tmp_path: Path) -> AsyncGenerator[Product]:
    async with published(hub, visit, tmp_path / "product") as served:
        yield served


async def fill_in(shown: Page, key: str, region: str = "United States") -> None:
    await shown.get_by_label("API Key").fill(key)
    await shown.get_by_role("button", name="Region").click()
    await shown.get_by_role("button", name=region, exact=True).click()


async def connect(shown: Page) -> None:
    await shown.get_by_role("button", name="Connect", exact=True).click()


async def test_the_list_shows_every_connector_with_our_logo_and_can_be_searched(
    hub: Running, product: Product
) -> None:
    shown = (await product.open((await hub.session())["token"])).page
    iterable = shown.get_by_role("button", name="Iterable")
    await expect(iterable).to_contain_text("MARKETING")
    await expect(shown.get_by_role("button", name="Fernwood")).to_be_visible()
    logo = iterable.get_by_role("img")
    await expect(logo).to_have_attribute("src", f"{hub.hub.public_url}/connectors/iterable/icon")
    await expect(logo).to_have_js_property("complete", value=True)
    assert await logo.evaluate("image => image.naturalWidth") > 0

    await shown.get_by_placeholder("Search Integrations").fill("iter")

    await expect(shown.get_by_role("button", name="Fernwood")).to_have_count(0)
    await iterable.click()
    await expect(shown.get_by_label("API Key")).to_be_visible()


async def test_a_session_for_some_categories_lists_only_theirs(
    hub: Running, product: Product
) -> None:
    session = await hub.session(categories=["hris", "accounting"])
    shown = (await product.open(session["token"])).page

    await expect(shown.get_by_role("button", name="Fernwood")).to_be_visible()
    await expect(shown.get_by_role("button", name="Ledgerline")).to_be_visible()
    await expect(shown.get_by_role("button", name="Iterable")).to_have_count(0)


async def test_an_account_is_linked_from_the_form(hub: Running, product: Product) -> None:
    shown = (await product.open((await hub.session(provider="iterable"))["token"])).page
    await expect(shown.get_by_role("link", name="Connection guide")).to_be_visible()

    await fill_in(shown, hub.us_key)
    await connect(shown)

    await expect(shown.get_by_text("Account successfully connected to Iterable")).to_be_visible()
    await shown.get_by_role("button", name="Close").click()
    (account,) = (await hub.api.get("/accounts")).json()
    assert account["status"] == "active"
    assert await shown.evaluate("heard") == [
        ["success", {"id": account["id"], "provider": "iterable"}],
        ["close", None],
    ]


async def test_what_is_wrong_with_a_credential_is_read_in_the_form_and_can_be_mended(
    hub: Running, product: Product
) -> None:
    session = await hub.session(provider="iterable")
    shown = (await product.open(session["token"], is_noisy=True)).page
    await fill_in(shown, "0" * 32)
    await connect(shown)
    await expect(shown.get_by_text("Iterable does not know this key")).to_be_visible()
    await expect(shown.get_by_role("button", name="Region Select Field")).to_be_visible()

    await fill_in(shown, hub.eu_key)
    await connect(shown)
    await expect(shown.get_by_text("This key belongs to the EU data center.")).to_be_visible()
    await expect(shown.get_by_role("button", name="Region Select Field")).to_be_visible()
    await fill_in(shown, hub.eu_key, "European Union")
    await connect(shown)

    await expect(shown.get_by_text("Account successfully connected to Iterable")).to_be_visible()


@pytest.mark.parametrize("named_by", ["the session", "the product", "nobody"])
async def test_an_account_is_edited_without_typing_its_key_again(
    hub: Running, product: Product, named_by: str
) -> None:
    account = await hub.link(provider="iterable")
    if named_by == "the session":
        session, given = await hub.session(account_id=account), ""
    else:
        session = await hub.session(provider="iterable")
        given = account if named_by == "the product" else ""
    shown = (await product.open(session["token"], account=given)).page

    key = shown.get_by_label("API Key")
    await expect(key).to_be_disabled()
    await expect(key).to_have_value(f"••••••••••{hub.us_key[-4:]}")
    await expect(shown.get_by_role("button", name="Region United States")).to_be_visible()
    await connect(shown)

    await expect(shown.get_by_text("Account successfully")).to_be_visible()
    assert [each["id"] for each in (await hub.api.get("/accounts")).json()] == [account]
    ran = await hub.run(account, "iterable_list_lists")
    assert ran.status_code == 200, ran.text
    assert await shown.evaluate("heard") == [["success", {"id": account, "provider": "iterable"}]]


async def test_a_new_key_takes_the_place_of_the_one_that_is_edited(
    hub: Running, product: Product
) -> None:
    account = await hub.link(provider="iterable")
    session = await hub.session(account_id=account)
    window = await product.open(session["token"], is_noisy=True)
    await window.page.get_by_role("button", name="Edit").click()
    await window.page.get_by_label("API Key").fill("0" * 32)

    await connect(window.page)

    await expect(window.page.get_by_text("Iterable does not know this key")).to_be_visible()
    assert (await hub.run(account, "iterable_list_lists")).status_code == 200


async def test_without_an_open_session_there_is_nothing_to_choose(
    hub: Running, product: Product
) -> None:
    window = await product.open("jf_ct_unheard_of", is_noisy=True)
    await expect(window.page.get_by_text("No configured integrations available.")).to_be_visible()

    used = await hub.session(provider="iterable")
    await hub.submit(used["token"], {"api_key": hub.us_key, "region": "us"})
    window = await product.open(used["token"], is_noisy=True)
    empty = window.page.get_by_text("No configured integrations available.")
    await expect(empty).to_be_visible()

    window = await product.open("")
    await expect(window.page.get_by_role("heading", name="No token provided")).to_be_visible()


async def test_a_field_that_another_decides_about_may_be_left_out(
    hub: Running, product: Product
) -> None:
    made = await hub.api.post(
        "/connector_profiles",
        json={"connector_key": "fernwood", "authentication_config_key": "service_key"},
    )
    assert made.status_code == 201, made.text
    session = await hub.session(provider="fernwood", connector_profile_id=made.json()["id"])
    shown = (await product.open(session["token"])).page

    await expect(shown.get_by_role("button", name="Kind of key Whole company")).to_be_visible()
    await expect(shown.get_by_text("Fernwood ends service keys after a year.")).to_be_visible()
    await expect(shown.get_by_label("Unit")).to_be_visible()
    for label in ("Subdomain", "Key ID", "Key Secret"):
        await shown.get_by_label(label).fill("acme")

    await expect(shown.get_by_role("button", name="Connect", exact=True)).to_be_enabled()
