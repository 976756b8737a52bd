"""Client of the identity provider: its description, its keys, and the exchange of a code."""

import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, cast
from urllib.parse import quote_plus, urlencode

import structlog

from jackfield.egress.client import OutboundRequest
from jackfield.kit.errors import HubError
from jackfield.kit.json import DecodeError, Json, is_object, parse
from jackfield.kit.urls import find_origin
from jackfield.members.models import SsoRefused, SsoUnavailable
from jackfield.oidc_settings import OidcSettings
from jackfield.vault.jose import InvalidToken, verified_claims

if TYPE_CHECKING:
    from jackfield.runtime import Hub

_SECONDS: Final = 10.0
_MOST_BYTES: Final = 1024 * 1024
_DESCRIBED_FOR: Final = 3600.0
# New keys are asked for once a minute at most, whoever sends tokens with unknown ones.
_KEYS_FOR: Final = 3600.0
_KEYS_AT_LEAST: Final = 60.0
_OK: Final = 200
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Description:
    """What the hub needs of a provider's own description."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    scopes: frozenset[str]
    auth_methods: frozenset[str]


async def describe(hub: "Hub", oidc: OidcSettings) -> Description:
    """
    Return the provider's description, at most an hour old.

    Raises:
        SsoUnavailable: it cannot be had, or is another issuer's.
    """
    found = await _document(hub, oidc.issuer + _WELL_KNOWN, most_age=_DESCRIBED_FOR)
    if found.get("issuer") not in (oidc.issuer, f"{oidc.issuer}/"):
        msg = (
            f"JACKFIELD_OIDC_ISSUER is {oidc.issuer}, but what is described there calls itself "
            f"{found.get('issuer')!r}"
        )
        _give_up(msg)
    return Description(
        _endpoint(oidc, found, "authorization_endpoint"),
        _endpoint(oidc, found, "token_endpoint"),
        _endpoint(oidc, found, "jwks_uri"),
        _endpoint(oidc, found, "userinfo_endpoint") if "userinfo_endpoint" in found else None,
        _texts(found.get("scopes_supported")),
        _texts(found.get("token_endpoint_auth_methods_supported"))
        or frozenset({"client_secret_basic"}),
    )


async def exchange(
    hub: "Hub", oidc: OidcSettings, *, code: str, verifier: str, redirect_uri: str
) -> Mapping[str, Json]:
    """
    Exchange a code for tokens; it is sent once.

    Raises:
        SsoRefused: the provider does not take the code.
        SsoUnavailable: it did not answer.
    """
    described = await describe(hub, oidc)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
    if oidc.client_secret is None:
        form["client_id"] = oidc.client_id
    elif "client_secret_basic" in described.auth_methods:
        headers["authorization"] = _basic(oidc.client_id, oidc.client_secret.reveal())
    else:
        form |= {"client_id": oidc.client_id, "client_secret": oidc.client_secret.reveal()}
    status, answer = await _ask(
        hub, "POST", described.token_endpoint, headers, urlencode(form).encode()
    )
    if status != _OK:
        error = answer.get("error")
        _log.warning(
            "sso_code_refused", status=status, error=error if isinstance(error, str) else None
        )
        raise SsoRefused
    return answer


async def verify(hub: "Hub", oidc: OidcSettings, token: str) -> Mapping[str, Json]:
    """
    Return the claims of a token that the provider signed; what they say is not looked at.

    Raises:
        SsoRefused: it did not.
        SsoUnavailable: its keys cannot be had.
    """
    described = await describe(hub, oidc)
    for most_age in (_KEYS_FOR, _KEYS_AT_LEAST):
        found = await _document(hub, described.jwks_uri, most_age=most_age)
        try:
            return verified_claims(token, _listed(found.get("keys")))
        except InvalidToken:
            continue
    _log.warning("sso_token_refused", reason="signature")
    raise SsoRefused


async def user_info(hub: "Hub", described: Description, access_token: str) -> Mapping[str, Json]:
    """
    Return what the provider says of the holder of an access token; nothing if it refuses.

    Raises:
        SsoUnavailable: it did not answer.
    """
    if described.userinfo_endpoint is None:
        return {}
    headers = {"accept": "application/json", "authorization": f"Bearer {access_token}"}
    status, answer = await _ask(hub, "GET", described.userinfo_endpoint, headers)
    return answer if status == _OK else {}


async def _document(hub: "Hub", url: str, *, most_age: float) -> Mapping[str, Json]:
    known = hub.oidc_documents.get(url)
    if known is not None and time.monotonic() - known[0] < most_age and is_object(known[1]):
        return known[1]
    status, found = await _ask(hub, "GET", url, {"accept": "application/json"})
    if status != _OK:
        _give_up(f"{url} answers {status}")
    hub.oidc_documents[url] = (time.monotonic(), dict(found))
    return found


async def _ask(
    hub: "Hub", method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
) -> tuple[int, Mapping[str, Json]]:
    request = OutboundRequest(
        method,
        url,
        headers=headers,
        body=body,
        seconds=_SECONDS,
        max_bytes=_MOST_BYTES,
        is_to_provider=False,
    )
    try:
        response = await hub.egress.fetch(request)
    except HubError as error:
        _give_up(f"{url}: {error.detail}")
    try:
        content = parse(response.body)
    except DecodeError:
        content = None
    if is_object(content):
        return response.status, content
    if response.status == _OK:
        _give_up(f"{url} answers with what is no JSON object")
    return response.status, {}


def _endpoint(oidc: OidcSettings, found: Mapping[str, Json], name: str) -> str:
    url = found.get(name)
    origin = find_origin(url) if isinstance(url, str) else None
    is_secure = str(origin).startswith("https:") or origin == find_origin(oidc.issuer)
    if not isinstance(url, str) or origin is None or not is_secure:
        _give_up(f"{oidc.issuer} describes no {name} that can be used")
    return url


def _listed(value: Json) -> list[Json]:
    return cast("list[Json]", value) if isinstance(value, list) else []


def _texts(value: Json) -> frozenset[str]:
    return frozenset(each for each in _listed(value) if isinstance(each, str))


def _basic(name: str, secret: str) -> str:
    pair = f"{quote_plus(name)}:{quote_plus(secret)}".encode()
    return f"Basic {b64encode(pair).decode()}"


def _give_up(reason: str) -> NoReturn:
    _log.warning("sso_unavailable", reason=reason)
    raise SsoUnavailable
