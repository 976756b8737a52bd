"""Linking with what is signed: what is told of each mistake, and the step that mends it later."""

from collections.abc import Callable, Mapping

import pytest

from jackfield.sandbox.connector.signing_keys import make_key
from tests.sandbox.connector.world import World

pytestmark = pytest.mark.anyio

OTHER = make_key("Another")
PEM, THUMBPRINT = OTHER.pem, OTHER.thumbprints["x5t#S256"]
NOWHERE = "00000000-0000-4000-8000-000000000000"
GOOGLE, SALESFORCE, MICROSOFT = "google_workspace", "salesforce", "microsoft_365"
READONLY = "https://www.googleapis.com/auth/gmail.readonly"


@pytest.fixture(scope="module")
async def profiles(world: World) -> dict[tuple[str, str], str]:
    """A profile for each of the methods that sign, or get a token for the app itself."""
    made: dict[tuple[str, str], str] = {}
    for key, method in (
        (GOOGLE, "service_account"),
        (SALESFORCE, "jwt_bearer"),
        (MICROSOFT, "certificate"),
        (MICROSOFT, "client_credentials"),
    ):
        body = {"connector_key": key, "authentication_config_key": method, "name": method}
        created = await world.hub.api.post("/connector_profiles", json=body)
        assert created.status_code == 201, created.text
        made[key, method] = created.json()["id"]
    return made


def with_key(file: str) -> str:
    """Return Google's key file with another key in it."""
    return OTHER.put_into(file)


@pytest.mark.parametrize(
    ("key", "method", "change", "field", "words"),
    [
        (GOOGLE, "service_account", {"key_file": with_key}, "key_file", "Invalid JWT Signature."),
        (GOOGLE, "service_account", {"subject": "no@acme.example"}, "subject", "no such user"),
        (GOOGLE, "service_account", {"scopes": READONLY}, "scopes", "does not authorize"),
        (SALESFORCE, "jwt_bearer", {"private_key": PEM}, "private_key", "“invalid assertion”"),
        (
            SALESFORCE,
            "jwt_bearer",
            {"username": "no@acme.example"},
            "username",
            "not pre-authorized",
        ),
        (
            SALESFORCE,
            "jwt_bearer",
            {"clientId": "another"},
            "clientId",
            "no app with this consumer key",
        ),
        (
            SALESFORCE,
            "jwt_bearer",
            {"host": "acme--uat.sandbox.my.salesforce.com"},
            "host",
            "Audience validation failed",
        ),
        (
            MICROSOFT,
            "certificate",
            {"private_key": PEM},
            "private_key",
            "key of the certificate that was",
        ),
        (
            MICROSOFT,
            "certificate",
            {"thumbprint": THUMBPRINT},
            "thumbprint",
            "with this thumbprint",
        ),
        (MICROSOFT, "certificate", {"clientId": NOWHERE}, "clientId", "AADSTS700016"),
        (MICROSOFT, "certificate", {"tenant": NOWHERE}, "tenant", "no such directory"),
        (MICROSOFT, "certificate", {"cloud": "graph.microsoft.us"}, "tenant", "AADSTS700023"),
        (
            MICROSOFT,
            "client_credentials",
            {"clientSecret": "wrong"},
            "clientSecret",
            "AADSTS7000215",
        ),
        (MICROSOFT, "client_credentials", {"tenant": NOWHERE}, "tenant", "no such directory"),
        (
            MICROSOFT,
            "client_credentials",
            {"cloud": "graph.microsoft.us"},
            "tenant",
            "AADSTS500011",
        ),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else None,
)
async def test_each_mistake_in_the_form_is_told_apart(  # noqa: PLR0913, PLR0917 - a row of the table
    world: World,
    profiles: dict[tuple[str, str], str],
    key: str,
    method: str,
    change: Mapping[str, str | Callable[[str], str]],
    field: str,
    words: str,
) -> None:
    filled = dict(world.sandboxes[key].login(method).credentials)
    for name, value in change.items():
        filled[name] = value if isinstance(value, str) else value(filled[name])

    refused = await world.try_to_link(key, filled, connector_profile_id=profiles[key, method])

    assert refused.status_code == 400, refused.text
    told = refused.json()
    assert told["code"] == "credential_rejected"
    assert words in refused.text
    # The one that the step is about which mends it.
    assert [each["path"] for each in told["faults"]] == [f"credentials.{field}"]


@pytest.mark.parametrize(
    ("key", "method"),
    [(GOOGLE, "service_account"), (SALESFORCE, "jwt_bearer"), (MICROSOFT, "certificate")],
)
async def test_a_statement_that_is_too_old_there_is_signed_once_more_by_the_providers_clock(
    world: World, profiles: dict[tuple[str, str], str], key: str, method: str
) -> None:
    sandbox = world.sandboxes[key]
    sandbox.clock.advance(7200)
    before = len(list(sandbox.state.authority.journal))

    linked = await world.try_to_link(
        key, sandbox.login(method).credentials, connector_profile_id=profiles[key, method]
    )

    assert linked.status_code == 201, linked.text
    asked = list(sandbox.state.authority.journal)[before:]
    assert [each.status // 100 for each in asked] == [4, 2]
