"""Claims of an ID token: for whom it is, who it is about, and which roles their groups have."""

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from jackfield.kit.json import Json, is_object
from jackfield.members.models import InvalidEmail, Role, SsoRefused, normal_email
from jackfield.oidc_settings import OidcSettings

# Of clocks, in seconds.
_LEEWAY: Final = 60
_LONGEST: Final = 255
_YES: Final[tuple[Json, ...]] = (True, "true", "True", 1, "1")


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in at the provider; `email` is one that it has verified."""

    subject: str
    email: str
    name: str


def check(claims: Mapping[str, Json], oidc: OidcSettings, *, nonce: str, now: datetime) -> None:
    """
    Make sure that an ID token is of this provider, for this hub, for this sign-in, and for now.

    Raises:
        SsoRefused: it is not.
    """
    at = now.timestamp()
    for_whom, party = _listed(claims.get("aud")), claims.get("azp")
    begins, ends, made = (_number(claims.get(each)) for each in ("nbf", "exp", "iat"))
    given = claims.get("nonce")
    if claims.get("iss") not in (oidc.issuer, f"{oidc.issuer}/"):
        msg = "the ID token is another issuer's"
    elif oidc.client_id not in for_whom or (party is not None and party != oidc.client_id):
        msg = "the ID token is for another client"
    elif len(for_whom) > 1 and party is None:
        msg = "the ID token is for several clients, and does not say which asked for it"
    elif begins is None and claims.get("nbf") is not None:
        msg = "the ID token begins at no time that can be read"
    elif ends is None or ends + _LEEWAY <= at or (begins is not None and begins - _LEEWAY > at):
        msg = "the ID token has expired: the clocks of hub and provider may differ"
    elif made is None or made - _LEEWAY > at:
        msg = "the ID token is of the future: the clocks of hub and provider differ"
    elif not isinstance(given, str) or not hmac.compare_digest(
        given.encode("utf-8", "replace"), nonce.encode()
    ):
        msg = "the ID token is of another sign-in"
    else:
        return
    msg = f"{msg}. Begin again."
    raise SsoRefused(msg)


def person_of(claims: Mapping[str, Json], oidc: OidcSettings) -> Person:
    """
    Return who an ID token is about.

    Raises:
        SsoRefused: the provider has verified no e-mail address of theirs, or it is not of a domain
            that may sign in.
    """
    subject, email = claims.get("sub"), claims.get("email")
    if (
        not isinstance(subject, str)
        or not 0 < len(subject) <= _LONGEST
        or not subject.isprintable()
    ):
        raise SsoRefused
    # Entra does not verify the addresses it has, but says so where the domain is the tenant's own.
    is_verified = claims.get("email_verified") in _YES or claims.get("xms_edov") in _YES
    try:
        normal = normal_email(email) if isinstance(email, str) else ""
    except InvalidEmail:
        normal = ""
    if not normal or not is_verified:
        msg = "your identity provider does not say that your e-mail address is verified"
        raise SsoRefused(msg)
    if oidc.domains and normal.rpartition("@")[2] not in oidc.domains:
        msg = "e-mail addresses of your domain do not sign in here"
        raise SsoRefused(msg)
    name = claims.get("name")
    return Person(subject, normal, name if isinstance(name, str) else "")


def roles_of(claims: Mapping[str, Json], oidc: OidcSettings) -> dict[str, Role]:
    """
    Return the highest role that a person's groups have in each project, by its name.

    Raises:
        SsoRefused: the provider left the groups out because there are too many.
    """
    groups = {each.removeprefix("/") for each in _groups(claims, oidc.role_claim)}
    roles = dict[str, Role]()
    for each in oidc.role_map:
        if each.group.removeprefix("/") in groups:
            role, known = Role(each.role), roles.get(each.project)
            roles[each.project] = role if known is None or role.includes(known) else known
    return roles


def _groups(claims: Mapping[str, Json], path: str) -> Iterator[str]:
    value: Json = dict(claims)
    # A claim may be called by a URL; in others, points lead into objects.
    for name in [path] if path in claims else path.split("."):
        value = value.get(name) if is_object(value) else None
    elsewhere = claims.get("_claim_names")
    if value is None and is_object(elsewhere) and path in elsewhere:
        msg = "you are in more groups than your identity provider sends: the hub needs app roles"
        raise SsoRefused(msg)
    for each in _listed(value):
        if isinstance(each, str):
            yield each


def _listed(value: Json) -> list[Json]:
    return cast("list[Json]", value) if isinstance(value, list) else [value]


def _number(value: Json) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
