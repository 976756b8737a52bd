"""Linking at each provider by each of its auth methods, as a person does it in the Hub."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from jackfield.connectors.loading.discovery import own_folder
from jackfield.sandbox.connector.credentials import Login
from jackfield.sandbox.connector.server import ConnectorSandbox, serve
from jackfield.sandbox.connector.signing_keys import make_key
from jackfield.sandbox.iterable.server import serve as serve_iterable
from tests.support.running import Running, own_catalog, serving_hub

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

KEYS = sorted(each.name for each in own_folder().iterdir() if each.is_dir())


@pytest.fixture(scope="module")
async def sandboxes() -> AsyncGenerator[Mapping[str, ConnectorSandbox]]:
    async with AsyncExitStack() as stack:
        running = {
            key: await stack.enter_async_context(serve(own_catalog().get(key))) for key in KEYS
        }
        for each in running.values():
            each.state.settings.rate_limits = False
        yield running


@pytest.fixture(scope="module")
async def hub(
    tmp_path_factory: pytest.TempPathFactory,
    connector_cache: Path,
    sandboxes: Mapping[str, ConnectorSandbox],
) -> AsyncGenerator[Running]:
    folder = tmp_path_factory.mktemp("world")
    (folder / "cache").symlink_to(connector_cache)
    rewrite = {
        origin: each.url for each in sandboxes.values() for origin in each.state.provider.origins
    }
    async with (
        serve_iterable() as iterable,
        serving_hub(iterable, data_dir=folder, rewrite=rewrite) as running,
    ):
        yield running


async def profile_of(hub: Running, key: str, login: Login) -> str:
    body = {
        "connector_key": key,
        "authentication_config_key": login.method.key,
        "setup": dict(login.setup),
        "name": f"{key} {login.method.key}",
    }
    created = await hub.api.post("/connector_profiles", json=body)
    assert created.status_code == 201, created.text
    return created.json()["id"]


async def fill_in(page: Page, credentials: Mapping[str, str]) -> None:
    for name, value in credentials.items():
        control = page.locator(f"form.fields [name='{name}']")
        kind = await control.first.evaluate("each => each.type")
        if kind == "radio":
            await page.locator(f"form.fields [name='{name}'][value='{value}']").check()
        elif kind.startswith("select"):
            await control.select_option(value)
        else:
            await control.fill(value)


@pytest.mark.parametrize("key", KEYS)
async def test_an_account_is_linked_by_each_method_in_the_hub(
    hub: Running, sandboxes: Mapping[str, ConnectorSandbox], visit: Any, key: str
) -> None:
    sandbox, connector = sandboxes[key], own_catalog().get(key)
    page = (await visit(beside=(sandbox.url,), width=390)).page

    for method in (each.key for each in connector.auth_methods):
        login = sandbox.login(method)
        profile = await profile_of(hub, key, login)
        owner = f"{key} {method}"
        session = await hub.session(
            provider=key, connector_profile_id=profile, origin_owner_id=owner
        )
        # Nobody is signed in at the provider from the method before.
        await page.context.clear_cookies()
        await page.goto(session["auth_link_url"])
        await fill_in(page, login.credentials)
        await page.locator("form.fields button.primary").click()
        if login.method.redirects:
            await page.get_by_role("button", name="Allow").click()

        done = page.get_by_role("heading", name=f"{connector.title} is connected", level=1)
        await expect(done, owner).to_be_visible()
        found = (await hub.api.get("/accounts", params={"origin_owner_id": owner})).json()
        assert [each["status"] for each in found] == ["active"], owner


@pytest.mark.parametrize(
    ("way", "field", "step"),
    [
        (("google_workspace", "service_account"), "key_file", "Create a key"),
        (("salesforce", "jwt_bearer"), "private_key", "Paste the private key"),
        (("microsoft_365", "certificate"), "private_key", "Upload the certificate"),
        (("microsoft_365", "certificate"), "thumbprint", "Compute its thumbprint"),
    ],
    ids=str,
)
async def test_a_key_that_the_provider_does_not_take_opens_the_step_that_mends_it(
    hub: Running,
    sandboxes: Mapping[str, ConnectorSandbox],
    visit: Any,
    way: tuple[str, str],
    field: str,
    step: str,
) -> None:
    key, method = way
    login, other = sandboxes[key].login(method), make_key("Another")
    wrong = {
        "key_file": other.put_into(login.credentials.get("key_file", "")),
        "private_key": other.pem,
        "thumbprint": other.thumbprints["x5t#S256"],
    }
    profile = await profile_of(hub, key, login)
    session = await hub.session(provider=key, connector_profile_id=profile)
    page = (await visit()).page

    await page.goto(session["auth_link_url"])
    await fill_in(page, {**login.credentials, field: wrong[field]})
    await page.locator("form.fields button.primary").click()

    await expect(page.get_by_role("alert")).to_be_focused()
    await expect(page.locator("#guide .step[open]")).to_contain_text(step)
