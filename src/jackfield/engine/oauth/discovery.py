"""
Discovery of the authorization server of an MCP server, from the documents that both publish.

RFC 9728 is about the documents of the one, RFC 8414 and OpenID Connect Discovery about those of the
other. Nothing is asked of a host that the connector does not declare, nor believed of its address.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from jackfield.engine.ports import Request, Response, Transport
from jackfield.kit.errors import EgressBlocked, ProviderError, ProviderUnavailable
from jackfield.kit.json import DecodeError, Json, as_object, encode, parse, text, texts, words
from jackfield.kit.urls import find_origin, is_base, split_origin

_RESOURCE: Final = "/.well-known/oauth-protected-resource"
_SERVER: Final = "/.well-known/oauth-authorization-server"
_OPENID: Final = "/.well-known/openid-configuration"
_PARAMETER: Final = re.compile(r'(?:^|[\s,])([A-Za-z_]+)\s*=\s*(?:"([^"]*)"|([^\s",]+))')
_OFFLINE: Final = "offline_access"
_INITIALIZE: Final[Json] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "jackfield", "version": "1"},
    },
}
_REDIRECTS: Final = 3
# Of what a document lists, and how long it may be.
_MOST_SERVERS: Final = 10
_MOST_SCOPES: Final = 200
_LONGEST_SCOPE: Final = 200
_LONGEST: Final = 2000
_SUCCESS: Final = 200
_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429
_FAILED: Final = 500


class McpDiscoveryRefused(ProviderError):
    """The MCP server does not describe a sign-in that this hub can use."""

    code = "mcp_discovery_refused"


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """
    The authorization server of an MCP server, as their documents describe both.

    `resource` is the MCP server's own name. `scopes` are those to ask for.
    """

    resource: str
    issuer: str
    authorization_url: str
    token_url: str
    registration_url: str
    scopes: tuple[str, ...]
    authentications: tuple[str, ...]
    takes_document: bool
    tells_issuer: bool


@dataclass(frozen=True, slots=True)
class Discovery:
    """The conversation that finds out where to sign in for an MCP server."""

    server_url: str
    transport: Transport
    allows: Callable[[str], bool]

    async def find(self) -> AuthorizationServer:
        """
        Ask the MCP server for its authorization server, and that for its endpoints.

        Raises:
            EgressBlocked: a document leads to a host that the connector does not declare.
            McpDiscoveryRefused: a document is missing, or must not be used.
            ProviderUnavailable, ProviderTimeout: a server cannot be asked now.
        """
        origin = find_origin(self.server_url)
        if origin is None:
            msg = "the address of the MCP server is none with these values"
            raise McpDiscoveryRefused(msg)
        challenge = await self._challenge()
        resource = await self._resource(challenge.get("resource_metadata", ""))
        listed = texts(resource, "authorization_servers")[:_MOST_SERVERS]
        servers = [each for each in listed if 0 < len(each) <= _LONGEST]
        # Servers of before RFC 9728 are their own authorization servers.
        servers = servers or [str(origin)]
        issuer = next(filter(self.allows, servers), servers[0])
        found = await self._server(issuer)
        if "S256" not in texts(found, "code_challenge_methods_supported"):
            msg = f"{issuer} does not say that it takes PKCE with S256, which MCP needs"
            raise McpDiscoveryRefused(msg)
        scopes = words(challenge.get("scope")) or texts(resource, "scopes_supported")
        scopes = [each for each in scopes[:_MOST_SCOPES] if len(each) <= _LONGEST_SCOPE]
        offline = [each for each in texts(found, "scopes_supported") if each == _OFFLINE]
        return AuthorizationServer(
            resource=text(resource, "resource"),
            issuer=issuer,
            authorization_url=self._endpoint(found, "authorization_endpoint"),
            token_url=self._endpoint(found, "token_endpoint"),
            registration_url=text(found, "registration_endpoint"),
            scopes=tuple(dict.fromkeys((*scopes, *offline[:1]))),
            authentications=tuple(texts(found, "token_endpoint_auth_methods_supported")),
            takes_document=found.get("client_id_metadata_document_supported") is True,
            tells_issuer=found.get("authorization_response_iss_parameter_supported") is True,
        )

    async def _challenge(self) -> dict[str, str]:
        """Return what the server says of itself when it refuses a request without a token."""
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
        }
        self._require_declared(self.server_url)
        request = Request("POST", self.server_url, headers, encode(_INITIALIZE))
        response = await self.transport.send(request)
        if response.status != _UNAUTHORIZED:
            return {}
        found = _PARAMETER.findall(response.headers.get("www-authenticate", ""))
        return {name.lower(): quoted or plain for name, quoted, plain in found}

    async def _resource(self, told: str) -> Mapping[str, Json]:
        """Return the document about the MCP server, or what holds for one without any."""
        parts = split_origin(self.server_url)
        assert parts is not None
        origin, path = str(parts[0]), urlsplit(self.server_url).path.rstrip("/")
        places = (told, f"{origin}{_RESOURCE}{path}", f"{origin}{_RESOURCE}")
        found = await self._first(filter(None, places))
        if found is None:
            return {"resource": self.server_url}
        resource = text(found, "resource")
        if not _is_within(self.server_url, resource):
            msg = f"the document about {self.server_url} is about another server"
            raise McpDiscoveryRefused(msg)
        return found

    async def _server(self, issuer: str) -> Mapping[str, Json]:
        """Return the document about an authorization server."""
        parts = split_origin(issuer)
        if parts is None or not is_base(issuer):
            msg = "the MCP server's authorization server is no address"
            raise McpDiscoveryRefused(msg)
        self._require_declared(issuer)
        origin, path = str(parts[0]), parts[1].rstrip("/")
        places = (
            f"{origin}{_SERVER}{path}", f"{origin}{_OPENID}{path}", f"{origin}{path}{_OPENID}"
        )  # fmt: skip
        found = await self._first(places)
        if found is None:
            msg = f"{issuer} publishes no document about how to sign in"
            raise McpDiscoveryRefused(msg)
        if text(found, "issuer").rstrip("/") != issuer.rstrip("/"):
            msg = f"the document about {issuer} is about another authorization server"
            raise McpDiscoveryRefused(msg)
        return found

    async def _first(self, places: Iterable[str]) -> Mapping[str, Json] | None:
        """Return the first document that there is."""
        for place in dict.fromkeys(places):
            self._require_declared(place)
            request = Request("GET", place, {"Accept": "application/json"}, follow=_REDIRECTS)
            response = await self.transport.send(request)
            if response.status == _TOO_MANY or response.status >= _FAILED:
                msg = f"{place} answered {response.status}"
                raise ProviderUnavailable(msg)
            if document := _object_in(response):
                return document
        return None

    def _endpoint(self, document: Mapping[str, Json], name: str) -> str:
        url = text(document, name)
        if not 0 < len(url) <= _LONGEST:
            msg = f"the authorization server's document names no {name} that can be used"
            raise McpDiscoveryRefused(msg)
        self._require_declared(url)
        return url

    def _require_declared(self, url: str) -> None:
        require_declared(url, self.allows)


def require_declared(url: str, allows: Callable[[str], bool]) -> None:
    """
    Make sure that an address that a document names is of a host that the connector declares.

    Raises:
        EgressBlocked: it is not.
        McpDiscoveryRefused: it is no address.
    """
    if allows(url):
        return
    origin = find_origin(url)
    if origin is None:
        msg = "a document about the sign-in names an address that is none"
        raise McpDiscoveryRefused(msg)
    msg = (
        f"the sign-in of the MCP server leads to {origin}, which the connector does not declare; "
        "if it belongs there, list its host in the connector's `hosts`, with all others it sends to"
    )
    raise EgressBlocked(msg)


def _object_in(response: Response) -> dict[str, Json]:
    if response.status != _SUCCESS:
        return {}
    try:
        return as_object(parse(response.body))
    except (DecodeError, RecursionError, UnicodeError):
        # Many servers have a page of their own for what there is not.
        return {}


def _is_within(url: str, resource: str) -> bool:
    """Tell whether a resource is the server at `url`, or one that it is a part of."""
    inner, outer = urlsplit(url).path.rstrip("/"), urlsplit(resource).path.rstrip("/")
    is_same = is_base(resource) and find_origin(url) == find_origin(resource)
    return is_same and (inner == outer or inner.startswith(f"{outer}/"))
