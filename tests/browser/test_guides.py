"""The guide beside the form."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
Keep = Callable[..., Awaitable[None]]


async def open_form(hub: Running, page: Page, **wanted: object) -> str:
    link = (await hub.session(provider="iterable", **wanted))["auth_link_url"]
    await page.goto(link)
    return link


async def test_links_lead_to_the_region_that_was_chosen(hub: Running, visit: Start) -> None:
    page = (await visit()).page
    await open_form(hub, page)
    await page.get_by_label("API Key", exact=True).fill("typed before")

    await page.get_by_role("radio", name="European Union").check()

    link = page.locator("#guide").get_by_role(
        "link", name="your Iterable workspace", include_hidden=True
    )
    await expect(link).to_have_attribute("href", "https://app.eu.iterable.com")
    await expect(page.get_by_label("API Key", exact=True)).to_have_value("typed before")
    await page.get_by_role("radio", name="United States").check()
    await expect(link).to_have_attribute("href", "https://app.iterable.com")


async def test_no_secret_is_sent_to_find_out_what_the_form_looks_like(
    hub: Running, visit: Start
) -> None:
    page = (await visit()).page
    await open_form(hub, page)
    await page.get_by_label("API Key", exact=True).fill("a secret of mine")

    async with page.expect_request(lambda request: request.method == "POST") as asked:
        await page.get_by_role("radio", name="European Union").check()

    sent = (await asked.value).post_data or ""
    assert "region=eu" in sent
    assert "secret" not in sent


async def test_what_was_done_is_still_ticked_off_when_one_comes_back(
    hub: Running, visit: Start
) -> None:
    page = (await visit()).page
    link = await open_form(hub, page)
    tick = page.get_by_role("checkbox", name="Done: Sign in to Iterable", include_hidden=True)

    await tick.check()
    await page.goto(link)

    await expect(tick).to_be_checked()
    await expect(page.locator("#guide").get_by_role("status")).to_contain_text("1")
    await expect(tick).to_be_hidden()
    await page.get_by_role("heading", name="Sign in to Iterable").click()
    await tick.uncheck()
    await page.goto(link)
    await expect(tick).not_to_be_checked()


async def test_whoever_says_what_they_need_sees_the_steps_for_that(
    hub: Running, visit: Start, keep_image: Keep
) -> None:
    page = (await visit()).page
    await open_form(hub, page)
    steps = page.locator("#guide [data-guide-step]")
    before = await steps.count()
    await page.get_by_text("Show only what I need").click()
    await page.get_by_role("searchbox").fill("campaign")
    choices = page.locator("#guide .needs li:visible")
    await expect(choices.filter(has_not_text=re.compile("campaign", re.IGNORECASE))).to_have_count(
        0
    )

    await choices.first.get_by_role("checkbox").check()

    await keep_image(page, "hub-needs")
    await expect(page.get_by_role("button", name="Show everything")).to_be_visible()
    assert await steps.count() <= before
    await page.get_by_role("button", name="Show everything").click()
    await expect(steps).to_have_count(before)


async def test_the_step_about_the_field_one_is_in_or_that_is_wrong_is_the_one_that_is_open(
    hub: Running, visit: Start
) -> None:
    page = (await visit()).page
    await open_form(hub, page)
    opened, about = page.locator("#guide .step[open]"), "[data-guide-field={}] > .step[open]"
    await expect(opened).to_contain_text("Sign in to Iterable")

    await page.get_by_role("radio", name="United States").check()
    await expect(page.locator(about.format("region"))).to_have_count(1)
    await expect(opened).to_have_count(1)

    await page.get_by_label("API Key", exact=True).fill("0" * 32)
    await page.get_by_role("button", name="Connect").click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await expect(page.locator(about.format("api_key"))).to_have_count(1)
    await expect(opened).to_have_count(1)


async def test_a_field_leads_to_its_step(hub: Running, visit: Start) -> None:
    page = (await visit(width=390, height=844)).page
    await open_form(hub, page)
    step = page.locator("[data-guide-field=api_key]").first
    await expect(step).to_be_hidden()

    await page.get_by_role("link", name="Show me where (API Key)").click()

    await expect(step).to_be_in_viewport()


@pytest.mark.parametrize("scripts", [True, False])
async def test_on_a_small_screen_the_guide_is_folded_up_from_the_start_and_opens_by_a_key(
    hub: Running, visit: Start, *, scripts: bool
) -> None:
    page = (await visit(width=390, height=844, scripts=scripts)).page
    await open_form(hub, page)
    body = page.locator("#guide .guide-body")
    assert await page.locator("details.guide").get_attribute("open") is None
    await expect(body).to_be_hidden()

    await page.locator(".guide > summary").focus()
    await page.keyboard.press("Enter")

    await expect(body).to_be_visible()
    await expect(page.get_by_role("heading", name="Where do I find this?")).to_have_count(1)


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("media", ["screen", "print"])
async def test_beside_the_form_and_on_paper_the_guide_is_open_and_cannot_be_shut(
    hub: Running, visit: Start, media: Any, *, scripts: bool
) -> None:
    page = (await visit(width=1280 if media == "screen" else 390, scripts=scripts)).page
    await open_form(hub, page)
    await page.emulate_media(media=media)

    await expect(page.locator("#guide .guide-body")).to_be_visible()
    await expect(page.locator(".guide > summary")).to_be_hidden()
    await expect(page.get_by_role("heading", name="Where do I find this?")).to_have_count(1)
    await expect(page.get_by_role("button", name="Connect")).to_be_visible(
        visible=media == "screen"
    )


async def test_a_guide_can_be_printed_and_read_as_text(hub: Running, visit: Start) -> None:
    page = (await visit()).page
    await page.goto(f"{hub.hub.public_url}/docs/connectors/iterable/guides/link-account/api_key")
    await page.evaluate("window.print = () => { window.printed = true; }")

    await page.get_by_role("button", name="Print").click()
    assert await page.evaluate("window.printed")
    await page.emulate_media(media="print")
    await expect(page.get_by_role("button", name="Print")).to_be_hidden()
    await expect(page.get_by_text("Open the API Keys page")).to_be_visible()

    await page.emulate_media(media="screen")
    await page.get_by_role("link", name="As Markdown").click()
    assert page.url.endswith(".md")
