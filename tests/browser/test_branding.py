"""The Hub as a project wants it seen."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit, ground_of
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]
Keep = Callable[..., Awaitable[None]]
SIZES = pytest.mark.parametrize(("width", "place"), [(1280, ""), (390, "-phone")])
SCHEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


async def brand(hub: Running) -> None:
    answer = await hub.api.patch(
        "/jackfield/project",
        json={
            "white_label": True,
            "branding": {
                "display_name": "Northwind",
                "colors": {
                    "accent": "#8a1c5b",
                    "accent-soft": "#fbeaf3",
                    "dark-accent": "#ff9fd0",
                    "dark-accent-soft": "#3d1129",
                },
            },
        },
    )
    assert answer.status_code == 200, answer.text


@SCHEMES
@SIZES
async def test_a_project_is_recognized_by_its_name_and_colors(
    hub: Running, visit: Start, keep_image: Keep, width: int, place: str, *, dark: bool
) -> None:
    await brand(hub)
    page = (await visit(width=width, dark=dark)).page

    await page.goto((await hub.session(provider="iterable"))["auth_link_url"])

    await expect(page.get_by_text("Northwind asks you to link Iterable")).to_be_visible()
    color = [255, 159, 208] if dark else [138, 28, 91]
    button = page.get_by_role("button", name="Connect")
    assert await ground_of(button) == pytest.approx(color, abs=1)
    assert "Jackfield" not in await page.content()
    await keep_image(page, f"hub-branded{place}-{'dark' if dark else 'light'}")


async def test_colors_that_were_set_by_name_are_where_they_were(hub: Running, visit: Start) -> None:
    colors = {
        "accent": "#ffd400",
        "accent-ink": "#330000",
        "paper": "#fffdf0",
        "paper-soft": "#eeeedd",
        "ink": "#111144",
        "bad-soft": "#ffddee",
    }
    await hub.api.patch("/jackfield/project", json={"branding": {"colors": colors}})
    page = (await visit()).page
    await page.goto((await hub.session(provider="iterable"))["auth_link_url"])
    button = page.get_by_role("button", name="Connect")
    await button.click()
    await expect(page.get_by_role("alert")).to_be_visible()

    assert await ground_of(page.get_by_role("alert")) == [0xFF, 0xDD, 0xEE]
    assert await ground_of(page.locator("body")) == [0xFF, 0xFD, 0xF0]
    assert await ground_of(page.locator("#guide")) == [0xEE, 0xEE, 0xDD]
    assert await ground_of(button) == pytest.approx([0xFF, 0xD4, 0x00], abs=1)
    await expect(button).to_have_css("color", "rgb(51, 0, 0)")
    await expect(page.get_by_role("heading", level=1)).to_have_css("color", "rgb(17, 17, 68)")


async def test_a_reader_changes_the_language_and_keeps_it(
    hub: Running, visit: Start, keep_image: Keep
) -> None:
    page = (await visit(language="fr-FR")).page
    await page.goto((await hub.session())["auth_link_url"])
    await expect(page.get_by_role("heading", name="Connecter un compte")).to_be_visible()

    await page.get_by_role("link", name="Deutsch").click()
    await page.get_by_role("link", name="Iterable").click()
    await expect(page.get_by_role("heading", name="Iterable verbinden")).to_be_visible()
    await page.get_by_role("button", name="Verbinden").click()

    await expect(page.get_by_text("API Key wird benötigt.")).to_be_visible()
    await keep_image(page, "hub-german")
    await page.get_by_label("API Key", exact=True).fill(hub.us_key)
    await page.get_by_role("radio", name="United States").check()
    await page.get_by_role("button", name="Verbinden").click()
    await expect(page.get_by_role("heading", name="Iterable ist verbunden")).to_be_focused()
    assert await page.evaluate("document.documentElement.lang") == "de"


async def test_every_state_of_the_hub_has_its_picture(
    hub: Running, visit: Start, keep_image: Keep
) -> None:
    page = (await visit()).page

    async def keep(name: str) -> None:
        """Keep a picture of each mode, in each of which the page has to fit."""
        for width, place in ((390, "-phone"), (1280, "")):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.emulate_media(color_scheme="dark")
            await keep_image(page, f"{name}{place}-dark")
            await page.emulate_media(color_scheme="light")
            await keep_image(page, f"{name}{place}-light")
            assert await page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )

    session = await hub.session()

    await page.goto(session["auth_link_url"])
    await keep("hub-list")
    await page.get_by_role("link", name="Iterable").click()
    await expect(page.get_by_role("heading", name="Connect Iterable")).to_be_visible()
    await page.get_by_role("radio", name="United States").focus()
    await page.get_by_role("radio", name="European Union").check()
    await expect(page.locator(".is-current")).to_have_count(1)
    await keep("hub-form")
    await page.get_by_label("API Key", exact=True).fill("0" * 32)
    await page.get_by_role("button", name="Connect").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await keep("hub-wrong-key")
    await page.get_by_label("API Key", exact=True).fill(hub.eu_key)
    await page.get_by_role("button", name="Connect").click()
    await expect(page.get_by_role("heading", name="Iterable is connected")).to_be_visible()
    await keep("hub-done")
    await page.goto(session["auth_link_url"])
    await expect(page.get_by_role("heading", name="This link has been used")).to_be_visible()
    await keep("hub-used")
    await page.goto((await hub.session(provider="iterable"))["auth_link_url"])
    await page.get_by_label("API Key", exact=True).fill(hub.us_key)
    await page.get_by_role("radio", name="United States").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("checkbox", name="Connect the other account")).to_be_visible()
    await keep("hub-other-account")
