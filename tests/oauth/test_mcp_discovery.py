"""What an MCP server and its authorization server publish: where it is found, and what is refused."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from jackfield.accounts.credentials import Credentials
from jackfield.accounts.provider import ProviderTransport
from jackfield.egress.client import Egress
from jackfield.egress.rewrite import Rewrites
from jackfield.engine.connector import CompiledConnector
from jackfield.engine.oauth.discovery import (
    AuthorizationServer,
    Discovery,
    McpDiscoveryRefused,
)
from jackfield.engine.oauth.registration import (
    OAuthClient,
    RegistrationRefused,
    client_metadata,
    register,
)
from jackfield.kit.errors import EgressBlocked, HubError, ProviderUnavailable
from tests.support.clock import NOW
from tests.support.scripted import ScriptedServer, Seen, reply, scripted

pytestmark = pytest.mark.anyio

MCP, LOGIN = "https://mcp.rowan.example", "https://login.rowan.example"
SERVER = f"{MCP}/v1/mcp"
RESOURCE = {"resource": SERVER, "authorization_servers": [f"{LOGIN}/acme"]}
METADATA = {
    "issuer": f"{LOGIN}/acme",
    "authorization_endpoint": f"{LOGIN}/acme/authorize",
    "token_endpoint": f"{LOGIN}/acme/token",
    "registration_endpoint": f"{LOGIN}/acme/register",
    "code_challenge_methods_supported": ["S256"],
}
OF_RESOURCE = "/.well-known/oauth-protected-resource"
OF_SERVER = "/.well-known/oauth-authorization-server"
OF_OPENID = "/.well-known/openid-configuration"
TELLS = f'Bearer realm="x", resource_metadata="{MCP}/about", scope="notes.read notes.write"'


@dataclass
class Site:
    """Both servers, and what was asked of them."""

    server: ScriptedServer
    discovery: Discovery

    @property
    def asked(self) -> list[str]:
        return [seen.line.split()[1] for seen in self.server.seen]


DEEP = "[" * 50_000


@asynccontextmanager
async def site(
    documents: Mapping[str, Any], *, challenge: str = "", hosts: tuple[str, ...] = (MCP, LOGIN)
) -> AsyncGenerator[Site]:
    """Serve documents by path; a number in the place of one is a status."""

    async def answer(writer: Any, seen: Seen) -> None:
        found = documents.get(seen.line.split()[1], 404)
        if seen.line.startswith("POST /v1/mcp"):
            await reply(status=401, headers={"www-authenticate": challenge})(writer, seen)
        elif isinstance(found, int):
            await reply("<html>", status=found)(writer, seen)
        elif isinstance(found, str):
            await reply(found)(writer, seen)
        else:
            await reply(json.dumps(found))(writer, seen)

    async with scripted(answer) as server:
        targets = {MCP: server.url, LOGIN: server.url, "https://evil.example": server.url}
        egress = Egress(rewrites=Rewrites(targets), allow_private=False)
        connector = CompiledConnector({"hosts": [each.removeprefix("https://") for each in hosts]})
        transport = ProviderTransport(egress, connector, Credentials.of({}, secrets=()))
        try:
            yield Site(server, Discovery(SERVER, transport, lambda url: connector.allows(url, {})))
        finally:
            await egress.close()


@pytest.mark.parametrize(
    ("challenge", "documents"),
    [
        (TELLS, {"/about": RESOURCE, f"{OF_SERVER}/acme": METADATA}),
        ("", {f"{OF_RESOURCE}/v1/mcp": RESOURCE, f"{OF_SERVER}/acme": METADATA}),
        (TELLS, {f"{OF_RESOURCE}/v1/mcp": RESOURCE, f"{OF_SERVER}/acme": METADATA}),
        ("", {OF_RESOURCE: {**RESOURCE, "resource": MCP}, f"{OF_OPENID}/acme": METADATA}),
        ("Basic", {OF_RESOURCE: RESOURCE, f"/acme{OF_OPENID}": METADATA}),
    ],
    ids=["told", "by path", "told, but gone", "at the root, of OpenID", "after the path"],
)
async def test_authorization_server_is_found(challenge: str, documents: dict[str, Any]) -> None:
    async with site(documents, challenge=challenge) as found:
        server = await found.discovery.find()

    assert server.token_url == f"{LOGIN}/acme/token"
    assert server.resource in {SERVER, MCP}


async def test_server_without_a_document_is_its_own_authorization_server() -> None:
    own = json.loads(json.dumps(METADATA).replace(f"{LOGIN}/acme", MCP))
    async with site({OF_SERVER: own}, hosts=(MCP,)) as found:
        server = await found.discovery.find()

    assert (server.resource, server.issuer) == (SERVER, MCP)


async def test_scopes_are_those_that_the_server_names() -> None:
    offers = {**METADATA, "scopes_supported": ["admin", "offline_access"]}
    documents = {
        "/about": {**RESOURCE, "scopes_supported": ["notes.read"]},
        f"{OF_RESOURCE}/v1/mcp": {**RESOURCE, "scopes_supported": ["people.read"]},
        f"{OF_SERVER}/acme": offers,
    }
    async with site(documents, challenge=TELLS) as found:
        told = await found.discovery.find()
    async with site(documents) as found:
        published = await found.discovery.find()

    assert told.scopes == ("notes.read", "notes.write", "offline_access")
    assert published.scopes == ("people.read", "offline_access")


def changed(**values: Any) -> dict[str, Any]:
    resource = {name: value for name, value in values.items() if name in RESOURCE}
    of_server = {name: value for name, value in values.items() if name not in RESOURCE}
    return {OF_RESOURCE: {**RESOURCE, **resource}, f"{OF_SERVER}/acme": {**METADATA, **of_server}}


EVIL = "https://evil.example"


@pytest.mark.parametrize(
    ("documents", "kind", "said"),
    [
        (changed(resource=f"{MCP}/v1/other"), McpDiscoveryRefused, "another server"),
        (changed(resource=f"{MCP}/v1/mc"), McpDiscoveryRefused, "another server"),
        (changed(resource=EVIL), McpDiscoveryRefused, "another server"),
        (changed(resource=None), McpDiscoveryRefused, "another server"),
        (changed(issuer=f"{LOGIN}/other"), McpDiscoveryRefused, "another authorization server"),
        (changed(issuer=None), McpDiscoveryRefused, "another authorization server"),
        (changed(code_challenge_methods_supported=["plain"]), McpDiscoveryRefused, "S256"),
        (changed(code_challenge_methods_supported=None), McpDiscoveryRefused, "S256"),
        (changed(token_endpoint=None), McpDiscoveryRefused, "token_endpoint"),
        (changed(token_endpoint=f"{EVIL}/token"), EgressBlocked, EVIL),
        (changed(authorization_endpoint=f"{EVIL}/a"), EgressBlocked, EVIL),
        (changed(token_endpoint="http://login.rowan.example/t"), EgressBlocked, "http://login"),
        (changed(token_endpoint="javascript:alert()"), McpDiscoveryRefused, "address"),
        (changed(authorization_servers=[EVIL]), EgressBlocked, EVIL),
        (changed(authorization_servers=["x"]), McpDiscoveryRefused, "address"),
        (changed(token_endpoint=f"{LOGIN}/{'t' * 9000}"), McpDiscoveryRefused, "token_endpoint"),
        (changed(authorization_servers=[f"{LOGIN}/acme?a=b"]), McpDiscoveryRefused, "address"),
        ({OF_RESOURCE: RESOURCE}, McpDiscoveryRefused, "no document"),
        ({OF_RESOURCE: RESOURCE, f"{OF_SERVER}/acme": DEEP}, McpDiscoveryRefused, "no document"),
        ({OF_RESOURCE: 503}, ProviderUnavailable, "503"),
    ],
)
async def test_document_that_must_not_be_used_is_refused(
    documents: dict[str, Any], kind: type[HubError], said: str
) -> None:
    async with site(documents) as found:
        with pytest.raises(kind) as refused:
            await found.discovery.find()

    assert refused.type is kind
    assert said in refused.value.detail


async def test_document_that_lists_very_much_holds_nothing_up() -> None:
    servers = [f"https://e{number}.example" for number in range(1000)]
    documents = changed(authorization_servers=servers)
    documents[OF_RESOURCE]["scopes_supported"] = ["x" * 9000, *map(str, range(1000))]
    considered: list[str] = []

    def allows(url: str) -> bool:
        considered.append(url)
        return url.startswith(MCP)

    async with site(documents) as found:
        with pytest.raises(EgressBlocked):
            await replace(found.discovery, allows=allows).find()
        documents[OF_RESOURCE]["authorization_servers"] = RESOURCE["authorization_servers"]
        server = await found.discovery.find()

    assert len(considered) < 20
    assert len(server.scopes) == 199


async def test_nothing_is_asked_of_a_host_that_only_a_document_names() -> None:
    elsewhere = f'Bearer resource_metadata="{EVIL}/evil"'
    async with site({"/evil": RESOURCE}, challenge=elsewhere) as found:
        with pytest.raises(EgressBlocked) as refused:
            await found.discovery.find()

    assert f"{EVIL}, which the connector does not declare" in refused.value.detail
    assert found.asked == ["/v1/mcp"]


async def test_an_authorization_server_that_is_declared_is_taken_before_others() -> None:
    documents = changed(authorization_servers=[EVIL, f"{LOGIN}/acme"])
    async with site(documents) as found:
        assert (await found.discovery.find()).issuer == f"{LOGIN}/acme"


FOUND = AuthorizationServer(
    SERVER, LOGIN, f"{LOGIN}/a", f"{LOGIN}/t", f"{LOGIN}/r", (), (), False, False
)
CALLBACK = "https://hub.test/connect/oauth2/rowan/callback"


@pytest.mark.parametrize(
    ("offered", "answer", "way"),
    [
        ((), {"client_secret": "s"}, "basic"),
        (("client_secret_post", "none"), {"client_secret": "s"}, "body"),
        (("none",), {}, "none"),
        ((), {"client_secret": "s", "client_secret_expires_at": 10**400}, "basic"),
        (("client_secret_basic",), {"token_endpoint_auth_method": "none"}, "none"),
        (
            ("client_secret_basic",),
            {"client_secret": "s", "token_endpoint_auth_method": "client_secret_post"},
            "body",
        ),
    ],
)
async def test_client_says_who_it_is_as_it_was_registered(
    offered: tuple[str, ...], answer: dict[str, Any], way: str
) -> None:
    async with site({"/r": {"client_id": "c", **answer}}) as found:
        client = await register(
            replace(FOUND, authentications=offered),
            client_metadata(CALLBACK, "https://hub.test"),
            found.discovery.transport,
            found.discovery.allows,
        )

    assert (client.id, client.authentication) == ("c", way)
    assert CALLBACK in found.server.seen[0].body.decode()


@pytest.mark.parametrize(
    ("url", "answer", "kind"),
    [
        (f"{LOGIN}/r", 400, RegistrationRefused),
        (f"{LOGIN}/r", 502, ProviderUnavailable),
        (f"{LOGIN}/r", {"id": "c"}, RegistrationRefused),
        (f"{LOGIN}/r", {"client_id": "c" * 9000}, RegistrationRefused),
        (f"{LOGIN}/r", DEEP, RegistrationRefused),
        (f"{EVIL}/r", {"client_id": "c"}, EgressBlocked),
        ("", 400, RegistrationRefused),
    ],
)
async def test_registration_that_fails_says_so(url: str, answer: Any, kind: type[HubError]) -> None:
    async with site({"/r": answer}) as found:
        with pytest.raises(kind) as refused:
            await register(
                replace(FOUND, registration_url=url),
                client_metadata(CALLBACK, "https://hub.test"),
                found.discovery.transport,
                found.discovery.allows,
            )

    assert refused.type is kind


def test_client_is_registered_anew_for_another_address_and_after_its_secret_ended() -> None:
    client = OAuthClient("c", "s", "basic", CALLBACK, NOW.timestamp() + 60)

    assert client.is_good(CALLBACK, NOW)
    assert not client.is_good("https://other.test/callback", NOW)
    assert not replace(client, ends_at=NOW.timestamp()).is_good(CALLBACK, NOW)
    assert replace(client, ends_at=0).is_good(CALLBACK, NOW)
