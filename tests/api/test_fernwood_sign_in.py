"""Life of a sign-in at Fernwood, which the OAuth sandbox plays, with an app secret like the demo's."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from jackfield.sandbox.oauth.authority import FERNWOOD
from jackfield.sandbox.oauth.server import serve
from tests.support.clock import FrozenClock
from tests.support.oakdale import Browser
from tests.support.running import running_hub

pytestmark = pytest.mark.anyio


async def test_a_sign_in_is_renewed_when_its_token_has_expired_and_revoked_with_its_account(
    sandbox: Sandbox, data_dir: Path, clock: FrozenClock
) -> None:
    async with serve(clock=clock) as provider:
        redirect_uri = "https://hub.test/connect/oauth2/fernwood/callback"
        app = provider.add_client(secret=FERNWOOD.secret, redirect_uris=[redirect_uri])
        origins = ("https://login.fernwood.example", "https://acme.fernwood.example")
        rewrite = dict.fromkeys(origins, provider.url)
        async with running_hub(sandbox, data_dir=data_dir, clock=clock, rewrite=rewrite) as hub:
            setup = {"clientId": app.id, "clientSecret": app.secret}
            terms = {"authentication_config_key": "oauth2", "setup": setup, "default": True}
            await hub.api.post("/connector_profiles", json={"connector_key": "fernwood", **terms})
            browser = Browser.of(hub, "fernwood", subdomain="acme")
            begun = await browser.begin(hub)
            left = await browser.client.get(begun["start"])
            back = provider.approve(left.headers["location"])
            await browser.come_back(**dict(parse_qsl(urlsplit(back).query)))
            (account,) = (await hub.api.get("/accounts")).json()
            clock.advance(seconds=3600)

            answer = await hub.run(account["id"], "fernwood_get_company")

            assert answer.status_code == 200, answer.text
            assert [each.generation for each in provider.families(app)] == [1]
            ended = await hub.api.delete(f"/accounts/{account['id']}")
            assert ended.json()["revocation"]["result"] == "revoked"
            assert all(each.revoked for each in provider.families(app))
