"""Asking a person for consent, and sending the browser back with what they said."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from jackfield.sandbox.oauth.authority import Authority, Code
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.code_webhook import CodeWebhook
from jackfield.sandbox.oauth.people import Person
from jackfield.sandbox.oauth.refusals import OAuthError, Turned, invalid_request
from jackfield.sandbox.oauth.scopes import check_scopes

_RENAMED: Final = ("client_id", "redirect_uri", "state", "scope", "response_type")
_METHODS: Final = ("S256", "plain")
_SHORTEST_CHALLENGE: Final = 43
_DENIED: Final = "the person denied the request"


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person is asked to consent to."""

    client: Client
    redirect_uri: str
    was_redirect_uri_given: bool
    state: str
    scopes: list[str]
    user_scopes: list[str]
    challenge: str
    challenge_method: str
    nonce: str
    params: Mapping[str, str]


def read_consent(authority: Authority, raw_query: str) -> Consent:
    """
    Read a request for consent, as strictly as its client's rules say.

    Raises:
        OAuthError: its client or redirect URI is wrong, so that the person has to be told.
        Turned: it is wrong in another way, which the client is told by way of the browser.
    """
    params = dict(parse_qsl(raw_query, keep_blank_values=True))
    client = next(
        (found for each in params.values() if (found := authority.clients.get(each))), None
    )
    if client is None:
        msg = "no client is named, or it is unknown"
        raise invalid_request(msg)
    names = client.conduct.authorize.names
    read = {name: params.get(names.get(name, name)) for name in _RENAMED}
    for name, renamed in names.items():
        if name != renamed and name in params:
            msg = f"{name} is called {renamed} here"
            raise invalid_request(msg)
    if read["client_id"] != client.id:
        msg = "the client's id is not called so"
        raise invalid_request(msg)
    redirect_uri = read["redirect_uri"] or (client.redirect_uris or ("",))[0]
    if not client.takes(redirect_uri):
        msg = "the redirect URI is not one of the client's"
        raise invalid_request(msg)
    consent = Consent(
        client,
        redirect_uri,
        read["redirect_uri"] is not None,
        read["state"] or "",
        [],
        [],
        params.get("code_challenge", ""),
        params.get("code_challenge_method", "plain"),
        params.get("nonce", ""),
        params,
    )
    try:
        _check(consent, read["response_type"], raw_query)
        return _with_scopes(consent, read["scope"] or "")
    except OAuthError as error:
        raise Turned(_callback(authority, consent, dict(error.members))) from error


def approve(authority: Authority, consent: Consent, person: Person) -> str:
    """Return where the browser goes after a person said yes."""
    rules = consent.client.conduct
    if rules.callback.error:
        return _refused(authority, consent, rules.callback.error)
    if rules.callback.code == "none":
        return _callback(authority, consent, {})
    dropped = rules.reply.scopes_dropped
    code = Code(
        f"code-{secrets.token_urlsafe(18)}",
        consent.client.id,
        person,
        consent.scopes[:-dropped] if dropped else consent.scopes,
        consent.user_scopes,
        consent.redirect_uri,
        consent.was_redirect_uri_given,
        consent.challenge,
        consent.challenge_method,
        consent.state,
        consent.nonce,
        authority.now() + timedelta(seconds=rules.terms.code_lifetime),
        _is_offline(authority, consent, person),
    )
    authority.codes[code.value] = code
    authority.consents.add((consent.client.id, person.id))
    is_sent = rules.callback.code == "sent"
    if rules.callback.webhook_url:
        CodeWebhook.of(consent.client, code).send(rules.callback.webhook_url)
    return _callback(authority, consent, {"code": code.value} if is_sent else {})


def deny(authority: Authority, consent: Consent) -> str:
    """Return where the browser goes after a person said no."""
    said = authority.dialect.word(OAuthError("access_denied", _DENIED, fault="person"))
    return _refused(authority, consent, said.error, said.description)


def _check(consent: Consent, response_type: str | None, raw_query: str) -> None:
    rules, params = consent.client.conduct.authorize, consent.params
    if (response_type or "") != rules.response_type:
        error = "unsupported_response_type"
        raise OAuthError(error, f"the response type has to be {rules.response_type or 'absent'}")
    if not response_type and response_type is not None:
        msg = "a response type is not expected"
        raise invalid_request(msg)
    for name, value in rules.required.items():
        if params.get(name) != value:
            msg = f"{name} has to be {value!r}"
            raise invalid_request(msg)
    if rules.refuses_empty and "" in params.values():
        msg = "a parameter is empty"
        raise invalid_request(msg)
    if rules.nonce_required and not consent.nonce:
        msg = "nonce is missing"
        raise invalid_request(msg)
    scope_name = rules.names.get("scope", "scope")
    raw = next((each for each in raw_query.split("&") if each.startswith(f"{scope_name}=")), "")
    if not rules.scope_escaped and "%" in raw:
        msg = f"{scope_name} must not be percent-encoded"
        raise invalid_request(msg)
    _check_challenge(consent)


def _check_challenge(consent: Consent) -> None:
    rules = consent.client.conduct.authorize
    if rules.pkce == "refused" and "code_challenge" in consent.params:
        msg = "code_challenge is not expected"
        raise invalid_request(msg)
    if not consent.challenge:
        if rules.pkce == "required":
            msg = "code_challenge is missing"
            raise invalid_request(msg)
        return
    if consent.challenge_method not in _METHODS[: 2 if rules.plain_challenge else 1]:
        msg = "code_challenge_method has to be S256"
        raise invalid_request(msg)
    if len(consent.challenge) < _SHORTEST_CHALLENGE:
        msg = "code_challenge is too short"
        raise invalid_request(msg)


def _with_scopes(consent: Consent, scope: str) -> Consent:
    rules = consent.client.conduct.authorize
    separator = rules.scope_separator
    split = [each for each in scope.split(separator) if each]
    user_scopes: list[str] = []
    if rules.user_scope:
        if not consent.params.get(rules.user_scope):
            msg = f"{rules.user_scope} is missing"
            raise invalid_request(msg)
        listed = consent.params[rules.user_scope].split(separator)
        user_scopes = check_scopes(consent.client, [each for each in listed if each])
    return replace(consent, scopes=check_scopes(consent.client, split), user_scopes=user_scopes)


def _is_offline(authority: Authority, consent: Consent, person: Person) -> bool:
    rules, params = consent.client.conduct.authorize, consent.params
    needed = dict(rules.offline)
    if (consent.client.id, person.id) in authority.consents:
        needed |= rules.consent_again
    has_scope = not rules.offline_scope or rules.offline_scope in consent.scopes
    return has_scope and all(params.get(name) == value for name, value in needed.items())


def _refused(authority: Authority, consent: Consent, error: str, usual: str = _DENIED) -> str:
    said = consent.client.conduct.callback.error_description or usual
    return _callback(authority, consent, {"error": error, "error_description": said})


def _callback(authority: Authority, consent: Consent, members: Mapping[str, str]) -> str:
    rules = consent.client.conduct.callback
    sent = {rules.names.get(name, name): value for name, value in members.items()}
    if rules.state != "missing" and consent.state:
        state = consent.state if rules.state == "echoed" else f"not-{consent.state}"
        sent[rules.names.get("state", "state")] = state
    if rules.iss:
        sent["iss"] = authority.issuer if rules.iss == "own" else rules.iss
    if "error" not in members:
        sent |= rules.extra
    return with_query(consent.redirect_uri, sent)


def with_query(url: str, members: Mapping[str, str]) -> str:
    """Return a URL with more in its query."""
    split = urlsplit(url)
    query = "&".join(each for each in (split.query, urlencode(members, quote_via=quote)) if each)
    return split._replace(query=query).geturl()
