"""The answers of the token endpoint, in the shape that a client's rules give them."""

import html
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from jackfield.kit.json import Json, encode, is_object
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.conduct import ReplyRules
from jackfield.sandbox.oauth.grant_types import ACCESS_TOKEN, Issued
from jackfield.sandbox.oauth.grants import Pair, Token
from jackfield.sandbox.oauth.refusals import OAuthError
from jackfield.sandbox.oauth.request import FORM, XML, Request
from jackfield.sandbox.replies import JSON, Reply

_NO_STORE: Final = {"cache-control": "no-store"}
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def tokens_reply(authority: Authority, client: Client, request: Request, issued: Issued) -> Reply:
    """Write the tokens."""
    rules = client.conduct.reply
    members = _members(authority, client, issued.pair, is_refresh=issued.is_refresh)
    family = issued.pair.access.family
    if family.person and "openid" in family.scopes:
        members["id_token"] = _id_token(authority, client, issued)
    if issued.is_exchange:
        members["issued_token_type"] = ACCESS_TOKEN
    members = _renamed(members, rules)
    if issued.user is not None:
        members["authed_user"] = _members(authority, client, issued.user, is_refresh=False)
    members |= _filled(rules.extra, issued.pair)
    for name in reversed(rules.nested.split(".") if rules.nested else []):
        members = dict[str, Json]({name: members})
    if rules.has_ok:
        members["ok"] = True
    return _written(rules, request, members, rules.status)


def error_reply(client: Client | None, request: Request, error: OAuthError) -> Reply:
    """Write an error."""
    if client is None:
        return error.reply
    rules = client.conduct.reply
    members = {**error.members, **rules.error_extra}
    if rules.has_ok:
        members["ok"] = False
    if rules.echoes:
        members |= {
            "headers": dict(request.headers),
            "query": request.raw_query,
            "body": request.body.decode("utf-8", "replace"),
        }
    status = rules.error_status or error.status
    return _written(rules, request, members, status, error.headers)


def _members(
    authority: Authority, client: Client, pair: Pair, *, is_refresh: bool
) -> dict[str, Json]:
    rules, access = client.conduct.reply, pair.access
    members: dict[str, Json] = {"access_token": access.value}
    if rules.token_type is not None:
        members["token_type"] = rules.token_type
    if rules.expires_as != "missing":
        members["expires_in"] = _expiry(authority, access, rules)
    if pair.refresh is not None:
        members |= _refresh_token(client, pair.refresh.value, is_refresh=is_refresh)
    if rules.has_scope:
        members["scope"] = rules.scope_separator.join(access.scopes)
    return members


def _refresh_token(client: Client, value: str, *, is_refresh: bool) -> dict[str, Json]:
    rule = client.conduct.refresh.token if is_refresh else "rotates"
    if rule == "omitted":
        return {}
    return {"refresh_token": {"null": None, "empty": ""}.get(rule, value)}


def _expiry(authority: Authority, access: Token, rules: ReplyRules) -> Json:
    left = int((access.ends_at - authority.now()).total_seconds())
    ends_at = access.ends_at
    spellings: dict[str, Json] = {
        "seconds": left,
        "string": str(left),
        "float": left + 0.7,
        "milliseconds": left * 1000,
        "minutes": left // _MINUTE,
        "epoch": int(ends_at.timestamp()),
        "epoch_ms": int(ends_at.timestamp() * 1000),
        "iso": f"{ends_at:%Y-%m-%dT%H:%M:%SZ}",
        "duration": f"PT{left}S",
        "clock": f"{left // _DAY}:{left % _DAY // _HOUR:02d}:{left % _HOUR // _MINUTE:02d}",
        "literal": rules.expiry,
    }
    return spellings[rules.expires_as]


def _filled(extra: Mapping[str, Json], pair: Pair) -> dict[str, Json]:
    """Fill in what is known only now."""
    family = pair.access.family
    tenant = family.person.tenants[0].id if family.person else ""
    known = {"{generation}": str(family.generation), "{tenant}": tenant}
    filled = dict(extra)
    for mark, text in known.items():
        for name, value in filled.items():
            filled[name] = value.replace(mark, text) if isinstance(value, str) else value
    return filled


def _renamed(members: Mapping[str, Json], rules: ReplyRules) -> dict[str, Json]:
    return {rules.names.get(name, name): value for name, value in members.items()}


def _id_token(authority: Authority, client: Client, issued: Issued) -> str:
    access = issued.pair.access
    person = access.family.person
    assert person is not None
    claims: dict[str, Json] = {
        "sub": person.id,
        "aud": client.id,
        "iat": int(authority.now().timestamp()),
        "exp": int(access.ends_at.timestamp()),
        "email": person.email,
        "email_verified": True,
        "name": person.name,
        "groups": [tenant.id for tenant in person.tenants],
    }
    return authority.sign({**claims, "nonce": issued.nonce} if issued.nonce else claims)


def _written(
    rules: ReplyRules,
    request: Request,
    members: Mapping[str, Json],
    status: int,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    is_form = rules.encoding == "form" or (
        rules.needs_accept and "json" not in request.headers.get("accept", "")
    )
    if rules.encoding == "xml":
        body, kind = f"<?xml version='1.0'?>{_element('response', members)}".encode(), XML
    elif is_form:
        body, kind = urlencode(_flat(members)).encode(), FORM
    else:
        body, kind = encode(members), JSON
    return Reply(body, status, rules.content_type or kind, {**_NO_STORE, **(headers or {})})


def _element(name: str, value: Json) -> str:
    if is_object(value):
        content = "".join(_element(each, inner) for each, inner in value.items())
    else:
        content = html.escape("" if value is None else str(value))
    return f"<{name}>{content}</{name}>"


def _flat(members: Mapping[str, Json]) -> dict[str, str]:
    return {
        name: encode(value).decode() if is_object(value) else "" if value is None else str(value)
        for name, value in members.items()
    }
