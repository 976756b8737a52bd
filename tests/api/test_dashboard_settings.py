"""`/dashboard/settings`: an operator changes the project's settings in a browser."""

import re

import httpx2
import pytest

from jackfield.projects.repo import Projects
from jackfield.projects.settings import ProjectSettings
from tests.api.test_dashboard import sign_in
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

LOOK = {"display_name": "Northwind", "logo_url": "https://northwind.example/logo.svg"}


@pytest.fixture
async def browser(hub: Running) -> httpx2.AsyncClient:
    hub.api.auth = None
    await sign_in(hub)
    return hub.api


async def settings_of(hub: Running) -> ProjectSettings:
    async with hub.hub.db.read(hub.project.id) as tx:
        return await Projects(tx).settings()


def alert(text: str) -> str:
    found = re.search(r'role="alert">(.*?)</div>', text, re.DOTALL)
    return found[1] if found else ""


async def test_a_form_is_saved_and_leaves_the_others_as_they_are(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    origins = "https://app.northwind.example\r\nhttps://*.northwind.example"
    linking = {"allowed_origins": origins, "confirm_links": "1", "check_accounts": "1"}
    saved = [
        await browser.post("/dashboard/settings/linking", data=linking),
        await browser.post(
            "/dashboard/settings/look", data={**LOOK, "brand": "#6d28d9", "white_label": "1"}
        ),
        await browser.post(
            "/dashboard/settings/logs", data={"retention_days": "7", "retention_bodies": "1"}
        ),
    ]

    settings = await settings_of(hub)
    page = await browser.get("/dashboard/settings?saved=logs")

    assert [each.status_code for each in saved] == [303, 303, 303]
    assert settings.allowed_origins == (
        "https://app.northwind.example",
        "https://*.northwind.example",
    )
    assert (settings.confirm_links, settings.check_accounts) == (True, True)
    assert (settings.display_name, settings.colors) == ("Northwind", {"accent": "#6d28d9"})
    assert (settings.white_label, settings.retention_days) == (True, 7)
    assert settings.retention == {"bodies": 1}
    assert 'value="#6d28d9"' in page.text
    assert page.text.count("Saved") == 1


async def test_what_is_emptied_or_switched_off_is_so_afterwards(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    await browser.post("/dashboard/settings/look", data={**LOOK, "white_label": "1"})
    await browser.post("/dashboard/settings/linking", data={"check_accounts": "1"})

    await browser.post("/dashboard/settings/look", data={"display_name": "", "logo_url": ""})
    await browser.post("/dashboard/settings/linking", data={})

    settings = await settings_of(hub)
    assert (settings.display_name, settings.logo_url, settings.white_label) == (None, None, False)
    assert settings.check_accounts is False


async def test_colors_that_the_page_does_not_show_stay(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    key = await hub.key()
    branding = {"branding": {"colors": {"accent": "#ffffff", "dark-accent": "#000000"}}}
    await browser.patch(
        "/jackfield/project", json=branding, headers={"authorization": f"Bearer {key}"}
    )

    await browser.post("/dashboard/settings/look", data={**LOOK, "brand": "#0b6355"})

    assert (await settings_of(hub)).colors == {"dark-accent": "#000000"}


@pytest.mark.parametrize(
    ("part", "fields", "problem", "kept"),
    [
        ("look", {**LOOK, "logo_url": "javascript:alert(1)"}, "address of an image", "javascript:"),
        ("look", {**LOOK, "brand": "red;}"}, "expected a CSS color", "red;}"),
        ("linking", {"allowed_origins": "app.example.com"}, "expected an origin", "app.example"),
        (
            "logs",
            {"retention_days": "7", "retention_issues": "401"},
            "1 to 400 days",
            'value="401"',
        ),
        ("logs", {"retention_days": "0"}, "1 to 400 days", 'value="0"'),
        ("logs", {"retention_days": "9" * 5000}, "1 to 400 days", "999"),
        ("logs", {"retention_days": "٣"}, "1 to 400 days", 'value="٣"'),
        ("logs", {}, "1 to 400 days", 'value=""'),
    ],
)
async def test_a_form_that_cannot_be_saved_says_why_and_keeps_what_was_typed(
    hub: Running,
    browser: httpx2.AsyncClient,
    part: str,
    fields: dict[str, str],
    problem: str,
    kept: str,
) -> None:
    before = await settings_of(hub)

    response = await browser.post(f"/dashboard/settings/{part}", data=fields)

    assert response.status_code == 422
    assert problem in alert(response.text)
    assert kept in response.text
    assert await settings_of(hub) == before


async def test_there_are_no_other_forms(browser: httpx2.AsyncClient) -> None:
    assert (await browser.post("/dashboard/settings/danger", data={})).status_code == 404
