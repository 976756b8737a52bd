"""OAuth 1: its signatures, and the three calls that lead to a token."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode

from oauthlib.oauth1.rfc5849 import signature  # pyright: ignore[reportMissingTypeStubs]

from jackfield.sandbox.numbers import is_number
from jackfield.sandbox.oauth import pages
from jackfield.sandbox.oauth.authority import Authority, SignedToken
from jackfield.sandbox.oauth.authorization import with_query
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.people import Person
from jackfield.sandbox.oauth.refusals import OAuthError
from jackfield.sandbox.oauth.request import FORM, Request
from jackfield.sandbox.oauth.sign_in import read_form, redirect
from jackfield.sandbox.replies import Reply

PREFIX: Final = "/oauth1/"
_PARAMETER: Final = re.compile(r'([\w-]+)="([^"]*)"')
_OLDEST: Final = 300
_oauthlib: Any = signature


def answer(authority: Authority, request: Request) -> Reply:
    """Answer one of the three calls."""
    handler = _CALLS.get(request.path.removeprefix(PREFIX))
    if handler is None:
        return pages.message("Not found", "There is no such page.", HTTPStatus.NOT_FOUND)
    return handler(authority, request)


def check_call(authority: Authority, request: Request) -> tuple[Client, Person | None]:
    """
    Return whom a signed call to the API is of.

    Raises:
        OAuthError: it is not signed as it should be.
    """
    params = _params(request)
    token = authority.signed_tokens.get(params.get("oauth_token", ""))
    client = _check(authority, request, params, token)
    if token is None or not token.lasting:
        raise _refused(_REJECTED)
    return client, token.person


def approve(authority: Authority, value: str, person: Person) -> str:
    """Return where the browser goes after a person said yes."""
    token = authority.signed_tokens.get(value)
    if token is None or token.lasting:
        raise _refused(_REJECTED)
    token.person, token.verifier = person, secrets.token_urlsafe(12)
    sent = {"oauth_token": value, "oauth_verifier": token.verifier}
    return with_query(token.callback, sent)


def _request_token(authority: Authority, request: Request) -> Reply:
    params = _params(request)
    client = _check(authority, request, params, None)
    callback = params.get("oauth_callback", "")
    # OAuth 1 has no state: clients have it in the query of their address.
    _require("parameter_rejected", client.takes(callback.partition("?")[0]))
    token = _make(client.id, callback)
    authority.signed_tokens[token.value] = token
    return _tokens(token, oauth_callback_confirmed="true")


def _authorize(authority: Authority, request: Request) -> Reply:
    form = read_form(request) if request.method == "POST" else request.query
    token = authority.signed_tokens.get(form.get("oauth_token", ""))
    if token is None or token.lasting:
        return pages.message("This sign-in cannot go on", "The token is unknown.", 400)
    decision = form.get("decision")
    if decision == "deny":
        return redirect(with_query(token.callback, {"denied": token.value}))
    person = authority.people.find(form.get("person", ""))
    if decision == "allow" and person is not None:
        return redirect(approve(authority, token.value, person))
    client = authority.clients.get(token.client_id)
    return pages.render(
        "consent",
        client=client.name if client else token.client_id,
        action=request.path,
        hidden={"oauth_token": token.value},
        asks_code=False,
        people=list(authority.people),
        scopes={},
    )


def _access_token(authority: Authority, request: Request) -> Reply:
    params = _params(request)
    temporary = authority.signed_tokens.get(params.get("oauth_token", ""))
    if temporary is None or temporary.lasting or temporary.person is None:
        raise _refused(_REJECTED)
    client = _check(authority, request, params, temporary)
    _require("verifier_invalid", params.get("oauth_verifier") == temporary.verifier)
    del authority.signed_tokens[temporary.value]
    token = _make(client.id, "")
    token.person, token.lasting = temporary.person, True
    authority.signed_tokens[token.value] = token
    return _tokens(token)


def _params(request: Request) -> dict[str, str]:
    header = request.headers.get("authorization", "")
    return {name: unquote(value) for name, value in _PARAMETER.findall(header)}


def _check(
    authority: Authority, request: Request, params: dict[str, str], token: SignedToken | None
) -> Client:
    client = authority.clients.get(params.get("oauth_consumer_key", ""))
    if client is None or (token is not None and token.client_id != client.id):
        raise _refused(_UNKNOWN)
    _require("signature_method_rejected", params.get("oauth_signature_method") == "HMAC-SHA1")
    stamp = params.get("oauth_timestamp", "")
    is_fresh = is_number(stamp) and abs(int(stamp) - authority.now().timestamp()) <= _OLDEST
    _require("timestamp_refused", is_fresh)
    signed = _checked(request, params)
    token_secret = token.secret if token else ""
    _require("signature_invalid", _oauthlib.verify_hmac_sha1(signed, client.secret, token_secret))
    nonce = f"{client.id} {stamp} {params.get('oauth_nonce')}"
    _require("nonce_used", authority.is_new(nonce))
    return client


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request in the shape that oauthlib checks: its parameters without the signature itself."""

    http_method: str
    uri: str
    params: list[tuple[str, str]]
    signature: str


def _checked(request: Request, header: dict[str, str]) -> CheckedRequest:
    params = [(name, value) for name, value in header.items() if name not in NOT_SIGNED]
    params += parse_qsl(request.raw_query, keep_blank_values=True)
    if request.content_type == FORM:
        params += parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    uri = f"{request.origin}{request.path}"
    return CheckedRequest(request.method, uri, params, header.get("oauth_signature", ""))


NOT_SIGNED: Final = frozenset({"realm", "oauth_signature"})


def _make(client_id: str, callback: str) -> SignedToken:
    value, secret = f"oauth1-{secrets.token_urlsafe(12)}", secrets.token_urlsafe(18)
    return SignedToken(value, secret, client_id, callback)


def _tokens(token: SignedToken, **more: str) -> Reply:
    sent = {"oauth_token": token.value, "oauth_token_secret": token.secret, **more}
    return Reply(urlencode(sent).encode(), content_type=FORM)


def _refused(problem: str) -> OAuthError:
    headers = {"www-authenticate": f'OAuth oauth_problem="{problem}"'}
    return OAuthError(problem, "", HTTPStatus.UNAUTHORIZED, headers)


def _require(problem: str, is_right: bool) -> None:
    if not is_right:
        raise _refused(problem)


_REJECTED: Final = "token_rejected"
_UNKNOWN: Final = "consumer_key_unknown"
_CALLS: Final[dict[str, Callable[[Authority, Request], Reply]]] = {
    "request_token": _request_token,
    "authorize": _authorize,
    "access_token": _access_token,
}
