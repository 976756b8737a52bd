"""Request template of a step: URL, arguments, authorization, body."""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from jackfield.engine import compat
from jackfield.engine.auth.additions import with_headers
from jackfield.engine.auth.authorization import Authorization, compile_authorization
from jackfield.engine.auth.client_certificate import compile_certificate
from jackfield.engine.auth.signable import Situation, signed_later
from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import take_choice
from jackfield.engine.errors import InvalidStep, invalid_value
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.expressions.templates import compile_value, is_constant
from jackfield.engine.ports import ClientCertificate, Request
from jackfield.engine.run import Run
from jackfield.engine.schema.requests import METHODS
from jackfield.engine.steps.address import Locate, compile_address
from jackfield.engine.steps.arguments import Argument, Draft, compile_arguments, fold
from jackfield.engine.steps.compile_context import CompileContext
from jackfield.engine.wire.body import add_fields, encode_body, header_name
from jackfield.engine.wire.query import encode_bracketed
from jackfield.engine.wire.url import join_query, normalize, without_parameters
from jackfield.kit.json import Json, is_object

_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
ACCEPT: Final = "application/json, text/plain, */*"


class RequestTemplate(Struct, frozen=True):
    """A step's compiled request: what is the same for every run."""

    locate: Locate
    method: Callable[[EvaluationScope], str]
    arguments: tuple[Argument, ...]
    find_authorization: Callable[[Run], Authorization]
    escape_query: Evaluate
    certificate: Callable[[Run], ClientCertificate | None]
    follow: int = 0
    promises_body: bool = False

    def draft(self, run: Run) -> Draft:
        draft = fold(self.arguments, run.scope, run.mode)
        if self.promises_body and draft.body is None and self.method(run.scope) in _WITH_BODY:
            # All of the body's values are optional and absent: send an empty object.
            draft.body = {}
        return draft

    def finish(self, run: Run, draft: Draft, content: bytes | None = None) -> Request:
        """
        Complete a draft: authorize it and encode its body, or use `content` as the body.

        Raises:
            InvalidStep: the body cannot be written as its content type asks.
        """
        authorization = self.find_authorization(run)
        method = self.method(run.scope)
        # Its own, so that it may be done again in a thread.
        headers = with_headers(draft.headers, authorization.headers(run.scope))
        if authorization.query is not None:
            for name, value in authorization.query(run.scope):
                draft.query.put(name, value)
        own_headers = dict(headers) if authorization.sign is not None else headers
        if authorization.body is not None and content is None and not draft.form.values:
            draft.body = {} if draft.body is None else draft.body
        if content is None and (
            draft.body is not None or draft.form.values or run.mode == "compat"
        ):
            try:
                content = encode_body(_body_of(draft, run), headers, method)
            except (ValueError, RecursionError) as error:
                msg = f"The body cannot be written: {error}"
                raise InvalidStep(msg) from error
        fields = () if authorization.body is None else authorization.body(run.scope)
        if fields:
            content = add_fields(content, headers, fields)
        if "accept" not in headers and "Accept" not in headers:
            headers["Accept"] = ACCEPT
        request = Request(
            method,
            self._url(run, draft),
            headers,
            content,
            self.follow,
            self.certificate(run),
        )
        if authorization.sign is None:
            return request
        if self.escape_query(run.scope) is False:
            msg = "A signed request needs its query escaped: encodeQueryParams cannot be false"
            raise InvalidStep(msg)
        return signed_later(request, own_headers, authorization.sign, situation_of(run))

    def _url(self, run: Run, draft: Draft) -> str:
        url = self.locate(run.scope)
        if not draft.query.values:
            return normalize(url)
        authorization = self.find_authorization(run)
        if authorization.query is not None:
            url = without_parameters(url, [name for name, _ in authorization.query(run.scope)])
        query = draft.query.encode(escaped=self.escape_query(run.scope) is not False)
        # In compat mode a second `?` is kept, as in the published engine
        # (request/url-already-has-query).
        separator = "&" if run.mode == "strict" and "?" in url else "?"
        return normalize(join_query(url, query, separator=separator))


def situation_of(run: Run) -> Situation:
    return Situation(run.scope, run.mode, run.context.signer)


def _compile_method(params: Mapping[str, Json], mode: Mode) -> Callable[[EvaluationScope], str]:
    method = params.get("method")
    if is_constant(method):
        name = take_choice(params, "method", METHODS, "method").upper()
        return lambda _scope: name
    evaluate = compile_value(method, mode)
    return lambda scope: take_choice(
        {"method": evaluate(scope)}, "method", METHODS, "method"
    ).upper()


def _is_in_body(argument: Argument) -> bool:
    return argument.location == "body" and not argument.inline and argument.condition is None


def _body_of(draft: Draft, run: Run) -> Json:
    body = draft.body
    if draft.form.values:
        plain = encode_bracketed(body) if is_object(body) else ""
        return "&".join(filter(None, (plain, draft.form.encode())))
    if run.mode == "compat" and isinstance(body, str):
        spelled = header_name(draft.headers, "content-type")
        if spelled and draft.headers[spelled].lower().startswith("application/json"):
            return compat.as_json_text(body)
    return body


def compile_request_template(
    params: Mapping[str, Json],
    context: CompileContext,
    *,
    method: str | None = None,
    with_body_forms: bool = True,
) -> RequestTemplate:
    """
    Compile the parameters that all request steps share. `method` is the default method, if any.

    Raises:
        InvalidStep, InvalidExpression: the parameters are malformed.
    """
    mode = context.mode
    chosen = params if method is None else {"method": method, **params}
    arguments = compile_arguments(params.get("args"), mode, with_body_forms=with_body_forms)
    escape = params.get("encodeQueryParams", True)
    if not isinstance(escape, bool) and is_constant(escape):
        raise invalid_value(path="encodeQueryParams", value=escape, allowed=("true", "false"))
    return RequestTemplate(
        locate=compile_address(params.get("baseUrl", context.base_url), params.get("url"), mode),
        method=_compile_method(chosen, mode),
        arguments=arguments,
        find_authorization=_compile_authorization(params, context),
        escape_query=compile_value(escape, mode),
        certificate=_compile_certificate(params.get("certificates"), context),
        promises_body=mode == "strict" and any(map(_is_in_body, arguments)),
    )


def _compile_authorization(
    params: Mapping[str, Json], context: CompileContext
) -> Callable[[Run], Authorization]:
    own = params.get("authorization")
    if own is not None:
        authorization = compile_authorization(own, context.mode)
        return lambda _run: authorization
    find = context.authorizations.find
    return lambda run: find(run.context.auth_method, run.context.environment)


def _compile_certificate(
    document: Json, context: CompileContext
) -> Callable[[Run], ClientCertificate | None]:
    """Return what finds the certificate of a step, or else that of the account's auth method."""
    own = None if document is None else compile_certificate(document, context.mode)

    def certificate(run: Run) -> ClientCertificate | None:
        given = run.context
        find = own or context.authorizations.certificate(given.auth_method, given.environment)
        return find(run.scope, given.credentials)

    return certificate
