"""Signing in at the provider: the authority of the OAuth sandbox, as the connector expects it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl, urlencode

from jackfield.connectors.connector import Connector
from jackfield.kit.json import Json, as_object, encode, mapping, parse, text
from jackfield.sandbox.connector.credentials import Login, spell
from jackfield.sandbox.connector.examples import Examples
from jackfield.sandbox.connector.provider import Provider
from jackfield.sandbox.connector.shapes import put, split_path
from jackfield.sandbox.connector.sign_in_scopes import scopes_of
from jackfield.sandbox.connector.token_signing import client_id, signing
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.clients import Client, NewClient

# What the authority's answers have in any case.
_USUAL_MEMBERS: Final = frozenset(
    {"access_token", "refresh_token", "id_token", "token_type", "expires_in", "scope"}
)
# Ends the scope that stands for all that an administrator agreed to.
_DEFAULT: Final = "/.default"
# Tokens that do not end: longer than a hub runs.
_FOREVER: Final = 30 * 365 * 86_400
# Pages that the authority leads to by its own paths.
OWN_PATHS: Final = {"/authorize": "/authorize", "/device": "/device"}


def register(
    authority: Authority, provider: Provider, login: Login, redirect_uris: Sequence[str] = ()
) -> Client | None:
    """Add the app of an auth method to the authority, which then acts as the connector expects."""
    settings = login.method.authorization
    if text(settings, "type") != "oauth2" and login.statement is None:
        return None
    id_ = client_id(login, provider.connector)
    if not id_:
        return None
    signed = signing(login, provider.connector)
    dialect = authority.dialect
    asks_by_itself = login.method.grant_type == "client_credentials"
    scopes = spell(text(settings, "scopes"), login.values, provider.connector)
    has_default = asks_by_itself and scopes.endswith(_DEFAULT)
    return authority.clients.add(
        NewClient(
            id=id_,
            secret=login.values.get("clientSecret", ""),
            redirect_uris=list(redirect_uris),
            name=f"{provider.connector.title} app of a hub",
            behaviors=[
                *_behaviors(settings),
                *dialect.behaviors,
                *signed.behaviors,
                *(["token.default_scope"] if has_default else []),
            ],
            settings={
                **_settings(provider.connector, settings, provider.examples),
                **dialect.settings,
                **signed.settings,
                **({"default_scope": scopes} if has_default else {}),
            },
            jwks=signed.jwks,
        ),
        "seeded",
    )


def _behaviors(settings: Mapping[str, Json]) -> list[str]:
    """Return how the provider differs from what the standards say."""
    by = text(settings, "clientAuthentication")
    has_no_type = mapping(settings, "authorizationParams").get("response_type") == ""
    has_delimiter = "scopeDelimiter" in settings
    differences = {
        "callback.iss_missing": True,
        "pkce.refused": settings.get("pkce") is False,
        "authorize.response_type_absent": has_no_type,
        "authorize.scope_separator": has_delimiter,
        "token.json_body": text(mapping(settings, "tokenRequest"), "encoding") == "json",
        "token.basic_raw": by == "basic",
        "token.no_secret": by == "none",
        "reply.scope_separator": has_delimiter,
        "reply.ok_false": "success" in mapping(settings, "tokenResponse"),
        "reply.two_tokens": "secondToken" in settings,
        "reply.extra": bool(_extra(settings)),
        "reply.expiry": mapping(settings, "tokenResponse").get("zeroIsNever") is True,
        "refresh.omits_token": settings.get("renewsAtOnce") is True,
    }
    return [name for name, is_so in differences.items() if is_so]


def _settings(
    connector: Connector, settings: Mapping[str, Json], examples: Examples
) -> dict[str, Json]:
    asked = [each for each in scopes_of(settings) if not each.endswith(_DEFAULT)]
    defined = [each.name for each in connector.scope_definitions]
    found: dict[str, Json] = {"scopes": list(dict.fromkeys([*asked, *defined])) or ["all"]}
    if "scopeDelimiter" in settings:
        found["scope_separator"] = found["reply_scope_separator"] = settings["scopeDelimiter"]
    if mapping(settings, "tokenResponse").get("zeroIsNever") is True:
        found |= {"expiry_value": 0, "access_token_lifetime": _FOREVER}
    if extra := _extra(settings):
        told = {name: value for case in examples.cases for name, value in case.credentials.items()}
        whole: Json = {}
        for name, path in extra.items():
            whole = put(whole, split_path(path), told.get(name, f"sandbox-{name}"))
        found["reply_extra"] = whole
    return found


def _extra(settings: Mapping[str, Json]) -> dict[str, str]:
    members = mapping(settings, "additionalTokenFields")
    return {
        name: path
        for name, path in members.items()
        if isinstance(path, str) and _first(path) not in {*_USUAL_MEMBERS, ""}
    }


def _first(path: str) -> str:
    return next(iter(split_path(path)), "")


def with_left_out(
    authority: Authority, logins: Iterable[Login], content: bytes, kind: str
) -> bytes:
    """Return a request for tokens with what this provider wants left out, and the authority in."""
    unused = {
        name
        for login in logins
        for name, value in mapping(login.method.authorization, "tokenParams").items()
        if value == ""
    }
    if not unused:
        return content
    is_json = kind.startswith("application/json")
    given: dict[str, Json] = (
        as_object(parse(content)) if is_json else dict(parse_qsl(content.decode()))
    )
    code = authority.codes.get(str(given.get("code")))
    if code is not None and "grant_type" in unused:
        given.setdefault("grant_type", "authorization_code")
    if code is not None and "redirect_uri" in unused:
        given.setdefault("redirect_uri", code.redirect_uri)
    return encode(given) if is_json else urlencode(given).encode()
