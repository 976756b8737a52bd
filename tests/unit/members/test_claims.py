"""ID tokens as Keycloak, Dex and Entra write them, and the settings that read them."""

from typing import Any

import pytest

from jackfield.kit.secret import Secret
from jackfield.members.models import Role, SsoRefused
from jackfield.members.sso import claims
from jackfield.oidc_settings import GroupRole, OidcSettings
from jackfield.settings import InvalidSetting, Settings
from tests.support.clock import NOW

AT = int(NOW.timestamp())
KEYCLOAK = {
    "exp": AT + 300,
    "iat": AT,
    "auth_time": AT,
    "jti": "6a1c5c2e",
    "iss": "https://id.example.com/realms/acme",
    "aud": "hub",
    "sub": "9f0c2d3e-0000-4000-8000-000000000001",
    "typ": "ID",
    "azp": "hub",
    "nonce": "n",
    "sid": "5d0e",
    "email_verified": True,
    "realm_access": {"roles": ["hub-admin", "offline_access"]},
    "name": "Ada Byron",
    "groups": ["/staff", "/hub/admins"],
    "preferred_username": "ada",
    "email": "Ada@Example.com",
}
DEX = {
    "iss": "https://dex.example.com/dex",
    "sub": "CgNhZGESBWxvY2Fs",
    "aud": "hub",
    "exp": AT + 86_400,
    "iat": AT,
    "nonce": "n",
    "at_hash": "x",
    "email": "ada@example.com",
    "email_verified": True,
    "groups": ["acme:staff", "cn=hub,ou=groups"],
    "name": "ada",
}
ENTRA = {
    "aud": "hub",
    "iss": "https://login.microsoftonline.com/11111111-0000-4000-8000-000000000001/v2.0",
    "iat": AT,
    "nbf": AT,
    "exp": AT + 3900,
    "email": "ada@example.com",
    "xms_edov": True,
    "name": "Ada Byron",
    "nonce": "n",
    "oid": "22222222-0000-4000-8000-000000000001",
    "preferred_username": "ada@example.com",
    "roles": ["Hub.Admin"],
    "sub": "AAAAAAAAAAAAAAAAAAAAAIkz",
    "tid": "11111111-0000-4000-8000-000000000001",
    "ver": "2.0",
}
SHAPES: dict[str, tuple[dict[str, Any], str, str]] = {
    "keycloak": (KEYCLOAK, "groups", "hub/admins"),
    "keycloak, roles of the realm": (KEYCLOAK, "realm_access.roles", "hub-admin"),
    "dex": (DEX, "groups", "acme:staff"),
    "dex, a group of a directory": (DEX, "groups", "cn=hub,ou=groups"),
    "entra": (ENTRA, "roles", "Hub.Admin"),
}


def settings_of(token: dict[str, Any], **more: Any) -> OidcSettings:
    return OidcSettings(token["iss"], "hub", **more)


@pytest.mark.parametrize("name", SHAPES)
def test_the_token_of_a_provider_tells_who_it_is_and_their_role(name: str) -> None:
    token, claim, group = SHAPES[name]
    oidc = settings_of(token, role_claim=claim, role_map=(GroupRole(group, "admin"),))

    claims.check(token, oidc, nonce="n", now=NOW)
    person = claims.person_of(token, oidc)

    assert (person.email, person.subject) == ("ada@example.com", token["sub"])
    assert claims.roles_of(token, oidc) == {"default": Role.ADMIN}


def test_a_claim_that_is_called_by_a_url_is_found() -> None:
    claim = "https://hub.example.com/groups"
    oidc = settings_of(DEX, role_claim=claim, role_map=(GroupRole("a", "owner"),))

    assert claims.roles_of({claim: ["a"]}, oidc) == {"default": Role.OWNER}


@pytest.mark.parametrize("found", [None, 7, {"a": 1}, [7, None], "b", ["b"], [["a"]]])
def test_groups_of_another_shape_give_no_role(found: Any) -> None:
    oidc = settings_of(DEX, role_map=(GroupRole("a", "owner"),))

    assert claims.roles_of({"groups": found}, oidc) == {}


def test_too_many_groups_take_nobodys_role_away_silently() -> None:
    token = {**ENTRA, "_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}}

    with pytest.raises(SsoRefused, match="more groups"):
        claims.roles_of(token, settings_of(ENTRA, role_map=(GroupRole("a", "owner"),)))


@pytest.mark.parametrize("said", [None, False, "false", 0, "0", "no", [], "yes"])
def test_entra_does_not_vouch_for_an_address_whose_domain_it_does_not_know(said: Any) -> None:
    with pytest.raises(SsoRefused, match="verified"):
        claims.person_of({**ENTRA, "xms_edov": said}, settings_of(ENTRA))


def test_an_issuer_may_end_with_a_slash() -> None:
    oidc = settings_of({"iss": "https://acme.auth0.example"})

    claims.check({**DEX, "iss": "https://acme.auth0.example/"}, oidc, nonce="n", now=NOW)


def read(**values: str) -> OidcSettings | None:
    return Settings.read({f"JACKFIELD_{name}": value for name, value in values.items()}).oidc


def test_settings_name_a_provider_its_domains_and_its_groups() -> None:
    found = read(
        OIDC_ISSUER="https://id.example.com/realms/acme/",
        OIDC_CLIENT_ID="hub",
        OIDC_CLIENT_SECRET="s",
        OIDC_DOMAINS="Example.com, example.org",
        OIDC_ROLE_MAP="/hub=admin@acme, staff = Viewer",
    )

    assert found == OidcSettings(
        "https://id.example.com/realms/acme",
        "hub",
        Secret("s"),
        ("example.com", "example.org"),
        "groups",
        (GroupRole("/hub", "admin", "acme"), GroupRole("staff", "viewer")),
    )
    assert read() is None


def test_a_group_may_have_a_comma_in_its_name() -> None:
    found = read(
        OIDC_ISSUER="https://id.example.com", OIDC_CLIENT_ID="hub", OIDC_ROLE_MAP="cn=a,ou=b=owner;"
    )

    assert found is not None
    assert found.role_map == (GroupRole("cn=a,ou=b", "owner"),)


@pytest.mark.parametrize(
    "values",
    [
        {"OIDC_ISSUER": "http://id.example.com", "OIDC_CLIENT_ID": "hub"},
        {"OIDC_ISSUER": "id.example.com", "OIDC_CLIENT_ID": "hub"},
        {"OIDC_ISSUER": "https://id.example.com"},
        {"OIDC_CLIENT_ID": "hub"},
        {"SSO_ONLY": "1"},
        {"SSO_ONLY": "perhaps"},
        {"OIDC_ISSUER": "https://i.example", "OIDC_CLIENT_ID": "h", "OIDC_DOMAINS": "@example.com"},
        {"OIDC_ISSUER": "https://i.example", "OIDC_CLIENT_ID": "h", "OIDC_ROLE_MAP": "a=root"},
        {"OIDC_ISSUER": "https://i.example", "OIDC_CLIENT_ID": "h", "OIDC_ROLE_MAP": "=admin"},
        {"OIDC_ISSUER": "https://i.example", "OIDC_CLIENT_ID": "h", "OIDC_ROLE_MAP": "admin"},
        {
            "OIDC_ISSUER": "https://i.example",
            "OIDC_CLIENT_ID": "h",
            "OIDC_ROLE_MAP": "cn=a,ou=b=owner",
        },
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused_by_their_name(values: dict[str, str]) -> None:
    with pytest.raises(InvalidSetting, match=r"JACKFIELD_(OIDC|SSO)_"):
        read(**values)
