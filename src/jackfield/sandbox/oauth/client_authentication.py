"""Authentication of a client, in the one way that its rules take."""

import hmac
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_plus

from jackfield.kit.json import Json
from jackfield.sandbox.numbers import is_number
from jackfield.sandbox.oauth.assertions import check_client_assertion
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.refusals import OAuthError, invalid_client, invalid_request
from jackfield.sandbox.oauth.request import Request

_FORM_ENCODED: Final = re.compile(r"[A-Za-z0-9*._~+-]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9*._~+-]*)*")
_CONFIDENTIAL: Final = ("client_secret_basic", "client_secret_post", "private_key_jwt")
_WRONG: Final = "the client's id or secret is wrong"
# Two clocks of one request may differ by so many milliseconds.
_SKEW: Final = 300_000


def authenticate(
    authority: Authority, client: Client, request: Request, params: Mapping[str, Json]
) -> None:
    """
    Check that the request is the client's, and that it says so in a way that is taken.

    Raises:
        OAuthError: it is not, or does not.
    """
    rules = client.conduct.token
    usual = _CONFIDENTIAL if client.secret else ("none", "private_key_jwt")
    accepted = rules.authentication or usual
    sent = _sent(request, params)
    if rules.copy_refused and {"client_id", "client_secret"} & set(params):
        msg = "the client's id and secret belong in the header alone"
        raise invalid_request(msg)
    if len(sent) > 1:
        msg = f"the client authenticates in more ways than one: {', '.join(sent)}"
        raise invalid_request(msg)
    if "hmac_signed" in accepted:
        _check_signature(authority, client, request)
    elif sent == ["basic"]:
        _check_basic(client, request, accepted)
    elif not set(accepted) & set(sent or ["none"]):
        raise invalid_client(_expected(accepted), fault="credential")
    elif sent == ["private_key_jwt"]:
        check_client_assertion(authority, client, params)
    elif params.get("client_id") != client.id:
        about = {"client_id": str(params.get("client_id", ""))}
        raise invalid_client(_WRONG, fault="client", about=about)
    elif sent and not _is_secret(client, params):
        raise invalid_client(_WRONG, fault="secret", about={"client_id": client.id})


def _sent(request: Request, params: Mapping[str, Json]) -> list[str]:
    ways = {
        "basic": request.headers.get("authorization", "").lower().startswith("basic"),
        "private_key_jwt": "client_assertion" in params,
        "client_secret_post": "client_secret" in params,
    }
    return [name for name, is_sent in ways.items() if is_sent]


def _check_basic(client: Client, request: Request, accepted: list[str] | tuple[str, ...]) -> None:
    halves = request.basic or ("", "")
    decoded = tuple(unquote_plus(half) for half in halves)
    if "client_secret_basic" in accepted:
        is_encoded = all(_FORM_ENCODED.fullmatch(half) for half in halves)
        is_right = is_encoded and decoded == (client.id, client.secret)
    elif "basic_raw" in accepted:
        is_right = halves == (client.id, client.secret)
    elif "secret_as_username" in accepted:
        is_right = decoded == (client.secret, "") or ":".join(halves) == f"{client.secret}:"
    else:
        raise _challenged(_expected(accepted))
    if not is_right:
        msg = "the client's id or secret is wrong, or not encoded as it should be"
        raise _challenged(msg)


def _challenged(description: str) -> OAuthError:
    return invalid_client(description, challenge=True)


def _is_secret(client: Client, params: Mapping[str, Json]) -> bool:
    return hmac.compare_digest(str(params["client_secret"]).encode(), client.secret.encode())


def _check_signature(authority: Authority, client: Client, request: Request) -> None:
    headers = request.headers
    stamp = headers.get("timestamp", "")
    signed = request.body + stamp.encode()
    expected = hmac.new(client.secret.encode(), signed, "sha256").hexdigest()
    now = authority.now().timestamp() * 1000
    is_fresh = is_number(stamp) and abs(int(stamp) - now) <= _SKEW
    same = hmac.compare_digest(headers.get("sign", "").encode(), expected.encode())
    if headers.get("appkey") != client.id or not (is_fresh and same):
        msg = "the request is not signed as it should be"
        raise invalid_client(msg)


def _expected(accepted: list[str] | tuple[str, ...]) -> str:
    return f"the client has to authenticate by {' or '.join(accepted)}"
