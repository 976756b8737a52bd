"""Authorization code flow: the address where a user signs in, and what comes back from there."""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote

from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.js import truthy
from jackfield.engine.oauth.settings import Callback, OAuthSettings, text_of, texts_of
from jackfield.kit.errors import Fault, HubError
from jackfield.kit.urls import find_origin

_LONGEST_VALUE: Final = 4096
_LONGEST_WORDS: Final = 300
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]+")


class CallbackRefused(HubError):
    """The provider's answer to the sign-in is not what its connector expects."""

    code = "sign_in_callback_refused"
    status = 400


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """
    What a sign-in is begun with, and needed again when it ends.

    `verifier` is that of PKCE, empty if the provider does not take one.
    """

    redirect_uri: str
    scopes: tuple[str, ...]
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    nonce: str = field(repr=False)

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class SignInAnswer:
    """What the provider sent back: a code, or an error; `values` are credentials."""

    state: str = field(repr=False)
    code: str = field(repr=False)
    error: str
    error_description: str
    issuer: str
    values: Mapping[str, str] = field(repr=False)
    is_pending: bool = False


def new_request(
    settings: OAuthSettings,
    scope: EvaluationScope,
    *,
    redirect_uri: str,
    scopes: tuple[str, ...],
    state: str,
) -> SignInRequest:
    uses_pkce = truthy(settings.pkce(scope))
    return SignInRequest(
        redirect_uri,
        scopes,
        state,
        secrets.token_urlsafe(48) if uses_pkce else "",
        secrets.token_urlsafe(24),
    )


def sign_in_scope(
    settings: OAuthSettings, scope: EvaluationScope, request: SignInRequest
) -> EvaluationScope:
    """Return what expressions of a sign-in see beside the credentials."""
    return {
        **scope,
        "redirectUri": request.redirect_uri,
        "scopes": settings.scope_delimiter.join(request.scopes),
        "state": request.state,
        "nonce": request.nonce,
        "codeVerifier": request.verifier,
        "codeChallenge": request.challenge if request.verifier else "",
    }


def sign_in_url(settings: OAuthSettings, scope: EvaluationScope, request: SignInRequest) -> str:
    """
    Return the address that the user's browser is sent to.

    Raises:
        CallbackRefused: the connector's address is none, with these credentials.
    """
    assert settings.authorization_url is not None
    seen = sign_in_scope(settings, scope, request)
    address = text_of(settings.authorization_url, seen).strip()
    if settings.is_encoded:
        address = unquote(address)
    if find_origin(address) is None:
        msg = "the connector's sign-in address is not an address with these values"
        raise CallbackRefused(msg)
    standard = {
        "response_type": "code",
        "client_id": text_of(settings.client_id, seen),
        "redirect_uri": request.redirect_uri,
        "scope": settings.scope_delimiter.join(request.scopes),
        "state": request.state,
    }
    if request.verifier:
        standard |= {"code_challenge": request.challenge, "code_challenge_method": "S256"}
    parameters = settings.names_of(standard) | texts_of(settings.authorization_params, seen)
    # The state is what the answer is recognized by: no connector may change it.
    parameters[settings.names.get("state") or "state"] = request.state
    return _with_parameters(settings, address, parameters)


def _with_parameters(settings: OAuthSettings, address: str, parameters: Mapping[str, str]) -> str:
    written = "&".join(
        f"{quote(name, safe='')}={_value(settings, name, value)}"
        for name, value in parameters.items()
        if value
    )
    base, hash_, fragment = address.partition("#")
    if settings.after_fragment and hash_:
        joint = "&" if "?" in fragment else "?"
        return f"{base}#{fragment}{joint}{written}"
    joint = "&" if "?" in base else "?"
    return f"{base}{joint}{written}{hash_}{fragment}"


def _value(settings: OAuthSettings, name: str, value: str) -> str:
    # A provider that takes no escapes still cannot be given what would end the parameter.
    safe = ":/+,;@!$'()*~" if name in settings.plain_params else ""
    return quote(value, safe=safe)


def read_callback(callback: Callback, parameters: Mapping[str, str]) -> SignInAnswer:
    """
    Read what the provider sent the user back with.

    Raises:
        CallbackRefused: a value that the connector keeps is not of the form it has.
    """

    def find(name: str) -> str:
        return parameters.get(callback.names.get(name) or name, "")[:_LONGEST_VALUE]

    values, faults = dict[str, str](), list[Fault]()
    for parameter, credential in callback.values.items():
        value = parameters.get(parameter, "")
        pattern = callback.patterns.get(credential)
        if not value:
            continue
        if len(value) > _LONGEST_VALUE or (
            re.fullmatch(pattern, value) is None if pattern else _CONTROLS.search(value) is not None
        ):
            faults.append(Fault(parameter, "is not of the form that the connector expects"))
        values[credential] = value
    if faults:
        raise CallbackRefused(faults=faults)
    return SignInAnswer(
        state=find("state"),
        code=find("code"),
        error=_CONTROLS.sub(" ", find("error"))[:_LONGEST_WORDS],
        error_description=_CONTROLS.sub(" ", find("error_description"))[:_LONGEST_WORDS],
        issuer=find("iss"),
        values=values,
        is_pending=callback.is_pending(parameters),
    )


def awaited_by(callback: Callback, answer: SignInAnswer) -> str:
    """Return the installation whose code comes by webhook; empty if the answer waits for none."""
    webhook = callback.code_webhook
    if webhook is None or answer.code or answer.error or answer.is_pending:
        return ""
    return answer.values.get(webhook.credential, "")


def state_in(callback: Callback, parameters: Mapping[str, str]) -> str:
    """Return the state that a callback brings; empty if it brings none."""
    return parameters.get(callback.names.get("state") or "state", "")


def require_issuer(settings: OAuthSettings, scope: EvaluationScope, answer: SignInAnswer) -> None:
    """
    Make sure that the answer is from the server the user was sent to (RFC 9207).

    Raises:
        CallbackRefused: it is from another, or does not say.
    """
    expected = text_of(settings.issuer, scope).rstrip("/")
    given = answer.issuer.rstrip("/")
    is_missing = not given and truthy(settings.callback.needs_issuer(scope))
    if is_missing or (given and expected and given != expected):
        msg = "the answer to the sign-in is not from the server that was asked; start again"
        raise CallbackRefused(msg)
