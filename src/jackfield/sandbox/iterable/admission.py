"""Admission of a request: its key, the key's type, its JWT and the rate limit."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access import jwt
from jackfield.sandbox.iterable.access.buckets import Scope, rate_limited
from jackfield.sandbox.iterable.access.keys import CLIENT_SIDE, ApiKey, may_call
from jackfield.sandbox.iterable.refusals import Refusal, refusal
from jackfield.sandbox.iterable.regional import RegionalSandbox
from jackfield.sandbox.iterable.wire.routing import Route

# Written with a hyphen in the reference, with an underscore by some clients.
_KEY_HEADERS: Final = ("api-key", "api_key")
_UNKNOWN: Final = "Invalid API key"
_MAY_NOT: Final = "Disabled API key or insufficient privileges"


def find_key(sandbox: RegionalSandbox, headers: Mapping[str, str]) -> ApiKey | None:
    """Find the key a request came with."""
    value = next((headers[name] for name in _KEY_HEADERS if name in headers), "")
    return sandbox.find_key(value)


def admit(
    sandbox: RegionalSandbox,
    route: Route,
    *,
    headers: Mapping[str, str],
    path: str,
    address: str,
) -> tuple[ApiKey, jwt.Claims | None]:
    """
    Let a request in, or not; return its key and whom its token, if it needs one, speaks for.

    Raises:
        Refusal: why not.
    """
    key = find_key(sandbox, headers)
    if key is None:
        raise _bad_key(_UNKNOWN, {"ip": address, "endpoint": path})
    allowed = may_call(key.kind, method=route.method, client_side=route.client_side)
    if key.disabled or not allowed:
        raise _bad_key(
            _MAY_NOT,
            {
                "ip": address,
                "endpoint": path,
                "apiKeyIdentifier": key.identifier,
                "apiKeyType": key.kind,
            },
        )
    claims = None
    if key.jwt_secret is not None and key.kind in CLIENT_SIDE:
        claims = jwt.check(
            key,
            headers.get("authorization"),
            revoked=sandbox.project.revoked_jwts,
            now=sandbox.clock(),
        )
    if sandbox.project.settings.rate_limits:
        _pour(sandbox, key, route)
    return key, claims


def _pour(sandbox: RegionalSandbox, key: ApiKey, route: Route) -> None:
    facts = sandbox.project.facts
    owners = {
        Scope.PROJECT: str(facts.project_id),
        Scope.API_KEY: key.identifier,
        Scope.ORGANIZATION: str(facts.organization_id),
    }
    endpoint = f"{route.method} {route.path}"
    for limit in route.limits:
        owner = owners[limit.scope]
        if not sandbox.buckets.pour(endpoint, owner, limit, now=sandbox.clock()):
            raise rate_limited(limit, route.path, facts.project_id)


def _bad_key(msg: str, params: Mapping[str, Json]) -> Refusal:
    return refusal(HTTPStatus.UNAUTHORIZED, "BadApiKey", msg, params)
