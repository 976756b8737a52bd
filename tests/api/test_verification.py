"""What asks a provider about credentials asks as a run of theirs would."""

from base64 import b64encode
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from jackfield.vault import jose
from tests.support.certificates import Authority
from tests.support.clock import FrozenClock
from tests.support.running import OWNER, HubWith, Running
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

CONNECTOR = """\
StackOne: 1.0.0
engine: strict
info: {{title: Acme, key: acme, version: 1.0.0, description: Things.}}
baseUrl: {url}
{limits}
authentication:
  - key:
      type: custom
      label: Key
      authorization: {{type: none}}
      environments: [{{key: production, name: Production}}, {{key: sandbox, name: Sandbox}}]
      configFields:
        - {{key: key, label: Private key, type: password, required: true, secret: true}}
      testActions: [{{action: verify, required: true}}]
      identity: {{action: whoami, values: $.output.id}}
      permissions:
        - key: read
          label: Read things
          actions: [list_things]
          request:
            url: /probe
            method: get
            args: &context
              - {{name: environment, value: $.context.environment, in: query}}
              - {{name: project, value: $.context.projectSecureId, in: query}}
              - {{name: account, value: $.context.accountSecureId, in: query}}
              - {{name: owner, value: $.context.originOwnerId, in: query}}
              - {{name: owner_name, value: $.context.originOwnerName, in: query}}
actions:
  - actionId: verify
    label: Verify
    description: Verify a key.
    categories: [documents]
    actionType: custom
    effects: [read]
    inputs: []
    steps:
      - &sign
        stepId: sign
        stepFunction:
          functionName: sign_jwt
          parameters:
            algorithm: RS256
            privateKey: $.credentials.key
            claims: {{iss: acme, sub: acme, iat: now, exp: now+5m}}
      - stepId: ask
        stepFunction:
          functionName: request
          parameters:
            url: /verify
            method: get
            args: &signed
              - {{name: authorization, value: "Bearer ${{steps.sign.output.token}}", in: headers}}
              - {{name: environment, value: $.context.environment, in: query}}
              - {{name: project, value: $.context.projectSecureId, in: query}}
              - {{name: account, value: $.context.accountSecureId, in: query}}
              - {{name: owner, value: $.context.originOwnerId, in: query}}
              - {{name: owner_name, value: $.context.originOwnerName, in: query}}
  - actionId: whoami
    label: Tell whose key it is
    description: Tell whose key it is.
    categories: [documents]
    actionType: custom
    effects: [read]
    inputs: []
    steps:
      - *sign
      - stepId: ask
        stepFunction:
          functionName: request
          parameters: {{url: /whoami, method: get, args: *signed}}
    result: {{data: $.steps.ask.output.data}}
  - actionId: list_things
    label: List things
    description: List things.
    categories: [documents]
    actionType: list
    effects: [read]
    inputs: []
    steps:
      - *sign
      - stepId: ask
        stepFunction:
          functionName: request
          parameters: {{url: /things, method: get, args: *signed}}
    result: {{data: $.steps.ask.output.data}}
"""


def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


KEY = private_key()


@dataclass(frozen=True, slots=True)
class Acme:
    """A hub whose connector signs what it sends, and what its provider was sent."""

    hub: Running
    seen: list[Seen]

    def asked(self, path: str) -> list[dict[str, str]]:
        """Return the queries of the requests to `path`, and forget all there were."""
        targets = [urlsplit(each.line.split(" ")[1]) for each in self.seen]
        found = [parse_qs(each.query) for each in targets if each.path == path]
        self.seen.clear()
        return [{name: values[0] for name, values in each.items()} for each in found]


@pytest.fixture(params=[""], ids=["no limits of its own"])
async def acme(
    request: pytest.FixtureRequest,
    hub_with: HubWith,
) -> AsyncGenerator[Acme]:
    async with scripted(reply('{"id": "project-1"}')) as provider:
        text = CONNECTOR.format(url=provider.url, limits=request.param)
        async with hub_with({"acme": text}) as hub:
            yield Acme(hub, provider.seen)


async def link(hub: Running, **wanted: Any) -> str:
    return await hub.link_to("acme", {"key": KEY}, **wanted)


async def sandbox_profile(hub: Running) -> str:
    made = await hub.api.post(
        "/connector_profiles", json={"connector_key": "acme", "environment": "sandbox"}
    )
    assert made.status_code == 201, made.text
    return made.json()["id"]


def context(hub: Running, **more: str) -> dict[str, str]:
    return {
        "environment": "production",
        "project": hub.project.id,
        "owner": OWNER["origin_owner_id"],
        "owner_name": OWNER["origin_owner_name"],
        **more,
    }


async def test_a_connector_whose_test_signs_a_token_can_be_linked(acme: Acme) -> None:
    account_id = await link(acme.hub)

    ran = await acme.hub.run(account_id, "acme_list_things")

    assert ran.status_code == 200, ran.text
    assert all(each.headers["authorization"].startswith("Bearer ey") for each in acme.seen)


def short_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - too short
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    "key",
    [
        "no key at all",
        "x",
        KEY.replace("-----END", "AAAA\n-----END"),
        KEY[: len(KEY) // 2],
        KEY.replace("PRIVATE", "PUBLIC"),
        Authority().issue("of elliptic curves").key,
        short_key(),
        b64encode(b"no key at all").decode(),
        "\u00fcml\u00e4ut",
    ],
    ids=["words", "letter", "damaged", "half", "public", "curve", "short", "base64", "umlauts"],
)
async def test_a_key_that_cannot_sign_is_a_fault_at_its_field(acme: Acme, key: str) -> None:
    session = await acme.hub.session(provider="acme")
    refused = await acme.hub.submit(session["token"], {"key": key}, provider="acme")
    before = list(acme.seen)
    account_id = await link(acme.hub)
    rotated = await acme.hub.api.patch(
        f"/accounts/{account_id}", json={"credentials": {"key": key}}
    )
    ran = await acme.hub.run(account_id, "acme_list_things")

    assert (refused.status_code, rotated.status_code) == (400, 400), refused.text
    assert [each["path"] for each in refused.json()["faults"]] == ["credentials.key"]
    assert [each["path"] for each in rotated.json()["faults"]] == ["credentials.key"]
    assert "private key" in refused.json()["message"]
    assert before == []
    assert ran.status_code == 200


async def test_a_stored_key_that_signs_nothing_more_is_an_error_of_its_account(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await link(acme.hub)
    # Keys as short as this one were accepted before.
    monkeypatch.setattr(jose, "SMALLEST_RSA", 4096)

    checked = await acme.hub.api.post(f"/jackfield/accounts/{account_id}/check")

    assert (checked.status_code, checked.json()["status"]) == (200, "error"), checked.text


async def test_credentials_are_verified_in_the_environment_of_their_profile(acme: Acme) -> None:
    account_id = await link(acme.hub, integration_id=await sandbox_profile(acme.hub))
    tested, *_ = acme.asked("/verify")
    await acme.hub.run(account_id, "acme_list_things")
    ran, *_ = acme.asked("/things")

    assert tested["environment"] == ran["environment"] == "sandbox"


@pytest.mark.parametrize("path", ["/verify", "/whoami"])
async def test_linking_asks_with_the_context_of_a_run_but_for_the_account(
    acme: Acme, path: str
) -> None:
    await link(acme.hub)

    assert acme.asked(path) == [context(acme.hub)]


@pytest.mark.parametrize(
    ("path", "send"),
    [
        ("/verify", "/jackfield/accounts/{}/check"),
        ("/probe", "/jackfield/accounts/{}/permissions"),
    ],
)
async def test_an_account_is_asked_about_with_the_context_of_its_runs(
    acme: Acme, path: str, send: str
) -> None:
    account_id = await link(acme.hub)
    acme.seen.clear()

    answer = await acme.hub.api.post(send.format(account_id))

    assert answer.status_code == 200, answer.text
    assert acme.asked(path) == [context(acme.hub, account=account_id)]


async def test_a_rotated_key_is_verified_with_the_context_of_the_accounts_runs(
    acme: Acme,
) -> None:
    account_id = await link(acme.hub)
    acme.seen.clear()

    rotated = await acme.hub.api.patch(
        f"/accounts/{account_id}", json={"credentials": {"key": private_key()}}
    )

    assert rotated.status_code == 200, rotated.text
    assert acme.asked("/whoami") == [context(acme.hub, account=account_id)]


async def test_an_account_that_is_linked_in_another_environment_runs_there(acme: Acme) -> None:
    account_id = await link(acme.hub)
    again = await link(acme.hub, integration_id=await sandbox_profile(acme.hub))
    acme.seen.clear()

    await acme.hub.run(account_id, "acme_list_things")

    assert again == account_id
    assert acme.asked("/things") == [context(acme.hub, environment="sandbox", account=account_id)]


@pytest.mark.parametrize("acme", ["rateLimit: {mainRatelimit: 0.25}"], indirect=True)
async def test_verification_keeps_to_the_providers_limits(acme: Acme, clock: FrozenClock) -> None:
    account_id = await link(acme.hub)
    begun = clock.now

    for _ in range(3):
        await acme.hub.api.post(f"/jackfield/accounts/{account_id}/check")

    assert len(acme.asked("/verify")) == 4
    assert (clock.now - begun).total_seconds() >= 4


async def test_linking_anew_asks_with_the_context_of_the_account_that_is_there(acme: Acme) -> None:
    account_id = await link(acme.hub)
    acme.seen.clear()

    again = await link(acme.hub)

    assert again == account_id
    assert acme.asked("/verify") == [context(acme.hub, account=account_id)]


async def test_a_hub_page_doubts_a_key_with_curly_quotes(acme: Acme) -> None:
    session = await acme.hub.session(provider="acme")

    page = await acme.hub.api.get(session["auth_link_url"], auth=None)

    assert "This holds a blank, a curly quote or a dash" in page.text
