"""Reader of a token endpoint's answers: tokens, or by whose fault there are none."""

import base64
import binascii
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from jackfield.engine.clock_offset import correction
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.js import truthy
from jackfield.engine.oauth.answer_path import scope_of
from jackfield.engine.oauth.answer_rules import AnswerRules
from jackfield.engine.oauth.errors import ClientRefused, GrantRefused, TokenRefused
from jackfield.engine.oauth.expiry import Lifetime, UnreadableExpiry, read_lifetime
from jackfield.engine.oauth.tokens import (
    ACCESS_TOKEN,
    ID_TOKEN,
    REFRESH_TOKEN,
    TokenEnds,
    Tokens,
    refresh_name,
)
from jackfield.engine.ports import Response
from jackfield.engine.run_context import RunContext
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.body import is_xml
from jackfield.engine.wire.charset import text_of
from jackfield.engine.wire.retry_after import retry_after
from jackfield.engine.wire.xml_reader import XmlForm, read_xml
from jackfield.kit.errors import (
    ProviderAnswer,
    ProviderError,
    ProviderRateLimited,
    ProviderUnavailable,
    UnreadableAnswer,
)
from jackfield.kit.json import DecodeError, Json, is_list, is_object, parse, words

_LARGEST: Final = 1024 * 1024
# To read a form or XML takes many times as long as JSON.
_LARGEST_FORM: Final = 64 * 1024
_MOST_PARAMETERS: Final = 200
_LONGEST_WORDS: Final = 300
# A token of digits is a text all the same.
_XML: Final = XmlForm(keep_texts=True)
_REFUSED: Final = 400
_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429
_FAILED: Final = 500
_GRANT: Final = frozenset({"invalid_grant"})
_CLIENT: Final = frozenset({"invalid_client", "unauthorized_client"})
_TRANSIENT: Final = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
_KINDS: Final[Mapping[str, type[ProviderError]]] = {
    "grant": GrantRefused,
    "client": ClientRefused,
    "transient": ProviderUnavailable,
}


def read_answer(
    response: Response, rules: AnswerRules, scope: EvaluationScope, context: RunContext
) -> Tokens:
    """
    Read the tokens in an answer.

    Raises:
        GrantRefused, ClientRefused, TokenRefused: the provider gives none.
        ProviderUnavailable, ProviderRateLimited: it may give some later.
        UnreadableAnswer: the answer is not that of a token endpoint.
    """
    body = read_body(response, context)
    require_success(body, response, rules, scope, context)
    access_token = _access_token(body, rules)
    if not access_token:
        msg = "the token endpoint's answer has no access token where the connector expects it"
        raise UnreadableAnswer(msg, answer=_answer(response))
    kind = _text(rules_type(body))
    if rules.accepted_types and kind.lower() not in rules.accepted_types:
        msg = "the token endpoint gave a token of a type that the connector does not accept"
        raise UnreadableAnswer(msg, answer=_answer(response))
    values = {
        ACCESS_TOKEN: access_token,
        REFRESH_TOKEN: _text(rules.refresh_token(body)),
        ID_TOKEN: _text(rules.id_token(body)),
    }
    seen = scope_of(body, scope)
    for name, evaluate in rules.additional.items():
        found = evaluate(seen)
        values[name] = "" if found is UNDEFINED else _text(found)
    warnings: list[str] = []
    now = context.clock()
    # An end is told by the provider's clock.
    there = now + correction(response.headers, now)

    def ends_of(token: str, answer: Json) -> TokenEnds:
        lifetime = _lifetime(rules.expires_in(answer), rules, rules.expiry_kind, there, warnings)
        if lifetime is None and rules.expires_by_token:
            lifetime = _end_in(_access_token(answer, rules), there)
        if lifetime is None:
            lifetime = _seconds(rules.default_seconds(scope))
        refresh_lifetime = _lifetime(
            rules.refresh_expires_in(answer), rules, rules.refresh_expiry_kind, there, warnings
        )
        if refresh_lifetime is None:
            refresh_lifetime = _seconds(rules.default_refresh_seconds(scope))
        return TokenEnds(token, _after(now, lifetime), _after(now, refresh_lifetime))

    first, second = ends_of(ACCESS_TOKEN, body), None
    other = None if rules.second is None else rules.second.find(body)
    if rules.second is not None and (token := _access_token(other, rules)):
        name = rules.second.token
        values |= {name: token, refresh_name(name): _text(rules.refresh_token(other))}
        second = ends_of(name, other)
    return Tokens(
        {name: value for name, value in values.items() if value},
        first.expires_at,
        first.refresh_expires_at,
        _scopes(rules.scopes(body)),
        tuple(warnings),
        second,
    )


def read_body(response: Response, context: RunContext) -> Json:
    """
    Return the body of an answer: JSON or a form, whatever it says of itself, or XML that says so.

    Raises:
        ProviderUnavailable, ProviderRateLimited: it is the error of a server that may recover.
        UnreadableAnswer: it is none of these.
    """
    body = _sniff(response)
    if response.status == _TOO_MANY:
        wait = retry_after(response.headers, context.clock)
        raise ProviderRateLimited(answer=_answer(response), retry_after=wait)
    if response.status >= _FAILED and not (is_object(body) and body):
        wait = retry_after(response.headers, context.clock)
        raise ProviderUnavailable(answer=_answer(response), retry_after=wait)
    if body is None:
        msg = "the token endpoint's answer is neither JSON nor a form nor XML"
        raise UnreadableAnswer(msg, answer=_answer(response))
    return body


def require_success(
    body: Json,
    response: Response,
    rules: AnswerRules,
    scope: EvaluationScope,
    context: RunContext,
) -> None:
    """
    Raise unless an answer is a success.

    Raises:
        TokenRefused, ProviderUnavailable: it is not; the error's `reason` is the provider's code.
    """
    found = rules.error(body)
    code, detail = _code(found), _code(rules.error_detail(body))
    failed = response.status >= _REFUSED or bool(found)
    if rules.success is not None:
        failed = failed or not truthy(rules.success(scope_of(body, scope)))
    if not failed:
        return
    refusal = rules.refusals.get(detail) or rules.refusals.get(code)
    said = _shortened(_text(rules.error_description(body)))
    words_for_it = (refusal.message if refusal else None) or said or _shortened(code)
    kind = _kind(code, refusal.means if refusal else None, response.status)
    msg = f"the provider gave no token: {words_for_it or response.status}"
    raise kind(
        msg,
        answer=_answer(response, code),
        retry_after=retry_after(response.headers, context.clock),
        reason=code or str(response.status),
    )


def rules_type(body: Json) -> Json:
    return body.get("token_type") if is_object(body) else None


def _access_token(body: Json, rules: AnswerRules) -> str:
    """Return the access token of an answer; empty if there is none that could be used."""
    found = _text(rules.access_token(body))
    # What no header can have would take the place of a good one, and then be refused here.
    return found if found.isprintable() else ""


def _sniff(response: Response) -> Json:
    if len(response.body) > _LARGEST:
        return None
    written = text_of(response).strip()
    if written.startswith("<"):
        return _xml(response)
    if written.startswith(("{", "[")):
        try:
            return parse(written)
        except (DecodeError, RecursionError):
            return None
    return _form(written)


def _form(written: str) -> Json:
    if "=" not in written or "\n" in written or len(written) > _LARGEST_FORM:
        return None
    try:
        pairs = parse_qsl(written, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return None
    return dict[str, Json](pairs)


def _xml(response: Response) -> Json:
    """Return an XML document that says so; a page in XHTML is no answer."""
    is_told = is_xml(response.headers.get("content-type", ""))
    if not is_told or len(response.body) > _LARGEST_FORM:
        return None
    try:
        document = read_xml(response.body, _XML)
    except ValueError:
        return None
    return None if "html" in document else document


def _kind(code: str, means: str | None, status: int) -> type[ProviderError]:
    """Classify a refusal by its code, never by its words."""
    if means is not None:
        return _KINDS[means]
    if code in _GRANT:
        return GrantRefused
    if code in _CLIENT or (status == _UNAUTHORIZED and not code):
        return ClientRefused
    if code in _TRANSIENT or status >= _FAILED:
        return ProviderUnavailable
    return TokenRefused


def _answer(response: Response, code: str = "") -> ProviderAnswer:
    # Nothing of the body but its code: token endpoints echo what they were sent.
    return ProviderAnswer(response.status, "", {"error": _shortened(code)} if code else None)


def _shortened(words: str) -> str:
    """Return whole words from the beginning: half a secret, at a cut, would be masked no more."""
    if len(words) <= _LONGEST_WORDS:
        return words
    return " ".join(words[:_LONGEST_WORDS].split()[:-1])


def _lifetime(
    value: Json, rules: AnswerRules, kind: str, now: datetime, warnings: list[str]
) -> int | None:
    try:
        found = read_lifetime(value, kind, now=now, zero_is_never=rules.zero_is_never)
    except UnreadableExpiry as error:
        found = Lifetime(None, f"the lifetime of a token cannot be read: {error}")
    if found.warning is not None:
        warnings.append(found.warning)
    return found.seconds


def _end_in(token: str, now: datetime) -> int | None:
    """Return the seconds until the end that a JWT tells; nobody relies on it but as a reminder."""
    parts = token.split(".")
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = parse(base64.urlsafe_b64decode(padded))
        ends = claims.get("exp") if is_object(claims) else None
        return read_lifetime(ends, "epochSeconds", now=now).seconds
    except (IndexError, ValueError, binascii.Error, DecodeError):
        return None


def _after(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)


def _seconds(value: Json) -> float | None:
    try:
        seconds = float(value) if isinstance(value, int | float | str) and value != "" else None
    except (ValueError, OverflowError):
        return None
    return seconds if seconds is not None and math.isfinite(seconds) and seconds >= 0 else None


def _scopes(value: Json) -> tuple[str, ...] | None:
    if is_list(value):
        return tuple(each for each in value if isinstance(each, str))
    if isinstance(value, str) and value.strip():
        return tuple(words(value.replace(",", " ").replace("+", " ")))
    return None


def _code(value: Json) -> str:
    if is_object(value):
        value = value.get("code") or value.get("type")
    if value in (None, 0) or isinstance(value, bool | list | dict):
        return ""
    return str(value).strip()


def _text(value: Json) -> str:
    if value is None or isinstance(value, bool | list | dict):
        return ""
    return str(value).strip()
