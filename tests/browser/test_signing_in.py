"""Linking by way of the provider's sign-in page, as a person does it in the Hub itself."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from playwright.async_api import Page, expect

from jackfield.accounts import token_endpoint
from jackfield.projects import service as projects
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.browser.axe_findings import found
from tests.browser.conftest import Visit, fernwood_at
from tests.support.actor import TESTER
from tests.support.running import Running

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.usefixtures("fernwood"),
    pytest.mark.slow,
]

Start = Callable[..., Awaitable[Visit]]
# By the provider's state: what its token endpoint does, and what the page says.
OUTAGES: dict[str, tuple[dict[str, Any], str]] = {
    "slow": (
        {"kind": "delay", "seconds": 5},
        "Fernwood took too long to answer. Nothing was saved; please try again in a moment.",
    ),
    "down": (
        {"status": 503},
        "Fernwood cannot be reached right now. Nothing was saved; please try again in a moment.",
    ),
}


@pytest.fixture
def rewrite(oauth: OAuthSandbox) -> Mapping[str, str]:
    return fernwood_at(oauth)


async def open_form(
    hub: Running, visit: Start, oauth: OAuthSandbox, *, window: Any = None, **wanted: Any
) -> Visit:
    """Open an auth link, and fill in the form that it leads to."""
    session = await hub.session(provider="fernwood", **wanted)
    opened = await visit(beside=(oauth.url,), **(window or {}))
    await opened.page.goto(session["auth_link_url"])
    await opened.page.get_by_role("textbox").fill("acme")
    return opened


async def go_on(page: Page) -> None:
    await page.locator("form.fields button.primary").click()


def title(page: Page, text: str) -> Any:
    return page.get_by_role("heading", name=text, level=1)


async def link(page: Page) -> None:
    """Fill in the form, and sign in."""
    await page.get_by_label("Subdomain").fill("acme")
    await go_on(page)
    await page.get_by_role("button", name="Allow").click()
    await expect(title(page, "Fernwood is connected")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
async def test_account_is_linked_by_signing_in(
    hub: Running, visit: Start, oauth: OAuthSandbox, scripts: bool
) -> None:
    page = (await open_form(hub, visit, oauth, window={"scripts": scripts})).page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await expect(page.get_by_text("you will sign in at Fernwood")).to_be_visible()

    await go_on(page)
    await page.get_by_role("button", name="Allow").click()

    await expect(title(page, "Fernwood is connected")).to_be_visible()
    (account,) = (await hub.api.get("/accounts")).json()
    assert account["status"] == "active"
    assert "code=" not in page.url
    assert "state=" not in page.url
    await page.reload()
    await expect(title(page, "Fernwood is connected")).to_be_visible()
    ours = [url for url in asked if url.startswith(hub.hub.public_url)]
    assert [url for url in ours if "acme" in url] == []


async def test_who_denies_access_is_told_so_and_starts_over(
    hub: Running, visit: Start, oauth: OAuthSandbox
) -> None:
    page = (await open_form(hub, visit, oauth)).page
    await go_on(page)
    await page.get_by_role("button", name="Deny").click()
    await expect(title(page, "Access was not allowed")).to_be_visible()

    await page.get_by_role("link", name="Start over").click()
    await link(page)


@pytest.mark.parametrize("state", OUTAGES)
async def test_who_signs_in_while_the_provider_is_slow_or_down_is_told_so_and_starts_over(
    hub: Running,
    visit: Start,
    oauth: OAuthSandbox,
    fernwood: Client,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
) -> None:
    fault, said = OUTAGES[state]
    monkeypatch.setattr(token_endpoint, "SECONDS", 0.5)
    page = (await open_form(hub, visit, oauth)).page
    await go_on(page)
    oauth.add_fault(fernwood, endpoint="token", **fault)
    await page.get_by_role("button", name="Allow").click()
    await expect(title(page, "Fernwood is not connected yet")).to_be_visible()
    await expect(page.get_by_text(said)).to_be_visible()
    assert (await hub.api.get("/accounts")).json() == []

    await page.get_by_role("link", name="Start over").click()
    monkeypatch.undo()
    await link(page)


@pytest.mark.parametrize("scripts", [True, False])
async def test_back_leads_to_the_form_and_a_second_sign_in(
    hub: Running, visit: Start, oauth: OAuthSandbox, scripts: bool
) -> None:
    page = (await open_form(hub, visit, oauth, window={"scripts": scripts})).page
    await go_on(page)
    await expect(page.get_by_role("button", name="Allow")).to_be_visible()

    await page.go_back()
    await link(page)


async def test_answer_is_taken_from_the_browser_that_was_sent_and_once(
    hub: Running, visit: Start, oauth: OAuthSandbox
) -> None:
    page = (await open_form(hub, visit, oauth)).page
    await go_on(page)
    await page.get_by_role("button", name="Allow").wait_for()
    answer = oauth.approve(page.url)
    other = (await visit()).page

    await other.goto(answer)
    await expect(title(other, "This sign-in belongs to another browser")).to_be_visible()
    await page.goto(answer)
    await expect(title(page, "Fernwood is connected")).to_be_visible()
    await page.goto(answer)

    await expect(title(page, "Fernwood is connected")).to_be_visible()
    assert len((await hub.api.get("/accounts")).json()) == 1


async def test_form_and_ends_can_be_used_by_anybody(
    hub: Running, visit: Start, oauth: OAuthSandbox, axe: str
) -> None:
    window = {"width": 390, "dark": True, "language": "de-DE"}
    page = (await open_form(hub, visit, oauth, window=window)).page
    assert await found(page, axe) == []

    await go_on(page)
    await page.get_by_role("button", name="Deny").click()
    await expect(title(page, "Der Zugriff wurde nicht erlaubt")).to_be_focused()
    assert await found(page, axe) == []
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.get_by_label("Subdomain").fill("acme")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Allow").click()

    await expect(title(page, "Fernwood ist verbunden")).to_be_focused()
    assert await found(page, axe) == []


async def test_operator_makes_a_link_on_the_dashboard_and_sees_who_signed_in(
    hub: Running, visit: Start, oauth: OAuthSandbox
) -> None:
    operator, customer = (await visit()).page, (await visit(beside=(oauth.url,))).page
    await operator.goto(await projects.sign_in_url(hub.hub, hub.project, TESTER))
    await operator.get_by_role("button", name="Sign in").click()
    await expect(operator.get_by_role("heading", name="Accounts")).to_be_visible()
    await operator.get_by_role("link", name="Link account").first.click()
    await operator.get_by_label("Customer id").fill("acme")
    await operator.get_by_label("Connector").select_option(label="Fernwood")
    await operator.get_by_role("button", name="Make a link").click()

    await customer.goto(await operator.get_by_label("Auth link").input_value())
    await link(customer)
    await operator.goto(f"{hub.hub.public_url}/dashboard")
    await expect(operator.get_by_role("row").filter(has_text="acme")).to_contain_text("Active")


async def test_answer_of_another_provider_or_after_its_time_is_not_taken(
    hub: Running, visit: Start, oauth: OAuthSandbox
) -> None:
    page = (await open_form(hub, visit, oauth)).page
    await go_on(page)
    await page.get_by_role("button", name="Allow").wait_for()
    answer = oauth.approve(page.url)

    await page.goto(answer.replace("/oauth2/fernwood/", "/oauth2/iterable/"))
    await expect(title(page, "This sign-in does not work")).to_be_visible()
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        # As if a quarter of an hour had gone by: a hub that is served has the time of this machine.
        await tx.run("update sign_ins set expires_at = :now where project_id = :project_id")
    await page.goto(answer)

    await expect(title(page, "The sign-in took too long")).to_be_visible()
    await expect(page.get_by_role("link", name="Start over")).to_be_visible()
    assert (await hub.api.get("/accounts")).json() == []
