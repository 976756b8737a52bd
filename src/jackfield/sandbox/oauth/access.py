"""Access to the API: whose token a request has, and whether it is where it belongs."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from jackfield.sandbox.oauth import metadata, signatures
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.conduct import PlaceRules
from jackfield.sandbox.oauth.people import Person
from jackfield.sandbox.oauth.refusals import OAuthError
from jackfield.sandbox.oauth.request import Request


@dataclass(frozen=True, slots=True)
class Access:
    """A client that may, for a person or for itself."""

    client: Client
    person: Person | None
    scopes: list[str]


def admit(authority: Authority, request: Request, *, scope: str = "") -> Access:
    """
    Let a request in, or not.

    Raises:
        OAuthError: why not.
    """
    if request.headers.get("authorization", "").lower().startswith("oauth "):
        client, person = signatures.check_call(authority, request)
        return Access(client, person, [scope])
    token = next(
        (found for each in _values(request) if (found := authority.grants.find(each))), None
    )
    client = authority.clients.get(token.family.client_id) if token is not None else None
    if token is None or client is None:
        raise _unauthorized(authority, request, "the token is unknown, or missing")
    rules = client.conduct.place
    if not _is_in_place(request, token.value, rules):
        raise _unauthorized(authority, request, f"the token belongs in {rules.kind} {rules.name}")
    if token.kind != ("session" if rules.session else "access"):
        raise _unauthorized(authority, request, f"this is a {token.kind} token")
    if not token.lives(authority.now()):
        raise _unauthorized(authority, request, "the token has expired or was revoked")
    if scope and scope not in token.scopes:
        error = "insufficient_scope"
        challenge = {"www-authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
        raise OAuthError(error, f"{scope} was not granted", HTTPStatus.FORBIDDEN, challenge)
    return Access(client, token.family.person, token.scopes)


def _values(request: Request) -> Iterator[str]:
    yield request.headers.get("authorization", "").rpartition(" ")[2]
    yield from request.headers.values()
    yield from request.query.values()
    yield from request.cookies.values()


def _is_in_place(request: Request, value: str, rules: PlaceRules) -> bool:
    match rules.kind:
        case "query":
            return request.query.get(rules.name) == value
        case "cookie":
            return request.cookies.get(rules.name) == value
        case "header":
            return request.headers.get(rules.name.lower()) == value
        case "authorization":
            return request.headers.get("authorization") == value
        case "bearer":
            scheme, _, sent = request.headers.get("authorization", "").partition(" ")
            return scheme.lower() == rules.scheme.lower() and sent == value


def _unauthorized(authority: Authority, request: Request, description: str) -> OAuthError:
    where = f"{authority.issuer}{metadata.RESOURCE}/{request.path.split('/')[1]}"
    challenge = f'Bearer error="invalid_token", resource_metadata="{where}"'
    return OAuthError(
        "invalid_token", description, HTTPStatus.UNAUTHORIZED, {"www-authenticate": challenge}
    )
