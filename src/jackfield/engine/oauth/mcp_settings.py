"""The OAuth settings of an MCP server, whose addresses are credentials that discovery gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.engine.compat import Mode
from jackfield.engine.expressions.jexl import Evaluate
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.oauth.settings import OAuthSettings, compile_oauth
from jackfield.kit.json import Json, text, texts

SIGN_IN_URL: Final = "mcpSignInUrl"
TOKEN_URL: Final = "mcpTokenUrl"  # noqa: S105 - a name
ISSUER: Final = "mcpIssuer"
NEEDS_ISSUER: Final = "mcpNeedsIssuer"
RESOURCE: Final = "mcpResource"
SCOPES: Final = "mcpScopes"
CLIENT_ID: Final = "mcpClientId"
CLIENT_SECRET: Final = "mcpClientSecret"  # noqa: S105 - a name
CLIENT_AUTHENTICATION: Final = "mcpClientAuthentication"
# What an account's credentials have from discovery and registration.
DISCOVERED: Final = frozenset(
    {
        SIGN_IN_URL, TOKEN_URL, ISSUER, NEEDS_ISSUER, RESOURCE, SCOPES, CLIENT_ID,
        CLIENT_SECRET, CLIENT_AUTHENTICATION,
    }
)  # fmt: skip

_RESOURCE: Final = {"resource": f"$.credentials.{RESOURCE}"}
_DOCUMENT: Final[Mapping[str, Json]] = {
    "type": "oauth2",
    "authorizationUrl": f"$.credentials.{SIGN_IN_URL}",
    "authorizationParams": _RESOURCE,
    "tokenUrl": f"$.credentials.{TOKEN_URL}",
    "tokenParams": _RESOURCE,
    "issuer": f"$.credentials.{ISSUER}",
    "callback": {"needsIssuer": f"$.credentials.{NEEDS_ISSUER}"},
    "clientId": f"$.credentials.{CLIENT_ID}",
    "clientSecret": f"$.credentials.{CLIENT_SECRET}",
    "clientAuthentication": f"$.credentials.{CLIENT_AUTHENTICATION}",
    "scopes": f"$.credentials.{SCOPES}",
    "pkce": True,
}


@dataclass(frozen=True, slots=True)
class McpSettings:
    """
    How an account of an auth method signs in to an MCP server.

    Without `takes_document` the hub is registered, even where its client document would be taken.
    """

    server_url: Evaluate
    takes_document: bool
    scopes: tuple[str, ...]


def compile_mcp(flow: Mapping[str, Json], mode: Mode) -> McpSettings:
    """
    Compile an `authorizationFlow`.

    Raises:
        InvalidExpression: the server's address cannot be compiled.
    """
    return McpSettings(
        server_url=compile_value(flow.get("serverUrl"), mode),
        takes_document=text(flow, "clientRegistration") != "dcr",
        scopes=tuple(texts(flow, "scopes")),
    )


def mcp_oauth() -> OAuthSettings:
    """Return the OAuth settings that all MCP servers have."""
    return compile_oauth(_DOCUMENT, "authorization_code", "strict")
