"""Security schemes of an OpenAPI document, converted to auth methods."""

from collections.abc import Callable, Mapping
from typing import Final

from jackfield.connectors.openapi.document import OpenApi
from jackfield.connectors.openapi.names import snake_case
from jackfield.kit.json import Json, mapping, text


def to_auth_methods(api: OpenApi, doubts: list[str]) -> list[dict[str, Json]]:
    """Return an auth method for each scheme; there is always one."""
    methods: list[dict[str, Json]] = []
    for name, entry in api.component("securitySchemes").items():
        scheme = api.follow(entry)
        kind = (
            text(scheme, "scheme").lower() if scheme.get("type") == "http" else scheme.get("type")
        )
        make = _METHODS.get(str(kind))
        if make is None:
            doubts.append(f"the security scheme {name!r} ({kind}) is left out: write it by hand")
            continue
        methods.append({snake_case(name): make(scheme)})
    if not methods:
        doubts.append("no security scheme could be read: requests carry no authorization yet")
        methods.append({"none": _method("No authorization", {"type": "none"}, [])})
    return methods


def _method(label: str, authorization: Json, fields: list[Json]) -> dict[str, Json]:
    return {
        "type": "custom",
        "label": label,
        "authorization": authorization,
        "configFields": fields,
    }


def _secret(key: str, label: str) -> dict[str, Json]:
    return {"key": key, "label": label, "type": "password", "required": True, "secret": True}


def _api_key(scheme: Mapping[str, Json]) -> dict[str, Json]:
    place = text(scheme, "in")
    return _method(
        "API Key",
        {
            "type": "apiKey",
            "in": "query" if place == "query" else "header",
            "name": "Cookie" if place == "cookie" else text(scheme, "name"),
            "value": (
                f"{text(scheme, 'name')}=${{credentials.api_key}}"
                if place == "cookie"
                else "$.credentials.api_key"
            ),
        },
        [_secret("api_key", "API Key")],
    )


def _bearer(_scheme: Mapping[str, Json]) -> dict[str, Json]:
    authorization = {"type": "bearer", "token": "$.credentials.token"}
    return _method("Access Token", authorization, [_secret("token", "Access Token")])


def _basic(_scheme: Mapping[str, Json]) -> dict[str, Json]:
    return _method(
        "User name and password",
        {
            "type": "basic",
            "username": "$.credentials.username",
            "password": "$.credentials.password",
        },
        [
            {"key": "username", "label": "User name", "type": "text", "required": True},
            _secret("password", "Password"),
        ],
    )


def _oauth2(scheme: Mapping[str, Json]) -> dict[str, Json]:
    flows = mapping(scheme, "flows")
    flow = mapping(flows, "authorizationCode") or mapping(flows, "clientCredentials")
    has_code = "authorizationCode" in flows
    token_params = {
        "grant_type": "authorization_code" if has_code else "client_credentials",
        "client_id": "$.credentials.clientId",
        "client_secret": "$.credentials.clientSecret",
    }
    authorization: dict[str, Json] = {
        "type": "oauth2",
        "token": "$.credentials.accessToken",
        "tokenUrl": text(flow, "tokenUrl"),
        "tokenParams": token_params,
    }
    if has_code:
        authorization |= {
            "authorizationUrl": text(flow, "authorizationUrl"),
            "authorizationParams": {
                "response_type": "code",
                "client_id": "$.credentials.clientId",
            },
            "scopes": " ".join(mapping(flow, "scopes")),
            "pkce": True,
        }
    return {
        "type": "oauth2",
        "label": "OAuth 2.0",
        "grantType": "authorization_code" if has_code else "client_credentials",
        "authorization": authorization,
        "setupFields": [
            {"key": "clientId", "label": "Client ID", "type": "text", "required": True},
            _secret("clientSecret", "Client Secret"),
        ],
    }


_METHODS: Final[Mapping[str, Callable[[Mapping[str, Json]], dict[str, Json]]]] = {
    "apiKey": _api_key,
    "bearer": _bearer,
    "basic": _basic,
    "oauth2": _oauth2,
}
