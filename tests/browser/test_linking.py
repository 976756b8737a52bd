"""Linking an account by an auth link, as the person who was sent it does."""

from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace
from playwright.async_api import Page, expect

from jackfield.projects import service as projects
from tests.browser.conftest import Visit
from tests.support.actor import TESTER
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

Start = Callable[..., Awaitable[Visit]]
Keep = Callable[..., Awaitable[None]]


async def auth_link(hub: Running, **wanted: object) -> str:
    return (await hub.session(provider="iterable", **wanted))["auth_link_url"]


async def fill_in(page: Page, key: str, region: str) -> None:
    await page.get_by_label("API Key", exact=True).fill(key)
    await page.get_by_role("radio", name=region).check()
    await page.get_by_role("button", name="Connect").click()


async def fits(page: Page) -> bool:
    return await page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


async def fits_by_day_and_night(page: Page) -> bool:
    by_day = await fits(page)
    await page.emulate_media(color_scheme="dark")
    by_night = await fits(page)
    await page.emulate_media(color_scheme="light")
    return by_day and by_night


async def test_a_right_key_links_and_the_account_stands_on_the_accounts_page(
    hub: Running, visit: Start, keep_image: Keep
) -> None:
    window = await visit()
    page = window.page
    await page.goto(await auth_link(hub))
    await keep_image(page, "hub-form")

    await fill_in(page, hub.us_key, "United States")

    await expect(page.get_by_role("heading", name="Iterable is connected")).to_be_focused()
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Acme Inc.")
    await expect(row).to_contain_text("Iterable")
    await expect(row).to_contain_text("Active")
    await row.get_by_role("link", name="Acme Inc.").click()
    await page.get_by_role("button", name="Check credential").click()
    await expect(page.get_by_text("The provider accepts the credential.")).to_be_visible()


async def test_a_wrong_key_is_explained_at_its_field(hub: Running, visit: Start) -> None:
    page = (await visit()).page
    await page.goto(await auth_link(hub))

    await fill_in(page, "0" * 32, "United States")

    field = page.get_by_label("API Key", exact=True)
    await expect(page.get_by_role("alert")).to_be_focused()
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_accessible_description(
        "A Server-side key of the Iterable project to link. Error: Iterable does not know this key"
        " in either data center. Check that you copied all of it and that nobody deleted it, or"
        " create a new Server-side key."
    )


async def test_a_wrong_region_is_mended_without_typing_the_key_again(
    hub: Running, visit: Start, keep_image: Keep
) -> None:
    page = (await visit()).page
    await page.goto(await auth_link(hub))
    await fill_in(page, hub.eu_key, "United States")
    await expect(page.get_by_label("Region", exact=True)).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_text("This key belongs to the EU data center.")).to_be_visible()
    await keep_image(page, "hub-wrong-region")

    await page.get_by_role("radio", name="European Union").check()
    await page.get_by_role("button", name="Connect").click()

    await expect(page.get_by_role("heading", name="Iterable is connected")).to_be_visible()


async def test_the_keyboard_is_enough(hub: Running, visit: Start) -> None:
    page = (await visit()).page
    await page.goto(await auth_link(hub))

    await page.keyboard.press("Tab")
    await page.keyboard.type(hub.us_key)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.get_by_label("API Key", exact=True).get_attribute("type") == "text"
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Show me where (API Key)")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await expect(page.get_by_role("radio", name="United States")).to_be_checked()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Connect")).to_be_focused()
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="Iterable is connected")).to_be_visible()


async def test_an_empty_form_says_what_is_missing(hub: Running, visit: Start) -> None:
    page = (await visit()).page
    await page.goto(await auth_link(hub))

    await page.get_by_role("button", name="Connect").click()

    await expect(page.get_by_text("API Key is required.")).to_be_visible()
    await expect(page.get_by_text("Region is required.")).to_be_visible()
    await page.get_by_role("radio", name="United States").check()
    await expect(page.get_by_text("Region is required.")).to_be_hidden()


async def test_an_odd_key_is_doubted_and_sent_all_the_same(hub: Running, visit: Start) -> None:
    page = (await visit()).page
    await page.goto(await auth_link(hub))
    doubt = page.get_by_text("Iterable keys have 32 characters")
    await expect(doubt).to_be_hidden()

    await page.get_by_label("API Key", exact=True).fill("not 32 hex")
    await page.get_by_label("API Key", exact=True).blur()

    await expect(doubt).to_be_visible()
    await page.get_by_label("API Key", exact=True).fill(hub.us_key)
    await page.get_by_label("API Key", exact=True).blur()
    await expect(doubt).to_be_hidden()


@pytest.mark.parametrize(
    ("before", "after"), [("not 32 hex", None), (None, "not 32 hex")], ids=["goes", "comes"]
)
async def test_a_click_counts_though_what_is_said_of_a_value_moves_the_button(
    hub: Running, visit: Start, before: str | None, after: str | None
) -> None:
    page = (await visit(width=390)).page
    await page.goto(await auth_link(hub))
    await page.get_by_role("radio", name="United States").check()
    field = page.get_by_label("API Key", exact=True)
    await field.fill(before or hub.us_key)
    await field.blur()

    await field.fill(after or hub.us_key)
    await page.get_by_role("button", name="Connect").click()

    said = "Iterable is connected" if after is None else "Iterable is not connected yet"
    await expect(page.get_by_role("heading", name=said)).to_be_visible()


async def test_a_form_whose_link_has_ended_says_so_at_the_next_choice(
    hub: Running, visit: Start
) -> None:
    window = await visit()
    window.is_noisy = True
    page = window.page
    session = await hub.session(provider="iterable")
    await page.goto(session["auth_link_url"])
    await hub.api.post(f"/jackfield/connect_sessions/{session['id']}/revoke")

    await page.get_by_role("radio", name="United States").click()

    await expect(page.get_by_role("button", name="Connect")).to_have_count(0)
    await expect(page.get_by_text("taken it back")).to_be_visible()


async def test_the_ways_to_sign_out_stand_side_by_side_on_a_phone(
    hub: Running, visit: Start
) -> None:
    page = (await visit(width=390, dark=True)).page
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name="Menu").click()

    tops = [
        await page.get_by_role("button", name=name, exact=True).evaluate("each => each.offsetTop")
        for name in ("Sign out", "Sign out everywhere")
    ]

    assert tops[0] == tops[1]


async def test_the_step_of_the_guide_that_a_field_is_about_stands_out(
    hub: Running, visit: Start
) -> None:
    page = (await visit()).page
    await page.goto(await auth_link(hub))

    await page.get_by_role("radio", name="United States").focus()

    await expect(page.locator("[data-guide-field=region].is-current")).to_have_count(1)
    await expect(page.locator("[data-guide-field=api_key].is-current")).to_have_count(0)


@pytest.mark.slow
async def test_a_form_is_sent_once_while_the_provider_thinks(hub: Running, visit: Start) -> None:
    page = (await visit()).page
    project = hub.sandbox.us.project
    await page.goto(await auth_link(hub))
    await fill_in(page, "0" * 32, "United States")
    await expect(page.get_by_role("alert")).to_contain_text("Iterable is not connected yet")
    project.settings = replace(project.settings, latency=0.5)
    await fill_in(page, hub.us_key, "United States")

    await expect(page.get_by_text("Checking with Iterable…")).to_be_visible()
    await expect(page.get_by_text("Iterable is not connected yet")).to_be_hidden()
    await expect(page.get_by_role("button", name="Connect")).to_be_disabled()

    await expect(page.get_by_role("heading", name="Iterable is connected")).to_be_visible()


async def test_going_back_after_linking_explains_itself(hub: Running, visit: Start) -> None:
    page = (await visit()).page
    link = await auth_link(hub)
    await page.goto(link)
    await fill_in(page, hub.us_key, "United States")
    await expect(page.get_by_role("heading", name="Iterable is connected")).to_be_visible()

    await page.goto(f"{hub.hub.public_url}/docs/connectors/iterable/guides/link-account/api_key")
    await page.go_back()

    await expect(page.get_by_role("heading", name="This link has been used")).to_be_visible()
    await page.go_forward()
    await page.goto(link)
    await expect(page.get_by_role("heading", name="This link has been used")).to_be_visible()


async def test_the_form_works_without_scripts(hub: Running, visit: Start) -> None:
    page = (await visit(scripts=False)).page
    await page.goto(await auth_link(hub))

    await fill_in(page, "0" * 32, "United States")
    await expect(page.get_by_text("Iterable does not know this key")).to_be_visible()
    await fill_in(page, hub.us_key, "United States")

    await expect(page.get_by_role("heading", name="Iterable is connected")).to_be_visible()


async def test_every_page_fits_a_phone(hub: Running, visit: Start) -> None:
    page = (await visit(width=390, height=844)).page

    await page.goto((await hub.session())["auth_link_url"])
    assert await fits_by_day_and_night(page)
    await page.goto(await auth_link(hub))
    assert await fits_by_day_and_night(page)
    await fill_in(page, hub.us_key, "United States")
    await expect(page.get_by_role("heading", name="Iterable is connected")).to_be_visible()
    assert await fits_by_day_and_night(page)
    await page.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await page.get_by_role("button", name="Sign in").click()
    # A click may return before the page that it leads to is there.
    await expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    assert await fits_by_day_and_night(page)
    await page.get_by_role("link", name="Acme Inc.").click()
    await page.wait_for_url("**/dashboard/accounts/*")
    assert await fits_by_day_and_night(page)
    await page.get_by_role("link", name="Accounts").click()
    await page.get_by_role("link", name="Link account").click()
    await expect(page.get_by_label("Customer id")).to_be_visible()
    assert await fits_by_day_and_night(page)


async def test_a_link_made_on_the_dashboard_is_opened_by_somebody_else(
    hub: Running, visit: Start
) -> None:
    operator, customer = (await visit()).page, (await visit()).page
    await operator.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await operator.get_by_role("button", name="Sign in").click()
    await expect(operator.get_by_role("heading", name="Accounts")).to_be_visible()
    await operator.get_by_role("link", name="Link account").first.click()
    await operator.get_by_label("Customer id").fill("acme")
    await operator.get_by_label("Connector").select_option(label="Iterable")
    await operator.get_by_role("button", name="Make a link").click()

    await customer.goto(await operator.get_by_label("Auth link").input_value())
    await fill_in(customer, hub.us_key, "United States")

    await expect(customer.get_by_role("heading", name="Iterable is connected")).to_be_visible()
    await operator.goto(f"{hub.hub.public_url}/dashboard")
    await expect(operator.get_by_role("row").filter(has_text="acme")).to_contain_text("Active")


async def test_a_guide_page_can_be_read(hub: Running, visit: Start, keep_image: Keep) -> None:
    page = (await visit()).page
    await page.goto(f"{hub.hub.public_url}/docs/connectors/iterable/guides/link-account/api_key")

    await expect(
        page.get_by_role("heading", name="Generate an Iterable Server-Side API Key")
    ).to_be_visible()
    await keep_image(page, "guide")
