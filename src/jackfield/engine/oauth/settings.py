"""The OAuth settings of an auth method, compiled from its `authorization`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, cast

from jackfield.engine.auth.authorization import compile_signing
from jackfield.engine.auth.client_certificate import FindCertificate, compile_certificate
from jackfield.engine.auth.signable import Sign
from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import require_known, take_object
from jackfield.engine.expressions import js
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.oauth.answer_rules import AnswerRules, compile_answer_rules
from jackfield.engine.oauth.code_webhook import CodeWebhook, compile_code_webhook
from jackfield.engine.schema.authorization import AUTHORIZATION
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.body import is_xml
from jackfield.kit.json import Json, as_object, is_list, mapping, text, texts, words

GrantType: TypeAlias = Literal[
    "authorization_code", "client_credentials", "jwt_bearer", "device_code"
]
Encoding: TypeAlias = Literal["form", "json", "query"]

_WITHOUT_USER: Final = frozenset({"client_credentials", "jwt_bearer"})
_DEFAULT_MARGIN: Final = 60
_DEFAULT_INTERVAL: Final = 900


@dataclass(frozen=True, slots=True)
class RequestShape:
    """
    How a token endpoint is asked: method, encoding, parameters in the address, headers, signature.

    With a `body`, the connector writes that itself, of the `content_type`.
    """

    method: str
    encoding: Encoding
    query_params: frozenset[str]
    headers: Evaluate
    sign: Sign | None = None
    content_type: str = ""
    body: Evaluate | None = None

    @property
    def accept(self) -> str:
        return self.content_type if is_xml(self.content_type) else "application/json"

    @property
    def plain(self) -> "RequestShape":
        """The shape of a request by the standard, with what all requests of the connector have."""
        return replace(
            self,
            method="POST",
            encoding="form",
            query_params=frozenset(),
            content_type="",
            body=None,
        )


@dataclass(frozen=True, slots=True)
class Introspection:
    """Where and how a provider is asked whether an access token is good, every so many seconds."""

    url: Evaluate
    params: Evaluate
    request: RequestShape
    every: float


@dataclass(frozen=True, slots=True)
class Assertion:
    """A signed statement of who asks (RFC 7523)."""

    key: Evaluate
    algorithm: str
    headers: Evaluate
    claims: Evaluate
    lifetime: int


@dataclass(frozen=True, slots=True)
class Callback:
    """How the provider sends people back; `values` are credentials by parameter."""

    names: Mapping[str, str]
    values: Mapping[str, str]
    patterns: Mapping[str, str]
    needs_issuer: Evaluate
    without_code: bool
    may_start_there: bool
    pending_when: Mapping[str, str]
    code_webhook: CodeWebhook | None = None

    def is_pending(self, parameters: Mapping[str, str]) -> bool:
        """Tell whether the provider says that access still has to be approved there."""
        return any(parameters.get(name) == value for name, value in self.pending_when.items())


@dataclass(frozen=True, slots=True)
class OAuthSettings:
    """
    How an account of an auth method gets its tokens, and renews them.

    Addresses and parameters are evaluated with the credentials at hand. `names` are the provider's
    names for parameters of OAuth.
    """

    mode: Mode
    certificate: FindCertificate
    grant_type: GrantType
    authorization_url: Evaluate | None
    authorization_params: Evaluate
    plain_params: frozenset[str]
    after_fragment: bool
    is_encoded: bool
    names: Mapping[str, str]
    callback: Callback
    client_id: Evaluate
    client_secret: Evaluate
    client_authentication: Evaluate
    client_assertion: Assertion | None
    assertion: Assertion | None
    device_url: Evaluate | None
    token_url: Evaluate | None
    token_params: Evaluate
    token_request: RequestShape
    introspection: Introspection | None
    refresh_url: Evaluate | None
    refresh_params: Evaluate
    refresh_request: RequestShape
    renews_access_token: bool
    renews_at_once: bool
    margin: float
    scopes: Evaluate
    scope_delimiter: str
    pkce: Evaluate
    issuer: Evaluate
    answer: AnswerRules

    @property
    def needs_no_user(self) -> bool:
        """Whether tokens are got anew without a user, or one that only consents once."""
        return self.grant_type in _WITHOUT_USER or self.callback.without_code

    @property
    def signs(self) -> bool:
        """Whether requests carry a signed statement."""
        return self.assertion is not None or self.client_assertion is not None

    def names_of(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Return parameters under the names that the provider has for them."""
        named = {self.names.get(name, name): value for name, value in parameters.items()}
        return {name: value for name, value in named.items() if name}

    def wanted_scopes(self, scope: EvaluationScope) -> tuple[str, ...]:
        """Return the scopes that the connector asks for, each once."""
        found = self.scopes(scope)
        listed = found if is_list(found) else [found]
        split = [word for each in listed if isinstance(each, str) for word in words(each)]
        return tuple(dict.fromkeys(split))


def compile_oauth(
    document: Mapping[str, Json], grant_type: str, mode: Mode, certificates: Json = None
) -> OAuthSettings:
    """
    Compile the OAuth part of an `authorization` object, and the `certificates` beside it.

    Raises:
        InvalidStep: it is malformed.
        InvalidExpression: an expression in it cannot be compiled.
    """
    content = take_object(dict(document), "authorization")
    require_known(content, AUTHORIZATION.cases["oauth2"].entries, "authorization")

    def template(name: str, default: Json = None) -> Evaluate:
        return compile_value(content.get(name, default), mode)

    def address(name: str) -> Evaluate | None:
        return template(name) if content.get(name) else None

    written, back = mapping(content, "authorizationRequest"), mapping(content, "callback")
    asked, renewed = mapping(content, "tokenRequest"), mapping(content, "refreshRequest")
    common = as_object(content.get("customHeaders"))
    client_authentication = text(content, "clientAuthentication") or None
    if client_authentication is None and not _authorizes(common):
        client_authentication = "body"
    refresh_params = as_object(content.get("refreshParams"))
    margin, shape = content.get("refreshMargin"), _shape(asked, common, mode)
    return OAuthSettings(
        mode=mode,
        certificate=compile_certificate(certificates, mode),
        grant_type=cast("GrantType", grant_type),
        authorization_url=address("authorizationUrl"),
        authorization_params=template("authorizationParams", {}),
        plain_params=frozenset(texts(written, "plainParams")),
        after_fragment=written.get("afterFragment") is True,
        is_encoded=written.get("isEncoded") is True,
        names=_names(content, "parameterNames"),
        callback=Callback(
            names=_names(back, "names"),
            values=_names(content, "callbackParams"),
            patterns=_names(back, "patterns"),
            needs_issuer=compile_value(back.get("needsIssuer"), mode),
            without_code=back.get("withoutCode") is True,
            may_start_there=back.get("mayStartThere") is True,
            pending_when=_names(back, "pendingWhen"),
            code_webhook=compile_code_webhook(mapping(back, "codeByWebhook"), mode),
        ),
        client_id=template("clientId", "$.credentials.clientId"),
        client_secret=template("clientSecret", "$.credentials.clientSecret"),
        client_authentication=compile_value(client_authentication, mode),
        client_assertion=_assertion(mapping(content, "clientAssertion"), mode),
        assertion=_assertion(mapping(content, "assertion"), mode),
        device_url=address("deviceAuthorizationUrl"),
        token_url=address("tokenUrl"),
        token_params=template("tokenParams", {}),
        token_request=shape,
        introspection=_introspection(content, shape, common, mode),
        refresh_url=address("refreshUrl"),
        refresh_params=compile_value(refresh_params, mode),
        refresh_request=_shape(renewed or asked, common, mode),
        renews_access_token="accessToken" in str(refresh_params),
        renews_at_once=content.get("renewsAtOnce") is True,
        margin=float(margin) if isinstance(margin, int | float) else _DEFAULT_MARGIN,
        scopes=template("scopes", ""),
        scope_delimiter=text(content, "scopeDelimiter") or " ",
        pkce=template("pkce", True),
        issuer=template("issuer"),
        answer=compile_answer_rules(content, mode),
    )


def text_of(evaluate: Evaluate, scope: EvaluationScope) -> str:
    """Return the value of an expression as text; empty if there is none."""
    value = evaluate(scope)
    return "" if value is None or value is UNDEFINED else js.to_text(value)


def texts_of(evaluate: Evaluate, scope: EvaluationScope) -> dict[str, str]:
    """Return the texts of an object of expressions, and an empty one for what has no value."""
    return {
        name: "" if value is None or value is UNDEFINED else js.to_text(value)
        for name, value in as_object(evaluate(scope)).items()
    }


def _names(content: Mapping[str, Json], key: str) -> dict[str, str]:
    return {name: str(value or "") for name, value in mapping(content, key).items()}


def _authorizes(headers: Mapping[str, Json]) -> bool:
    return "authorization" in {name.lower() for name in headers}


def _shape(content: Mapping[str, Json], common: Mapping[str, Json], mode: Mode) -> RequestShape:
    headers, signing = {**common, **mapping(content, "headers")}, content.get("signing")
    return RequestShape(
        method=(text(content, "method") or "post").upper(),
        encoding=cast("Encoding", text(content, "encoding") or "form"),
        query_params=frozenset(texts(content, "queryParams")),
        headers=compile_value(headers, mode),
        sign=None if signing is None else compile_signing(signing, mode),
        content_type=text(content, "contentType"),
        body=compile_value(content["body"], mode) if "body" in content else None,
    )


def _introspection(
    content: Mapping[str, Json], usual: RequestShape, common: Mapping[str, Json], mode: Mode
) -> Introspection | None:
    if not content.get("introspectionUrl"):
        return None
    asked, every = mapping(content, "introspectionRequest"), content.get("introspectionInterval")
    return Introspection(
        url=compile_value(content.get("introspectionUrl"), mode),
        params=compile_value(content.get("introspectionParams") or {}, mode),
        request=_shape(asked, common, mode) if asked else usual.plain,
        every=float(every) if isinstance(every, int | float) else _DEFAULT_INTERVAL,
    )


def _assertion(content: Mapping[str, Json], mode: Mode) -> Assertion | None:
    if not content:
        return None
    lifetime = content.get("lifetime")
    return Assertion(
        key=compile_value(content.get("key"), mode),
        algorithm=text(content, "algorithm") or "RS256",
        headers=compile_value(content.get("headers") or {}, mode),
        claims=compile_value(content.get("claims") or {}, mode),
        lifetime=int(lifetime) if isinstance(lifetime, int | float) else 300,
    )
