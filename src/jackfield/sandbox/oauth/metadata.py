"""The documents that describe the server, and its keys."""

from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.grant_types import GRANTS
from jackfield.sandbox.oauth.request import Request
from jackfield.sandbox.oauth.scopes import SCOPES
from jackfield.sandbox.replies import Reply, json_reply

RESOURCE: Final = "/.well-known/oauth-protected-resource"


def server(authority: Authority, _request: Request) -> Reply:
    return json_reply(_describe(authority))


def openid(authority: Authority, _request: Request) -> Reply:
    more: dict[str, Json] = {
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "userinfo_endpoint": f"{authority.issuer}/api/me",
    }
    return json_reply(_describe(authority) | more)


def resource(authority: Authority, request: Request) -> Reply:
    return json_reply(
        {
            "resource": f"{authority.issuer}{request.path.removeprefix(RESOURCE) or '/api'}",
            "authorization_servers": [authority.issuer],
            "scopes_supported": list(SCOPES),
            "bearer_methods_supported": ["header"],
        }
    )


def keys(authority: Authority, _request: Request) -> Reply:
    key = {**authority.key.as_dict(private=False), "use": "sig", "alg": "ES256"}
    return json_reply({"keys": [key]})


def _describe(authority: Authority) -> dict[str, Json]:
    issuer = authority.issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "registration_endpoint": f"{issuer}/register",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "jwks_uri": f"{issuer}/jwks",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "grant_types_supported": list(GRANTS),
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "private_key_jwt",
            "none",
        ],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
    }
