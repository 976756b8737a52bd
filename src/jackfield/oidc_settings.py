"""Settings of the identity provider that members sign in at, by OpenID Connect."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

from jackfield.kit.secret import Secret
from jackfield.kit.urls import find_origin, is_base

RoleName: TypeAlias = Literal["owner", "admin", "viewer"]

_ROLES: Final = get_args(RoleName)
_LOOPBACK: Final = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$")
_DOMAIN: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class GroupRole:
    """The role that a group has in a project, which commands know by its name."""

    group: str
    role: RoleName
    project: str = "default"


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """
    An identity provider. `issuer` has no slash at its end, whatever the provider writes.

    Without `client_secret` the client is a public one. With `domains` only their addresses of
    e-mail sign in. `role_claim` names the claim with a person's groups, which `role_map` gives roles.
    """

    issuer: str
    client_id: str
    client_secret: Secret | None = field(default=None, repr=False)
    domains: tuple[str, ...] = ()
    role_claim: str = "groups"
    role_map: tuple[GroupRole, ...] = ()


def read(
    *,
    issuer: str,
    client_id: str,
    client_secret: Secret | None,
    domains: str,
    role_claim: str,
    role_map: str,
) -> OidcSettings | None:
    """
    Read the settings of an identity provider, if one is named.

    Raises:
        ValueError: one cannot be used; its text says which.
    """
    if not issuer:
        if client_id or client_secret or domains or role_map:
            msg = "JACKFIELD_OIDC_ISSUER: set it as well, or leave the other JACKFIELD_OIDC_… out"
            raise ValueError(msg)
        return None
    origin = str(find_origin(issuer))
    if not is_base(issuer) or not (origin.startswith("https:") or _LOOPBACK.match(origin)):
        msg = (
            "JACKFIELD_OIDC_ISSUER: expected an https URL such as https://id.example.com/realms/acme, "
            "as the provider itself writes it"
        )
        raise ValueError(msg)
    if not client_id:
        msg = "JACKFIELD_OIDC_CLIENT_ID: the provider's name for this hub is missing"
        raise ValueError(msg)
    return OidcSettings(
        issuer.rstrip("/"),
        client_id,
        client_secret,
        tuple(_domains(domains)),
        role_claim,
        tuple(_role_map(role_map)),
    )


def _domains(text: str) -> Iterator[str]:
    for each in text.replace(",", " ").lower().split():
        if not _DOMAIN.fullmatch(each):
            msg = f"JACKFIELD_OIDC_DOMAINS: expected domains such as example.com, not {each!r}"
            raise ValueError(msg)
        yield each


def _role_map(text: str) -> Iterator[GroupRole]:
    """Read `group=role` or `group=role@project`; the names of some groups have commas in them."""
    for pair in filter(None, map(str.strip, text.split(";" if ";" in text else ","))):
        group, _, rest = pair.rpartition("=")
        role, _, project = rest.partition("@")
        name, project = role.strip().lower(), project.strip() or "default"
        found: RoleName | None = next((each for each in _ROLES if each == name), None)
        if not group.strip() or found is None:
            msg = (
                f"JACKFIELD_OIDC_ROLE_MAP: {pair!r} is not of the form group=role or "
                f"group=role@project, with one of {', '.join(_ROLES)}; where a group has a comma in its "
                "name, separate by `;`, and end with one"
            )
            raise ValueError(msg)
        yield GroupRole(group.strip(), found, project)
