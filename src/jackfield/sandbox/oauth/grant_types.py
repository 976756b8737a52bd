"""The grant types: what a client may give for tokens."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final, TypeAlias

from jackfield.kit.json import Json
from jackfield.sandbox.oauth.assertions import read_grant
from jackfield.sandbox.oauth.authority import Authority, Code
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.grants import Pair
from jackfield.sandbox.oauth.people import Person
from jackfield.sandbox.oauth.refusals import OAuthError, invalid_grant, invalid_request
from jackfield.sandbox.oauth.scopes import check_scopes

DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"
JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a name
ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Issued:
    """What a grant gave; `user` are the tokens of the second kind, of the person."""

    pair: Pair
    nonce: str = ""
    user: Pair | None = None
    is_refresh: bool = False
    is_exchange: bool = False


Params: TypeAlias = Mapping[str, Json]
Grant: TypeAlias = Callable[[Authority, Client, Params], Issued]


def _authorization_code(authority: Authority, client: Client, params: Params) -> Issued:
    code = authority.codes.get(str(params.get("code")))
    if code is None or code.client_id != client.id:
        msg = "the code is unknown, or another client's"
        raise invalid_grant(msg)
    if code.value in authority.redeemed:
        for family in authority.grants:
            if family.id == authority.redeemed[code.value]:
                authority.grants.revoke(family, "code used again")
        msg = "the code was used before"
        raise invalid_grant(msg, fault="used code")
    if authority.now() >= code.ends_at:
        msg = "the code has expired"
        raise invalid_grant(msg, fault="old code")
    _check_code(client, code, params)
    family = authority.grants.open(
        client, code.person, code.scopes, "authorization_code",
        has_refresh_token=code.has_refresh_token,
    )  # fmt: skip
    authority.redeemed[code.value] = family.id
    pair = authority.grants.issue(family, client.conduct.terms)
    return Issued(pair, code.nonce, _user_pair(authority, client, code))


def _check_code(client: Client, code: Code, params: Params) -> None:
    given = params.get("redirect_uri")
    if given is None and code.was_redirect_uri_given:
        msg = "redirect_uri is missing"
        raise invalid_request(msg)
    if given not in {None, code.redirect_uri}:
        msg = "redirect_uri is not the one that the code was sent to"
        raise invalid_grant(msg)
    if client.conduct.token.state_echo and params.get("state") != code.state:
        msg = "state is not the one that the code was asked for with"
        raise invalid_request(msg)
    verifier = params.get("code_verifier")
    if verifier is not None and (client.conduct.authorize.pkce == "refused" or not code.challenge):
        msg = "code_verifier is not expected"
        raise invalid_request(msg)
    if code.challenge and not _answers(str(verifier), code):
        msg = "code_verifier does not answer the challenge"
        raise invalid_grant(msg, fault="no verifier" if verifier is None else "verifier")


def _answers(verifier: str, code: Code) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    hashed = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    said = hashed if code.challenge_method == "S256" else verifier
    return hmac.compare_digest(said.encode(), code.challenge.encode())


def _user_pair(authority: Authority, client: Client, code: Code) -> Pair | None:
    if not client.conduct.reply.has_user_token:
        return None
    family = authority.grants.open(
        client, code.person, code.user_scopes or code.scopes, "authorization_code",
        has_refresh_token=code.has_refresh_token,
        lifetime=client.conduct.reply.user_token_lifetime,
    )  # fmt: skip
    return authority.grants.issue(family, client.conduct.terms)


def _refresh_token(authority: Authority, client: Client, params: Params) -> Issued:
    if client.conduct.refresh.by == "access_token":
        return Issued(authority.grants.renew(client, params.get("access_token")), is_refresh=True)
    asked = str(params.get("scope", "")).split()
    token = authority.grants.find(params.get("refresh_token"))
    if token is not None and not set(asked) <= set(token.family.scopes):
        error = "invalid_scope"
        raise OAuthError(error, "more scopes than were granted")
    pair = authority.grants.refresh(client, params.get("refresh_token"))
    return Issued(pair, is_refresh=True)


def _client_credentials(authority: Authority, client: Client, params: Params) -> Issued:
    if not client.secret and "client_assertion" not in params:
        error = "unauthorized_client"
        raise OAuthError(error, "a public client has no credentials")
    default = client.conduct.token.default_scope
    if default:
        asked = str(params.get("scope", ""))
        _check_default(asked, default)
        params = {**params, "scope": ""}
    return _direct(authority, client, None, params, "client_credentials")


def _check_default(asked: str, default: str) -> None:
    """Tell another resource's scope from one that says too much, or too little."""
    if asked == default:
        return
    about = {"scope": asked, "resource": asked.rpartition("/")[0]}
    if asked.endswith(f"/{default.rpartition('/')[2]}") and " " not in asked:
        error = "invalid_resource"
        raise OAuthError(error, "there is no such resource", fault="resource", about=about)
    error = "invalid_scope"
    raise OAuthError(error, f"scope has to be {default}", fault="default scope", about=about)


def _password(authority: Authority, client: Client, params: Params) -> Issued:
    person = authority.people.find(str(params.get("username")))
    if person is None or params.get("password") != person.password:
        msg = "user name or password is wrong"
        raise invalid_grant(msg)
    return _direct(authority, client, person, params, "password", has_refresh_token=True)


def _device_code(authority: Authority, client: Client, params: Params) -> Issued:
    device = authority.devices.get(str(params.get("device_code")))
    now = authority.now()
    if device is None or device.client_id != client.id or device.used:
        msg = "the device code is unknown, used or another client's"
        raise invalid_grant(msg)
    if now >= device.ends_at:
        error = "expired_token"
        raise OAuthError(error, "the device code has expired")
    since, device.asked_at = device.asked_at, now
    if since is not None and now - since < timedelta(seconds=device.interval):
        device.interval += 5
        error = "slow_down"
        raise OAuthError(error, f"wait {device.interval:g} seconds between requests")
    if device.denied:
        error = "access_denied"
        raise OAuthError(error, "the person denied the request")
    if device.person is None:
        error = "authorization_pending"
        raise OAuthError(error, "the person has not decided yet")
    device.used = True
    scope = {"scope": " ".join(device.scopes)}
    return _direct(authority, client, device.person, scope, "device_code", has_refresh_token=True)


def _jwt_bearer(authority: Authority, client: Client, params: Params) -> Issued:
    granted = read_grant(authority, client, params)
    left = (granted.ends_at - authority.now()).total_seconds()
    asked = check_scopes(client, granted.scopes or str(params.get("scope", "")).split())
    authorized = client.conduct.token.authorized_scopes
    if authorized and not set(asked) <= set(authorized):
        error = "unauthorized_client"
        msg = "the client is not authorized for a scope that is asked for"
        raise OAuthError(error, msg, HTTPStatus.UNAUTHORIZED, fault="authorized scopes")
    scope = {"scope": " ".join(asked)}
    return _direct(authority, client, granted.person, scope, "jwt-bearer", longest=left)


def _token_exchange(authority: Authority, client: Client, params: Params) -> Issued:
    token = authority.grants.find(params.get("subject_token"))
    if params.get("subject_token_type") != ACCESS_TOKEN:
        msg = f"subject_token_type has to be {ACCESS_TOKEN}"
        raise invalid_request(msg)
    if token is None or token.kind != "access" or not token.lives(authority.now()):
        msg = "the subject token is unknown, or does not live"
        raise invalid_grant(msg)
    asked = str(params.get("scope", "")).split() or token.scopes
    if not set(asked) <= set(token.scopes):
        error = "invalid_scope"
        raise OAuthError(error, "more scopes than the subject token has")
    scope = {"scope": " ".join(asked)}
    issued = _direct(authority, client, token.family.person, scope, "token-exchange")
    return Issued(issued.pair, is_exchange=True)


def _direct(  # noqa: PLR0913 - each grant type differs in one of them
    authority: Authority,
    client: Client,
    person: Person | None,
    params: Params,
    grant_type: str,
    *,
    has_refresh_token: bool = False,
    longest: float | None = None,
) -> Issued:
    terms = client.conduct.terms
    scopes = check_scopes(client, str(params.get("scope", "")).split())
    family = authority.grants.open(
        client, person, scopes, grant_type, has_refresh_token=has_refresh_token
    )
    lifetime = terms.access_token_lifetime
    return Issued(
        authority.grants.issue(
            family, terms, lifetime=lifetime if longest is None else min(lifetime, longest)
        )
    )


GRANTS: Final[dict[str, Grant]] = {
    "authorization_code": _authorization_code,
    "refresh_token": _refresh_token,
    "client_credentials": _client_credentials,
    "password": _password,
    DEVICE_CODE: _device_code,
    JWT_BEARER: _jwt_bearer,
    TOKEN_EXCHANGE: _token_exchange,
}
