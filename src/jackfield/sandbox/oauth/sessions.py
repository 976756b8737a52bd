"""`/session`: tokens of a session, for a password or an access token."""

from http import HTTPStatus

from jackfield.kit.json import text
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.grants import Family
from jackfield.sandbox.oauth.refusals import OAuthError, invalid_client
from jackfield.sandbox.oauth.request import Request
from jackfield.sandbox.oauth.scopes import check_scopes
from jackfield.sandbox.replies import JSON, Reply, json_reply


def answer(authority: Authority, request: Request) -> Reply:
    """Begin a session; its token is in the answer and in a cookie."""
    client, family = _family(authority, request)
    lifetime = client.conduct.terms.access_token_lifetime
    kind = "session" if client.conduct.place.session else "access"
    token = authority.grants.add(family, kind, lifetime)
    plain = json_reply(
        {
            "sessionId": token.value,
            "ttlMinutes": lifetime // 60,
            "restUrl": f"{authority.issuer}/api",
        }
    )
    cookie = f"{client.conduct.place.name}={token.value}; Path=/; HttpOnly; SameSite=Lax"
    has_cookie = client.conduct.place.kind == "cookie"
    return Reply(plain.body, HTTPStatus.OK, JSON, {"set-cookie": cookie} if has_cookie else {})


def _family(authority: Authority, request: Request) -> tuple[Client, Family]:
    token = authority.grants.find(request.bearer)
    if token is not None:
        client = authority.clients.get(token.family.client_id)
        if client is None or token.kind != "access" or not token.lives(authority.now()):
            error = "invalid_token"
            raise OAuthError(error, "the token has expired", HTTPStatus.UNAUTHORIZED)
        return client, token.family
    body = request.json()
    client = authority.clients.get(text(body, "client_id"))
    person = authority.people.find(text(body, "username"))
    is_right = person is not None and text(body, "password") == person.password
    if client is None or person is None or not is_right:
        msg = "client_id, username or password is wrong"
        raise invalid_client(msg)
    scopes = check_scopes(client, ())
    return client, authority.grants.open(client, person, scopes, "session", has_refresh_token=False)
