"""Sign-in of a member at an identity provider, in a browser."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from jackfield.kit.secret import Secret
from jackfield.oidc_settings import GroupRole, OidcSettings
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.browser.axe_findings import found
from tests.browser.conftest import Visit
from tests.support.running import Running, serving_hub

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

Start = Callable[..., Awaitable[Visit]]


@pytest.fixture
async def hub(data_dir: Path, sandbox: Sandbox, oauth: OAuthSandbox) -> AsyncGenerator[Running]:
    """Return a hub whose members sign in at the OAuth sandbox; Acme's people are admins."""
    client = oauth.add_client()
    settings = OidcSettings(
        oauth.url, client.id, Secret(client.secret), role_map=(GroupRole("acme", "admin"),)
    )
    async with serving_hub(
        sandbox, data_dir=data_dir, oidc=settings, allow_private_networks=True
    ) as running:
        yield running


async def test_a_person_signs_in_with_their_organization(
    hub: Running, oauth: OAuthSandbox, visit: Start, axe: str
) -> None:
    window = await visit(beside=(oauth.url,))
    window.is_noisy = True
    page = window.page
    await page.goto(f"{hub.hub.public_url}/dashboard/members")
    assert await found(page, axe) == []
    await page.get_by_role("link", name="Sign in with your organization").click()
    await page.get_by_role("radio", name="Ada Byron").check()
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_role("heading", name="Members")).to_be_visible()

    await expect(page.get_by_role("row", name=re.compile("ada@acme.example"))).to_contain_text(
        "follows their groups"
    )
