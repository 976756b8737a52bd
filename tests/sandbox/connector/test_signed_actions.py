"""Connectors that sign their requests, run against sandboxes that check what is signed."""

import httpx2
import pytest

from jackfield.engine.auth.authorization import authorized, compile_authorization
from jackfield.engine.auth.signable import Situation
from jackfield.engine.current_time import using_clock
from jackfield.engine.ports import Request as Sent
from tests.sandbox.connector.world import World
from tests.support.running import own_catalog

pytestmark = pytest.mark.anyio

# How each auth method of Signpost signs, and the credential that it signs with.
SECRETS = {
    "hmac": "secretKey",
    "app_signature": "app_secret",
    "wsse": "password",
    "oauth1": "token_secret",
    "token_based": "consumer_secret",
    "aws": "secretAccessKey",
    "signed_tokens": "private_key",
}
PUBLIC = "/places"


@pytest.mark.parametrize("method", [*SECRETS, "aws_role"])
async def test_every_action_is_signed_as_its_provider_asks(world: World, method: str) -> None:
    sandbox = world.sandboxes["signpost"]
    account = await world.link("signpost", sandbox.login(method))
    refused: dict[str, str] = {}

    for action in own_catalog().get("signpost").actions:
        inputs = sandbox.sample_inputs(action.name)
        answered = await world.hub.run(account, action.id, body=inputs)
        if answered.status_code != 200:
            refused[action.id] = answered.text

    assert refused == {}


@pytest.mark.parametrize("method", SECRETS)
async def test_an_account_with_another_secret_is_not_linked(world: World, method: str) -> None:
    login = world.sandboxes["signpost"].login(method)
    profile = await world.profile("signpost", login)
    wrong = {**login.credentials, SECRETS[method]: "another"}

    refused = await world.try_to_link("signpost", wrong, connector_profile_id=profile)

    assert refused.status_code == 400, refused.text
    assert refused.json()["code"] == "credential_rejected"


async def test_each_secret_of_an_account_is_refused_at_its_field(world: World) -> None:
    right = world.sandboxes["ledgerline"].login("web_service_user").credentials
    told: dict[str, list[str]] = {}

    # The envelope has the password, and is not signed; what is signed has no password.
    for name in ("password", "secretKey"):
        refused = await world.try_to_link("ledgerline", {**right, name: "another"})
        assert refused.json()["code"] == "credential_rejected"
        told[name] = [each["path"] for each in refused.json()["faults"]]

    assert told == {"password": ["credentials.password"], "secretKey": ["credentials.secretKey"]}


async def test_what_a_nonce_was_signed_with_is_taken_once(world: World) -> None:
    sandbox = world.sandboxes["signpost"]
    sent = signed_by(world, "oauth1")

    async with httpx2.AsyncClient(base_url=sandbox.url) as provider:
        first = await provider.get(PUBLIC, headers=sent)
        again = await provider.get(PUBLIC, headers=sent)
        await provider.post("/__sandbox__/reset")
        forgotten = await provider.get(PUBLIC, headers=sent)
    sandbox.state.settings.rate_limits = False

    assert [each.status_code for each in (first, again, forgotten)] == [200, 401, 200]


async def test_where_nothing_is_asked_for_a_wrong_credential_is_refused_all_the_same(
    world: World,
) -> None:
    async with httpx2.AsyncClient(base_url=world.sandboxes["signpost"].url) as provider:
        public = await provider.get(PUBLIC)
        shown = await provider.get(PUBLIC, headers={"x-api-key": "another"})
        signed = await provider.get(PUBLIC, headers={"x-signature": "hmac-sha256 00"})

    assert [each.status_code for each in (public, shown, signed)] == [200, 401, 401]


def signed_by(world: World, method: str) -> dict[str, str]:
    """Return headers that sign a request of an auth method."""
    login = world.sandboxes["signpost"].login(method)
    compiled = compile_authorization(login.method.authorization, "strict")
    situation = Situation({"credentials": dict(login.values)}, "strict", None)
    with using_clock(world.clock):
        sent = authorized(Sent("GET", f"https://api.signpost.example{PUBLIC}"), compiled, situation)
        return dict(sent.signed().headers)
