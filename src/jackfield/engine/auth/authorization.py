"""The `authorization` object of a connector, compiled."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from jackfield.engine.auth.additions import COOKIE, Additions, Pairs, add
from jackfield.engine.auth.aws4 import compile_aws4
from jackfield.engine.auth.hmac_signature import compile_hmac
from jackfield.engine.auth.oauth1 import compile_oauth1
from jackfield.engine.auth.signable import Sign, Situation, signed_later
from jackfield.engine.auth.template_signature import compile_template
from jackfield.engine.auth.wsse import compile_wsse
from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import require_known, take_choice, take_object
from jackfield.engine.errors import CredentialMissing, InvalidStep, invalid_value, missing_field
from jackfield.engine.expressions import js
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.expressions.templates import compile_safely, compile_value
from jackfield.engine.ports import Request
from jackfield.engine.schema.authorization import AUTHORIZATION, KEY_PLACES
from jackfield.engine.schema.report import Report
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json

_Add: TypeAlias = Callable[[EvaluationScope], Pairs]

_PUBLISHED_TYPES: Final = ("none", "basic", "bearer", "oauth2")
_STRATEGIES: Final[Mapping[str, Callable[[Mapping[str, Json], Mode], Sign]]] = {
    "aws4": compile_aws4,
    "hmac": compile_hmac,
    "oauth1": compile_oauth1,
    "wsse": compile_wsse,
    "template": compile_template,
}
_ENCODINGS: Final[Mapping[str, Callable[[bytes], str]]] = {
    "base64": lambda raw: base64.b64encode(raw).decode(),
    "base64url": lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="),
    "hex": bytes.hex,
    "utf8": bytes.decode,
    "utf-8": bytes.decode,
    "ascii": lambda raw: raw.decode("ascii", "replace"),
    "latin1": lambda raw: raw.decode("latin-1"),
    "binary": lambda raw: raw.decode("latin-1"),
}


@dataclass(frozen=True, slots=True)
class Authorization:
    """The headers, query parameters, fields of the body and signature to add to a request."""

    headers: _Add
    query: _Add | None = None
    body: _Add | None = None
    sign: Sign | None = None


def compile_authorization(document: Json, mode: Mode, path: str = "") -> Authorization:
    """
    Compile an `authorization` object.

    Raises:
        InvalidStep: it is malformed.
    """
    content = take_object(document, path or "authorization")
    prefix = f"{path}." if path else ""
    kind = content.get("type", "undefined")
    if not isinstance(kind, str) or kind not in AUTHORIZATION.cases:
        raise invalid_value(path=f"{prefix}type", value=kind, allowed=_PUBLISHED_TYPES)
    require_known(content, AUTHORIZATION.cases[kind].entries, path)
    if mode == "strict" and (kind == "oauth2" or "signIn" in content):
        # Most of it is for signing in, and read elsewhere.
        report = Report(mode)
        AUTHORIZATION.cases[kind].check(content, None, report)
        if fatal := [each for each in report.problems if each.fatal]:
            raise InvalidStep(fatal[0].message)
    match kind:
        case "basic":
            return _basic(content, mode)
        case "bearer" | "oauth2":
            return _bearer(content, mode)
        case "apiKey":
            return _api_key(content, mode)
        case _:
            signing = content.get("signing")
            sign = None if signing is None else compile_signing(signing, mode)
            return Authorization(_no_headers, sign=sign)


def authorized(request: Request, authorization: Authorization, situation: Situation) -> Request:
    """
    Return a complete request with an authorization; a signature is made when it is sent.

    Raises:
        CredentialMissing: the account lacks a credential.
        InvalidStep: the body can take no credential.
    """
    scope, query, body = situation.scope, authorization.query, authorization.body
    added = Additions(
        headers=authorization.headers(scope),
        query=() if query is None else query(scope),
        body=() if body is None else body(scope),
    )
    made = add(request, added)
    if authorization.sign is None:
        return made
    return signed_later(made, request.headers, authorization.sign, situation)


def compile_signing(document: Json, mode: Mode) -> Sign:
    """
    Compile a `signing` object.

    Raises:
        InvalidStep: it is malformed.
    """
    content = take_object(document, "signing")
    strategy = content.get("strategy")
    if not isinstance(strategy, str) or strategy not in _STRATEGIES:
        allowed = tuple(_STRATEGIES)
        raise invalid_value(path="signing.strategy", value=strategy, allowed=allowed)
    return _STRATEGIES[strategy](content, mode)


def _no_headers(_scope: EvaluationScope) -> Pairs:
    return []


def _basic(content: Mapping[str, Json], mode: Mode) -> Authorization:
    username = _credential(content.get("username", ""), mode)
    password = _credential(content.get("password", ""), mode)
    encoding = compile_value(content.get("encoding", "base64"), mode)

    def headers(scope: EvaluationScope) -> Pairs:
        encode = _ENCODINGS.get(js.to_text(encoding(scope)))
        if encode is None:
            msg = "The authorization has an unknown encoding"
            raise InvalidStep(msg)
        pair = f"{_or_empty(username(scope))}:{_or_empty(password(scope))}"
        return [("Authorization", "Basic " + encode(pair.encode("utf-8", "replace")))]

    return Authorization(headers)


def _bearer(content: Mapping[str, Json], mode: Mode) -> Authorization:
    if "token" not in content:
        raise missing_field(path="token")
    token = _credential(content["token"], mode)
    # Under another name than the usual one, a token stands alone.
    location = take_choice({"in": "header", **content}, "in", ("header", "query"), "in")
    in_query = location == "query"
    name = str(content.get("name") or ("access_token" if in_query else "Authorization"))
    prefixed = compile_value(content.get("includeBearer", name == "Authorization"), mode)

    def pairs(scope: EvaluationScope) -> Pairs:
        value = _required(token(scope), "token")
        prefix = "Bearer " if js.truthy(prefixed(scope)) else ""
        return [(name, prefix + value)]

    if in_query:
        return Authorization(_no_headers, pairs)
    return Authorization(pairs)


def _api_key(content: Mapping[str, Json], mode: Mode) -> Authorization:
    location = take_choice({"in": "header", **content}, "in", KEY_PLACES, "in")
    for key in ("name", "value"):
        if key not in content:
            raise missing_field(path=key)
    name, value = str(content["name"]), _credential(content["value"], mode)

    def pairs(scope: EvaluationScope) -> Pairs:
        return [(name, _required(value(scope), "value"))]

    def cookie(scope: EvaluationScope) -> Pairs:
        return [(COOKIE, f"{name}={_required(value(scope), 'value')}")]

    match location:
        case "header":
            return Authorization(pairs)
        case "cookie":
            return Authorization(cookie)
        case "body":
            return Authorization(_no_headers, body=pairs)
        case _:
            return Authorization(_no_headers, pairs)


def _credential(template: Json, mode: Mode) -> Evaluate:
    # A literal "" is an intentionally empty password, in either mode.
    if template == "" or not isinstance(template, str):
        return lambda _scope: template
    return compile_safely(template, mode)


def _required(value: Json, name: str) -> str:
    if value is None or value is UNDEFINED or value == "":
        msg = f"The required field '{name}' is missing"
        raise CredentialMissing(msg)
    return js.to_text(value)


def _or_empty(value: Json) -> str:
    return "" if value is None or value is UNDEFINED else js.to_text(value)
