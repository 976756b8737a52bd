"""Putting a step's request together: address, arguments, authorization, body."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from jackfield.engine import quirks
from jackfield.engine.auth.authorization import Authorization, compile_authorization
from jackfield.engine.auth.signable import Sign, signable
from jackfield.engine.expressions import js
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.faults import InvalidStep, invalid_value
from jackfield.engine.kinds import is_list
from jackfield.engine.run import Run
from jackfield.engine.shape import take_choice
from jackfield.engine.steps.address import Locate, compile_address
from jackfield.engine.steps.arguments import Argument, Draft, compile_arguments, fold
from jackfield.engine.steps.setting import Setting
from jackfield.engine.transport import ClientCertificate, Request
from jackfield.engine.wire.body import encode_body, header_name
from jackfield.engine.wire.url import join_query
from jackfield.kit.json import Json

METHODS: Final = ("get", "post", "put", "delete", "patch")
ACCEPT: Final = "application/json, text/plain, */*"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request in the making, the same for every run."""

    locate: Locate
    method: str
    arguments: tuple[Argument, ...]
    find_authorization: Callable[[Run], Authorization]
    escape_query: bool = True
    certificate: Callable[[Run], ClientCertificate | None] | None = None
    follow: int = 0

    def draft(self, run: Run) -> Draft:
        return fold(self.arguments, run.scope, run.mode)

    def finish(self, run: Run, draft: Draft, content: bytes | None = None) -> Request:
        """
        Complete a draft: authorize it and write its body, or take `content` for the body.

        Raises:
            InvalidStep: the body cannot be written as its content type asks.
        """
        authorization = self.find_authorization(run)
        headers = draft.headers
        for name, value in authorization.headers(run.scope):
            spelled = header_name(headers, name.lower())
            if spelled is not None:
                del headers[spelled]
            headers[name] = value
        if authorization.query is not None:
            for name, value in authorization.query(run.scope):
                draft.query.add(name, value)
        given = dict(headers) if authorization.sign is not None else headers
        if content is None:
            try:
                content = encode_body(_body_of(draft, run), headers, self.method)
            except (ValueError, RecursionError) as error:
                msg = f"The body cannot be written: {error}"
                raise InvalidStep(msg) from error
        if "accept" not in headers and "Accept" not in headers:
            headers["Accept"] = ACCEPT
        request = Request(
            self.method,
            self._url(run, draft),
            headers,
            content,
            self.follow,
            self.certificate(run) if self.certificate else None,
        )
        if authorization.sign is not None:
            return self._signed(run, request, given, authorization.sign)
        return request

    def _signed(self, run: Run, request: Request, given: Mapping[str, str], sign: Sign) -> Request:
        if not self.escape_query:
            msg = "A signed request needs its query escaped: encodeQueryParams cannot be false"
            raise InvalidStep(msg)
        added = sign(signable(request, given, run.mode), run.scope)
        names = {name.lower() for name in added}
        kept = {name: value for name, value in request.headers.items() if name.lower() not in names}
        return replace(request, headers={**kept, **added})

    def _url(self, run: Run, draft: Draft) -> str:
        url = self.locate(run.scope)
        if not draft.query.values:
            return url
        query = draft.query.encode(escape=self.escape_query)
        if not self.escape_query:
            query = query.replace(" ", "%20").partition("#")[0]
        # A second `?` is what compat mode's model writes (request/url-already-has-query).
        separator = "&" if run.mode == "strict" and "?" in url else "?"
        return join_query(url, query, separator=separator)


def _body_of(draft: Draft, run: Run) -> Json:
    body = draft.body
    if run.mode == "compat" and isinstance(body, str):
        spelled = header_name(draft.headers, "content-type")
        if spelled and draft.headers[spelled].lower().startswith("application/json"):
            return quirks.as_json_text(body)
    return body


def compile_outgoing(
    params: Mapping[str, Json],
    setting: Setting,
    *,
    method: str | None = None,
    with_body_forms: bool = True,
) -> Outgoing:
    """
    Compile what all requesting steps have in common. `method` is the default, where there is one.

    Raises:
        InvalidStep, InvalidExpression: the parameters are malformed.
    """
    mode = setting.mode
    chosen = params if method is None else {"method": method, **params}
    escape = params.get("encodeQueryParams", True)
    if not isinstance(escape, bool):
        raise invalid_value(path="encodeQueryParams", value=escape, allowed=("true", "false"))
    return Outgoing(
        locate=compile_address(params.get("baseUrl", setting.base_url), params.get("url"), mode),
        method=take_choice(chosen, "method", METHODS, "method").upper(),
        arguments=compile_arguments(params.get("args"), mode, with_body_forms=with_body_forms),
        find_authorization=_compile_authorization(params, setting),
        escape_query=escape,
        certificate=_compile_certificate(params.get("certificates"), setting),
    )


def _compile_authorization(
    params: Mapping[str, Json], setting: Setting
) -> Callable[[Run], Authorization]:
    own = params.get("authorization")
    if own is not None:
        authorization = compile_authorization(own, setting.mode)
        return lambda _run: authorization
    find = setting.authorizations.find
    return lambda run: find(run.call.auth_method, run.call.environment)


def _compile_certificate(
    document: Json, setting: Setting
) -> Callable[[Run], ClientCertificate | None] | None:
    if document is None:
        return None
    evaluate = compile_value(document, setting.mode)

    def certificate(run: Run) -> ClientCertificate | None:
        found = evaluate(run.scope)
        return ClientCertificate(_pems(found.get("certs")), _pems(found.get("keys")))

    return certificate


def _pems(values: Json) -> tuple[str, ...]:
    return tuple(_pem(js.to_text(value)) for value in values) if is_list(values) else ()


def _pem(text: str) -> str:
    if "-----BEGIN" in text:
        return text
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        msg = "A certificate is neither PEM nor base64 of it"
        raise InvalidStep(msg) from None
