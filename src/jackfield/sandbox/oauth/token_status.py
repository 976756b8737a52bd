"""`/introspect` and the ways to revoke."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.oauth.access import admit
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.client_authentication import authenticate
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.grants import Token
from jackfield.sandbox.oauth.identification import identify
from jackfield.sandbox.oauth.refusals import OAuthError, invalid_client, invalid_request
from jackfield.sandbox.oauth.request import Request
from jackfield.sandbox.replies import Reply, json_reply

APPLICATIONS: Final = "/applications/"
REFRESH_TOKENS: Final = "/refresh-tokens/"


def introspect(authority: Authority, request: Request) -> Reply:
    """Say whether a token lives, and for how long."""
    client, params = _asking(authority, request)
    token = authority.grants.find(params.get("token"))
    if token is None or not token.lives(authority.now()) or token.family.client_id != client.id:
        return json_reply({"active": False})
    return json_reply(
        {
            "active": True,
            "client_id": client.id,
            "sub": token.family.person.id if token.family.person else client.id,
            "scope": " ".join(token.scopes),
            "exp": int(token.ends_at.timestamp()),
            "iat": int(token.started_at.timestamp()),
        }
    )


def revoke(authority: Authority, request: Request) -> Reply:
    """Revoke a token, in the one way that its client's rules have."""
    kind = "rfc7009"
    if request.path.startswith(APPLICATIONS):
        kind = "delete_grant"
    elif request.path.startswith(REFRESH_TOKENS):
        kind = "delete_token"
    client = identify(authority, request)
    if client is None:
        msg = "no client is named, or it is unknown"
        raise invalid_client(msg)
    if kind == "rfc7009" and client.conduct.revoke.kind == "bearer":
        kind = "bearer"
    if client.conduct.revoke.kind != kind or request.method != _METHODS[kind]:
        error = "not_found"
        raise OAuthError(error, "nothing is revoked here", HTTPStatus.NOT_FOUND)
    token = _FIND[kind](authority, client, request)
    if token is not None and client.conduct.revoke.effective:
        _end(authority, client, token, is_whole=kind != "rfc7009")
    return Reply(b"", HTTPStatus.OK if kind == "rfc7009" else HTTPStatus.NO_CONTENT)


def _end(authority: Authority, client: Client, token: Token, *, is_whole: bool) -> None:
    authority.grants.revoke_token(token)
    if is_whole:
        authority.grants.revoke(token.family, "revoked")
    if client.conduct.revoke.shared:
        for family in authority.grants.of(client.id):
            if family.person == token.family.person:
                authority.grants.revoke(family, "revoked with another grant")


def _by_parameter(authority: Authority, client: Client, request: Request) -> Token | None:
    _, params = _authenticated(authority, request)
    if "token" not in params:
        msg = "token is missing"
        raise invalid_request(msg)
    return _own(authority, client, params["token"])


def _by_bearer(authority: Authority, client: Client, request: Request) -> Token | None:
    admit(authority, request)
    sent = (each.rpartition(" ")[2] for each in request.headers.values())
    return next((token for each in sent if (token := _own(authority, client, each))), None)


def _by_grant(authority: Authority, client: Client, request: Request) -> Token | None:
    authenticate(authority, client, request, {})
    name = request.path.removeprefix(APPLICATIONS).removesuffix("/grant")
    token = _own(authority, client, request.json().get("access_token"))
    if name != client.id or token is None:
        error = "not_found"
        raise OAuthError(error, "there is no such grant", HTTPStatus.NOT_FOUND)
    return token


def _by_path(authority: Authority, client: Client, request: Request) -> Token | None:
    return _own(authority, client, request.path.removeprefix(REFRESH_TOKENS))


def _own(authority: Authority, client: Client, value: object) -> Token | None:
    token = authority.grants.find(value)
    return token if token is not None and token.family.client_id == client.id else None


def _asking(authority: Authority, request: Request) -> tuple[Client, Mapping[str, Json]]:
    client = identify(authority, request)
    if client is None or not client.conduct.introspect.bearer:
        return _authenticated(authority, request)
    params = request.form()
    if "client_id" in params or "client_secret" in params:
        msg = "the client is not to be named"
        raise invalid_request(msg)
    return admit(authority, request).client, params


def _authenticated(authority: Authority, request: Request) -> tuple[Client, Mapping[str, Json]]:
    client = identify(authority, request)
    if request.method != "POST" or client is None:
        msg = "no client is named, or it is unknown"
        raise invalid_client(msg)
    params = request.form()
    authenticate(authority, client, request, params)
    return client, params


_METHODS: Final = {
    "rfc7009": "POST",
    "bearer": "POST",
    "delete_grant": "DELETE",
    "delete_token": "DELETE",
}
_FIND: Final = {
    "rfc7009": _by_parameter,
    "bearer": _by_bearer,
    "delete_grant": _by_grant,
    "delete_token": _by_path,
}
