"""Sign-in of members by their identity provider: there and back, and who they are here."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import structlog

from jackfield.kit.json import Json, encode, is_object, parse
from jackfield.members.models import MemberToken, SignInMethod, SignInRefused, SsoRefused
from jackfield.members.sessions.service import open_session
from jackfield.members.sso import claims, provider
from jackfield.members.sso.membership import apply_roles, recognize
from jackfield.members.sso.repo import take_answer
from jackfield.oidc_settings import OidcSettings
from jackfield.secrets.sealed_cookie import open_from_browser, seal_for_browser
from jackfield.vault.cipher import SealBroken

if TYPE_CHECKING:
    from jackfield.runtime import Hub

LIFETIME: Final = timedelta(minutes=15)
CALLBACK: Final = "/dashboard/sign-in/sso/callback"
_PURPOSE: Final = "sign-in at the identity provider"
_SCOPES: Final = ("openid", "email", "profile")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a browser is sent, and the cookie that it comes back with."""

    url: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A browser that is signed in, and the page that it wanted."""

    token: MemberToken
    next: str


async def begin(hub: "Hub", next_page: str) -> Departure:
    """
    Begin a sign-in at the identity provider.

    Raises:
        SsoRefused: there is none.
        SsoUnavailable: it cannot be asked.
    """
    oidc = _settings(hub)
    described = await provider.describe(hub, oidc)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    digest = hashlib.sha256(verifier.encode()).digest()
    scopes = [*_SCOPES]
    # Where groups are asked for by a scope of their own, as at Dex.
    if oidc.role_map and "groups" in described.scopes:
        scopes.append("groups")
    asked = {
        "response_type": "code",
        "client_id": oidc.client_id,
        "redirect_uri": redirect_uri(hub),
        "scope": " ".join(scopes),
        "state": state,
        "nonce": nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    kept = {
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "next": next_page,
        "until": (hub.clock() + LIFETIME).timestamp(),
    }
    endpoint = described.authorization_endpoint
    sealed = seal_for_browser(hub.vault, _PURPOSE, encode(kept).decode())
    return Departure(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}", sealed)


async def finish(
    hub: "Hub", sealed: str, answer: Mapping[str, str], *, user_agent: str | None
) -> Arrival:
    """
    Sign a browser in by what the identity provider answered.

    Raises:
        SsoRefused: the answer is not one to this browser's sign-in, or signs nobody in.
        SsoUnavailable: the provider cannot be asked.
    """
    oidc = _settings(hub)
    kept = _open(hub, sealed)
    if not hmac.compare_digest(kept["state"].encode(), answer.get("state", "").encode()):
        msg = "this answer belongs to another sign-in. Begin again."
        raise SsoRefused(msg)
    if answer.get("iss", oidc.issuer) not in (oidc.issuer, f"{oidc.issuer}/"):
        msg = "this answer is another issuer's. Begin again."
        raise SsoRefused(msg)
    # Before the code is sent anywhere, and whatever it leads to: an answer is taken once.
    digest = hashlib.sha256(kept["state"].encode()).digest()
    if not await take_answer(hub.db, digest, hub.clock() + LIFETIME):
        msg = "this answer was used already. Begin again."
        raise SsoRefused(msg)
    if not answer.get("code"):
        _log.info("sso_denied", error=answer.get("error", "")[:100])
        msg = "your identity provider did not sign you in. Begin again, or ask its administrator."
        raise SsoRefused(msg)
    tokens = await provider.exchange(
        hub, oidc, code=answer["code"], verifier=kept["verifier"], redirect_uri=redirect_uri(hub)
    )
    found = await _verified(hub, oidc, tokens, kept["nonce"])
    person = claims.person_of(found, oidc)
    roles = claims.roles_of(found, oidc) if oidc.role_map else None
    member = await recognize(hub, oidc, person, roles)
    if roles is not None:
        await apply_roles(hub, oidc, member, roles)
    try:
        token = await open_session(hub, member, SignInMethod.SSO, user_agent=user_agent)
    except SignInRefused:
        msg = "you are not a member of any project here: ask an owner to invite you"
        raise SsoRefused(msg) from None
    return Arrival(token, kept["next"])


def redirect_uri(hub: "Hub") -> str:
    """Return what is registered with the identity provider."""
    return f"{hub.public_url}{CALLBACK}"


async def _verified(
    hub: "Hub", oidc: OidcSettings, tokens: Mapping[str, Json], nonce: str
) -> Mapping[str, Json]:
    token, access = tokens.get("id_token"), tokens.get("access_token")
    if not isinstance(token, str):
        msg = "your identity provider sent no ID token"
        raise SsoRefused(msg)
    found = await provider.verify(hub, oidc, token)
    claims.check(found, oidc, nonce=nonce, now=hub.clock())
    if "email" not in found and isinstance(access, str):
        more = await provider.user_info(hub, await provider.describe(hub, oidc), access)
        if more.get("sub") == found.get("sub"):
            return {**more, **found}
    return found


def _settings(hub: "Hub") -> OidcSettings:
    if hub.oidc is None:
        msg = "this hub has no identity provider"
        raise SsoRefused(msg)
    return hub.oidc


def _open(hub: "Hub", sealed: str) -> dict[str, str]:
    try:
        kept = parse(open_from_browser(hub.vault, _PURPOSE, sealed))
    except SealBroken:
        kept = None
    until = kept.pop("until", None) if is_object(kept) else None
    if is_object(kept) and isinstance(until, float) and until >= hub.clock().timestamp():
        return {name: str(value) for name, value in kept.items()}
    msg = "this browser has begun no sign-in in the last quarter of an hour. Begin again."
    raise SsoRefused(msg)
