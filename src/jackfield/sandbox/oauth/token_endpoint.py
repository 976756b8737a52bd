"""`/token`, and wherever else tokens are refreshed."""

from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.client_authentication import authenticate
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.grant_types import GRANTS, JWT_BEARER
from jackfield.sandbox.oauth.identification import claims_of, identify
from jackfield.sandbox.oauth.refusals import OAuthError, invalid_client, invalid_request
from jackfield.sandbox.oauth.request import Request
from jackfield.sandbox.oauth.token_parameters import (
    check_required,
    read_grant_type,
    read_parameters,
)
from jackfield.sandbox.oauth.token_replies import error_reply, tokens_reply
from jackfield.sandbox.replies import Reply

PATHS: Final = frozenset({"/token", "/oauth/token"})


def answer(authority: Authority, request: Request) -> Reply:
    """Give tokens, or say why not."""
    client = identify(authority, request)
    try:
        return _give(authority, client, request)
    except OAuthError as error:
        return error_reply(client, request, authority.dialect.word(error))


def _give(authority: Authority, client: Client | None, request: Request) -> Reply:
    if client is None:
        raise _unknown(request)
    params = read_parameters(request, client)
    grant_type = read_grant_type(params, client)
    _check_path(request, client, grant_type)
    if not _is_alone(request, client, params, grant_type):
        authenticate(authority, client, request, params)
    _check_parameters(client, params, grant_type)
    grant = GRANTS.get(grant_type)
    if grant is None:
        error = "unsupported_grant_type"
        raise OAuthError(error, f"there is no grant type {grant_type!r}")
    return tokens_reply(authority, client, request, grant(authority, client, params))


def _unknown(request: Request) -> OAuthError:
    said = request.values
    is_signed = isinstance(said.get("assertion"), str)
    named = str(said.get("client_id") or claims_of(said.get("client_assertion")).get("iss") or "")
    return invalid_client(
        _UNKNOWN,
        challenge=request.basic is not None,
        fault="issuer" if is_signed else "client",
        about={"client_id": named},
    )


def _is_alone(request: Request, client: Client, params: dict[str, Json], grant_type: str) -> bool:
    """Return whether what is given for tokens is enough, so that the client is not asked for."""
    if grant_type == JWT_BEARER:
        return not client.secret and "client_assertion" not in params
    return grant_type == "refresh_token" and _is_without_client(request, client, params)


def _check_path(request: Request, client: Client, grant_type: str) -> None:
    path = client.conduct.refresh.path if grant_type == "refresh_token" else "/token"
    if request.path not in (PATHS if path in PATHS else {path}):
        msg = f"{grant_type} is asked for at {path}"
        raise invalid_request(msg)


def _is_without_client(request: Request, client: Client, params: dict[str, Json]) -> bool:
    """Return whether a token alone is enough to refresh; then nothing else may come."""
    rules = client.conduct.refresh
    if rules.bearer and not request.bearer:
        msg = "the refresh token belongs in the header"
        raise invalid_request(msg)
    if rules.without_client and (
        request.basic is not None or {"client_id", "client_secret"} & set(params)
    ):
        msg = "the client's id and secret are not expected"
        raise invalid_request(msg)
    return rules.bearer or rules.without_client


def _check_parameters(client: Client, params: dict[str, Json], grant_type: str) -> None:
    check_required(client, params, client.conduct.token.required)
    if grant_type == "refresh_token":
        check_required(client, params, client.conduct.refresh.required)


_UNKNOWN: Final = "no client is named, or it is unknown"
