"""Sign-in to an MCP server: what its documents tell, and who the hub is to it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from msgspec import structs

from jackfield.accounts.verification import Candidate
from jackfield.engine.oauth import mcp_settings as names
from jackfield.engine.oauth.discovery import AuthorizationServer, Discovery
from jackfield.engine.oauth.errors import ClientRefused
from jackfield.engine.oauth.registration import (
    OAuthClient,
    authentication_for,
    client_metadata,
    register,
)
from jackfield.engine.oauth.settings import text_of
from jackfield.engine.oauth.sign_in import SignInAnswer, SignInRequest
from jackfield.engine.oauth.token_endpoint import TokenEndpoint
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError, ProviderTimeout
from jackfield.kit.json import Json
from jackfield.profiles.oauth_clients import find_client, keep_client
from jackfield.runtime import Hub

_SECONDS: Final = 30
_NO_CODE: Final = "a-code-that-there-is-not"


@dataclass(frozen=True, slots=True)
class McpServer:
    """An MCP server that an account is to be linked to, before it is known where to sign in."""

    hub: Hub
    actor: Actor
    candidate: Candidate
    endpoint: TokenEndpoint
    redirect_uri: str

    async def discover(self) -> tuple[TokenEndpoint, Mapping[str, str]]:
        """
        Find out where to sign in, and as which client.

        Returns the token endpoint, and the credentials that say where it is.

        Raises:
            EgressBlocked: a document leads to a host that the connector does not declare.
            McpDiscoveryRefused: the server's documents do not describe a sign-in for this hub.
            RegistrationRefused: the authorization server does not take this hub.
            ProviderError: a server fails, or takes too long.
        """
        try:
            async with asyncio.timeout(_SECONDS):
                server = await self._find_server()
                client = self._known_client(server) or await self._registered_client(server)
        except TimeoutError as error:
            msg = (
                "the MCP server and its authorization server take too long to say where to sign in"
            )
            raise ProviderTimeout(msg) from error
        return self._endpoint_of(server, client)

    async def _find_server(self) -> AuthorizationServer:
        settings, endpoint = self.candidate.method.mcp, self.endpoint
        assert settings is not None
        url = text_of(settings.server_url, endpoint.scope).strip()
        server = await Discovery(url, endpoint.context.transport, endpoint.allows).find()
        return replace(server, scopes=settings.scopes) if settings.scopes else server

    def _known_client(self, server: AuthorizationServer) -> OAuthClient | None:
        """Return the client that needs no registration: the operator's, or the hub's document."""
        given, settings = self.endpoint.context.credentials, self.candidate.method.mcp
        id_, secret = given.get("clientId", ""), given.get("clientSecret", "")
        if id_:
            return OAuthClient(id_, secret, authentication_for(server, secret))
        assert settings is not None
        takes_document = settings.takes_document and server.takes_document
        # The id of such a client is an address of HTTPS, always.
        if takes_document and self.redirect_uri.startswith("https://"):
            return OAuthClient(client_id(self.redirect_uri))
        return None

    async def _registered_client(self, server: AuthorizationServer) -> OAuthClient:
        """Return the client that the profile is registered as; register one if it has none."""
        hub, project_id, profile_id = self.hub, self.candidate.project_id, self.candidate.profile.id
        async with hub.db.read(project_id) as tx:
            client = await find_client(tx, hub.vault, profile_id, server.issuer)
        if client is not None and client.is_good(self.redirect_uri, hub.clock()):
            asked, _ = self._endpoint_of(server, client)
            if await _is_known(asked, self.redirect_uri):
                return client
        endpoint, metadata = self.endpoint, client_metadata(self.redirect_uri, hub.public_url)
        new = await register(server, metadata, endpoint.context.transport, endpoint.allows)
        async with hub.db.write(project_id, self.actor) as tx:
            return await keep_client(
                tx, hub.vault, profile_id, server.issuer, new, instead_of=client
            )

    def _endpoint_of(
        self, server: AuthorizationServer, client: OAuthClient
    ) -> tuple[TokenEndpoint, Mapping[str, str]]:
        told = {
            names.RESOURCE: server.resource,
            names.ISSUER: server.issuer,
            names.NEEDS_ISSUER: "true" if server.tells_issuer else "",
            names.SIGN_IN_URL: server.authorization_url,
            names.TOKEN_URL: server.token_url,
            names.SCOPES: " ".join(server.scopes),
            names.CLIENT_ID: client.id,
            names.CLIENT_SECRET: client.secret,
            names.CLIENT_AUTHENTICATION: client.authentication,
        }
        told = {name: value for name, value in told.items() if value}
        context = self.endpoint.context
        context = structs.replace(context, credentials={**context.credentials, **told})
        return replace(self.endpoint, context=context), told


def client_id(redirect_uri: str) -> str:
    """Return the address of the document about the hub as a client of a connector's provider."""
    return f"{redirect_uri.removesuffix('/callback')}/client.json"


def client_document(hub: Hub, redirect_uri: str) -> Mapping[str, Json]:
    return {
        "client_id": client_id(redirect_uri),
        **client_metadata(redirect_uri, hub.public_url),
        "token_endpoint_auth_method": "none",
    }


async def _is_known(endpoint: TokenEndpoint, redirect_uri: str) -> bool:
    """
    Tell whether the server still knows a client that was registered with it.

    It refuses the client before it looks at the code. To find out in the browser would be too late:
    the page that says so does not lead back.
    """
    request = SignInRequest(redirect_uri, (), _NO_CODE, _NO_CODE, _NO_CODE)
    answer = SignInAnswer(_NO_CODE, _NO_CODE, "", "", "", {})
    try:
        await endpoint.exchange_code(request, answer)
    except ClientRefused:
        return False
    except HubError:
        return True
    return True
