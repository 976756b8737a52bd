"""The step functions `soap_request` and `soap_paginated_request`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from msgspec import structs

from jackfield.engine.document_reader import require_known, take_object
from jackfield.engine.errors import InvalidStep, missing_field
from jackfield.engine.exchange.failure import fail, raw_of
from jackfield.engine.exchange.perform import Exchange, perform
from jackfield.engine.exchange.remap import compile_custom_errors
from jackfield.engine.expressions import js, strict_values
from jackfield.engine.expressions.jexl import Evaluate, EvaluationScope
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.ports import Request
from jackfield.engine.reply import Reply
from jackfield.engine.run import Run, StepResult, compute
from jackfield.engine.schema.expressions import Template
from jackfield.engine.schema.kinds import Boolean, Choice, Text
from jackfield.engine.schema.requests import (
    AUTHORIZATION_ENTRY,
    BASE_URL,
    CUSTOM_ERRORS,
    DATA_KEY,
    ENCODE_QUERY,
    FLAG,
    INDEX_FIELD,
    METHOD,
    SIMPLE_ARG,
    TEXT,
    URL,
)
from jackfield.engine.schema.structures import Either, Entry, ListOf, MapOf, Record, Unknown
from jackfield.engine.steps.arguments import Draft
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.kind import StepKind
from jackfield.engine.steps.page_iterator import Paging, compile_paging
from jackfield.engine.steps.pager import Pager
from jackfield.engine.steps.paginated_request import PAGINATED_PARAMETERS, position_of
from jackfield.engine.steps.request import compile_shaping
from jackfield.engine.steps.request_template import RequestTemplate, compile_request_template
from jackfield.engine.steps.soap_envelope import Write, compile_envelope
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.body import header_name
from jackfield.engine.wire.soap import fault_of, read_envelope
from jackfield.engine.wire.xml_reader import XmlForm, read_xml
from jackfield.kit.json import Json, as_object

_NAMESPACE: Final = Record(
    "Namespace",
    {
        "namespaceIdentifier": Entry(Text(), "The prefix.", required=True),
        "namespace": Entry(Text(), "The URI it stands for.", required=True),
    },
    doc="An XML namespace of the envelope.",
)
_PARAMETERS: Final = Record(
    "SoapRequestParameters",
    {
        "baseUrl": BASE_URL,
        "url": URL,
        "method": Entry(METHOD, "The HTTP method, in lower case.", required=True),
        "args": Entry(ListOf(SIMPLE_ARG), "What is sent; body args become elements."),
        "authorization": AUTHORIZATION_ENTRY,
        "envelope": Entry(
            Either((Text(), MapOf(Template()))), "The whole envelope, instead of one that is built."
        ),
        "namespaces": Entry(ListOf(_NAMESPACE), "Namespaces; the first is the elements' own."),
        "soapOperation": Entry(TEXT, "The element around the body args."),
        "soapAction": Entry(TEXT, "The `SOAPAction` header."),
        "useSoapContext": Entry(FLAG, "Send a WS-Security user name token.", default=True),
        "response": Entry(
            Record(
                "SoapResponse",
                {
                    "dataKey": DATA_KEY,
                    "indexField": INDEX_FIELD,
                    "collection": Entry(Boolean(), "The response is a list; with `indexField`."),
                },
                unknown=Unknown.REFUSED,
            ),
            "Which part of the response the step gives back.",
        ),
        "customErrors": CUSTOM_ERRORS,
        "encodeQueryParams": ENCODE_QUERY,
    },
    doc="One SOAP call.",
)
_PAGINATED_PARAMETERS: Final = Record(
    "SoapPaginatedRequestParameters",
    {
        **_PARAMETERS.entries,
        "response": PAGINATED_PARAMETERS.entries["response"],
        "iterator": Entry(
            Record(
                "SoapIterator",
                {
                    "key": Entry(TEXT, "The parameter the cursor is sent in.", required=True),
                    "in": Entry(Choice(("query", "body")), "Where it goes.", required=True),
                },
                unknown=Unknown.REFUSED,
            ),
            "How one page leads to the next.",
            required=True,
        ),
        "cursor": PAGINATED_PARAMETERS.entries["cursor"],
    },
    doc="SOAP calls page after page.",
)
_KEYS: Final = _PARAMETERS.entries.keys() | {"authentication"}
_PAGE_KEYS: Final = _KEYS | {"iterator", "cursor"}
_FAULT_STATUS: Final = 500


@dataclass(frozen=True, slots=True)
class _Call:
    template: RequestTemplate
    write: Write
    action: Evaluate
    exchange: Exchange

    async def perform(self, run: Run, draft: Draft, scope: EvaluationScope) -> Reply:
        """Send the call; a SOAP fault is a reply of status 500, whatever the provider's status."""
        request = await compute(run, partial(self._finish, run, draft, scope))
        reply = await perform(run, request, self.exchange)
        fault = fault_of(reply.data, run.mode)
        if fault is None:
            return reply
        return structs.replace(reply, status=_FAULT_STATUS, data=fault[0], message=fault[1])

    def _finish(self, run: Run, draft: Draft, scope: EvaluationScope) -> Request:
        try:
            content = self.write(scope, draft)
            read_xml(content, XmlForm())
        except (ValueError, RecursionError) as error:
            msg = "Invalid XML envelope"
            raise InvalidStep(msg) from error
        if header_name(draft.headers, "content-type") is None:
            draft.headers["Content-Type"] = "application/xml"
        action = self.action(scope)
        if action is not None and action is not UNDEFINED:
            draft.headers["SOAPAction"] = strict_values.in_mode(run.mode)(action)
        return self.template.finish(run, draft, content.encode("utf-8", "replace"))


def compile_soap_request(params: Mapping[str, Json], context: CompileContext) -> StepFunction:
    """
    Compile a `soap_request` step.

    Raises:
        InvalidStep, InvalidExpression: the parameters are malformed.
    """
    if context.mode == "strict":
        require_known(params, _KEYS)
    call = _compile_call(params, context)
    response = as_object(params.get("response"))
    if response.get("dataKey") == "":
        raise missing_field(path="response.dataKey")
    key = compile_value(response.get("dataKey"), context.mode)
    shaping = compile_shaping({**response, "dataKey": None}, context)

    async def run_soap(run: Run) -> StepResult:
        draft = await compute(run, partial(call.template.draft, run))
        reply = await call.perform(run, draft, run.scope)
        if reply.failed:
            return fail(reply, run)
        name = key(run.scope)
        content = js.own(reply.data, name) if isinstance(name, str) and name else reply.data
        data = await compute(run, partial(shaping.apply, run, content))
        output: dict[str, Json] = {"statusCode": reply.status, "raw": raw_of(reply)}
        if data is not UNDEFINED:
            output["data"] = data
        return StepResult(True, output, reply=reply)

    return run_soap


def compile_soap_paginated_request(
    params: Mapping[str, Json], context: CompileContext
) -> StepFunction:
    """
    Compile a `soap_paginated_request` step.

    Raises:
        InvalidStep, InvalidExpression: the parameters are malformed.
    """
    if context.mode == "strict":
        require_known(params, _PAGE_KEYS)
    iterator = take_object(params.get("iterator") or {}, "iterator")
    require_known(iterator, frozenset({"key", "in"}), "iterator")
    paging = replace(compile_paging(params, context.mode), wraps=True)
    call = _compile_call(params, context)
    start = position_of(params.get("cursor", {}))

    async def run_pages(run: Run) -> StepResult:
        async def fetch(run: Run, token: Json, _offset: int) -> Reply:
            return await _fetch_page(run, token, call, paging)

        return await Pager(paging, run, fetch).collect(run.resume.get(run.step_index, start))

    return run_pages


async def _fetch_page(run: Run, token: Json, call: _Call, paging: Paging) -> Reply:
    draft = await compute(run, partial(call.template.draft, run))
    scope = {**run.scope, "pageIterator": token}
    if token is not None:
        if paging.location == "query":
            draft.query.values[paging.key] = strict_values.in_mode(run.mode)(token)
        else:
            draft.body = {**as_object(draft.body), paging.key: token}
    return await call.perform(run, draft, scope)


def _compile_call(params: Mapping[str, Json], context: CompileContext) -> _Call:
    return _Call(
        template=compile_request_template(params, context, with_body_forms=False),
        write=compile_envelope(params, context.mode),
        action=compile_value(params.get("soapAction"), context.mode),
        exchange=Exchange(
            compile_custom_errors(params.get("customErrors"), context.mode), read_envelope
        ),
    )


SOAP_REQUEST: Final = StepKind(
    "soap_request", _PARAMETERS, {"1": compile_soap_request}, is_request=True
)
SOAP_PAGINATED_REQUEST: Final = StepKind(
    "soap_paginated_request",
    _PAGINATED_PARAMETERS,
    {"1": compile_soap_paginated_request},
    is_request=True,
    is_paged=True,
)
