"""The step function `request`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from jackfield.engine.document_reader import require_known, take_choice, take_object
from jackfield.engine.errors import InvalidStep, missing_field
from jackfield.engine.exchange.failure import fail, raw_of, refuse_success
from jackfield.engine.exchange.perform import Exchange, perform
from jackfield.engine.exchange.remap import compile_custom_errors
from jackfield.engine.expressions import strict_values
from jackfield.engine.expressions.jexl import Evaluate
from jackfield.engine.expressions.text import compile_text
from jackfield.engine.ports import Request
from jackfield.engine.reply import Reply
from jackfield.engine.run import Run, StepResult, compute
from jackfield.engine.schema.expressions import Expression
from jackfield.engine.schema.kinds import Boolean, Choice, Number
from jackfield.engine.schema.requests import (
    ARGS,
    AUTHORIZATION_ENTRY,
    BASE_URL,
    CERTIFICATES,
    CUSTOM_ERRORS,
    DATA_KEY,
    ENCODE_QUERY,
    INDEX_FIELD,
    METHOD,
    URL,
)
from jackfield.engine.schema.structures import Entry, Record, Unknown
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.extraction import Extract, compile_key, index_by
from jackfield.engine.steps.kind import StepKind
from jackfield.engine.steps.request_template import compile_request_template
from jackfield.engine.steps.saml import SAML_PARAMETERS, compile_saml
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.cookies import read_cookies
from jackfield.engine.wire.formats import FORMATS, Format, read_response, reader_of
from jackfield.kit.json import Json, as_list, as_object

RESPONSE: Final = Record(
    "RequestResponse",
    {
        "dataKey": DATA_KEY,
        "indexField": INDEX_FIELD,
        "collection": Entry(Boolean(), "The response is a list; with `indexField`."),
        "format": Entry(
            Choice(FORMATS),
            "How the response is written, in strict mode: anything else is an error. "
            "`auto` is JSON or, failing that, text; `lines`, `csv` and `ndjson` become "
            "lists. CSV: values are texts; columns of the same name are numbered, `Opens (2)`, "
            "and those without one called `column 4`; a short row has null for what it lacks; "
            "a quote that is not closed is an error.",
            default="json",
            ours=True,
        ),
        "lineKey": Entry(
            Expression(),
            "With `format: lines`: makes an object of each line, under this key, which "
            "may depend on `line`.",
            ours=True,
        ),
    },
    unknown=Unknown.REFUSED,
)
REQUEST_PARAMETERS: Final = Record(
    "RequestParameters",
    {
        "baseUrl": BASE_URL,
        "url": URL,
        "method": Entry(METHOD, "The HTTP method, in lower case.", required=True),
        "args": ARGS,
        "authorization": AUTHORIZATION_ENTRY,
        "response": Entry(RESPONSE, "Which part of the response the step gives back."),
        "customErrors": CUSTOM_ERRORS,
        "encodeQueryParams": ENCODE_QUERY,
        "cacheTTL": Entry(
            Number(minimum=0),
            "Minutes to keep the response for the same account; in strict mode not of a write.",
            default=0,
        ),
        "certificates": Entry(CERTIFICATES, "Client certificate to show."),
        "saml": Entry(SAML_PARAMETERS, "SAML assertion to sign and send."),
    },
    doc="One HTTP request.",
)
# `authentication` is a synonym of `authorization`.
KEYS: Final = REQUEST_PARAMETERS.entries.keys() | {"authentication"}
_RESPONSE_KEYS: Final = frozenset({"collection", "indexField", "dataKey"})


@dataclass(frozen=True, slots=True)
class Shaping:
    """The conversion of a response's content to the step's data.

    `line_key` makes each line an object with that key.
    """

    format: Format = "json"
    line_key: Evaluate | None = None
    extract: Extract | None = None
    index_field: str | None = None
    collection: bool = False
    path: str | None = None

    def misses(self, reply: Reply, data: Json) -> bool:
        """Tell whether an answer that is there lacks what is to be taken from it."""
        if self.path is None or not reply.response.body or reply.data is None:
            return False
        return data is UNDEFINED or (
            self.collection and data is not None and not isinstance(data, list | dict)
        )

    def apply(self, run: Run, content: Json) -> Json:
        if self.line_key is not None:
            content = _keyed(self.line_key, run, content)
        data = content if self.extract is None else self.extract(run.scope, content)
        if self.index_field is None:
            return data
        is_absent = data is None or data is UNDEFINED
        if run.mode == "compat" and is_absent and not self.collection:
            msg = f"there is nothing to index by {self.index_field!r}"
            raise InvalidStep(msg)
        return index_by(self.index_field, data, run.mode, collection=self.collection)


def compile_request(params: Mapping[str, Json], context: CompileContext) -> StepFunction:
    """
    Compile a `request` step.

    Raises:
        InvalidStep, InvalidExpression: the parameters are malformed.
    """
    if context.mode == "strict":
        require_known(params, KEYS)
    shaping = compile_shaping(params.get("response"), context)
    template = compile_request_template(params, context)
    exchange = Exchange(
        custom_errors=compile_custom_errors(params.get("customErrors"), context.mode),
        read=read_response if context.mode == "compat" else reader_of(shaping.format),
        cache_seconds=_cache_seconds(params.get("cacheTTL")),
    )

    assertion = compile_saml(params.get("saml"), context)
    if assertion is not None and exchange.cache_seconds:
        msg = "A request with saml cannot have a cacheTTL"
        raise InvalidStep(msg)

    def build(run: Run) -> Request:
        draft = template.draft(run)
        if assertion is not None:
            key, value = assertion(run)
            draft.body = {**as_object(draft.body), key: value}
        return template.finish(run, draft)

    async def run_request(run: Run) -> StepResult:
        request = await compute(run, partial(build, run))
        reply = await perform(run, request, exchange)
        return await compute(run, partial(_finish, run, reply, shaping))

    return run_request


def _finish(run: Run, reply: Reply, shaping: Shaping) -> StepResult:
    if reply.failed:
        return fail(reply, run)
    output: dict[str, Json] = {"statusCode": reply.status, "raw": raw_of(reply)}
    data = shaping.apply(run, reply.data)
    headers = reply.response.headers
    if run.mode == "strict" and "set-cookie" in headers and (cookies := read_cookies(headers)):
        output["cookies"] = cookies
    if run.mode == "strict" and shaping.misses(reply, data):
        msg = f"the provider's answer has nothing at {shaping.path!r}"
        raise refuse_success(reply, run, msg)
    if data is not UNDEFINED:
        output["data"] = data
    if reply.message is not None:
        output["message"] = reply.message
    return StepResult(True, output, reply=reply)


def compile_shaping(document: Json, context: CompileContext) -> Shaping:
    if document is None:
        return Shaping()
    response = take_object(document, "response")
    is_strict = context.mode == "strict"
    require_known(response, RESPONSE.entries if is_strict else _RESPONSE_KEYS, "response")
    key, index_field = response.get("dataKey"), response.get("indexField")
    if key == "":
        raise missing_field(path="response.dataKey")
    format_ = take_format(response)
    line_key = response.get("lineKey")
    if line_key is not None and format_ != "lines":
        msg = "The field 'response.lineKey' needs the format 'lines'"
        raise InvalidStep(msg)
    return Shaping(
        format=format_,
        line_key=None if line_key is None else compile_text(str(line_key), context.mode),
        extract=compile_key(str(key), context.mode) if key else None,
        # An expression decides itself what it gives where there is nothing.
        path=str(key) if key and not str(key).lstrip().startswith("{{") else None,
        index_field=str(index_field) if index_field else None,
        collection=response.get("collection") is True,
    )


def take_format(response: Mapping[str, Json]) -> Format:
    """
    Read the format that a `response` names.

    Raises:
        InvalidStep: the format is unknown.
    """
    named = {"format": "json", **response}
    return cast("Format", take_choice(named, "format", FORMATS, "response.format"))


def _keyed(line_key: Evaluate, run: Run, lines: Json) -> Json:
    """Return an object for each line, with a key that may depend on the line."""
    scope = {**run.scope}
    rows: list[Json] = []
    for line in as_list(lines):
        scope["line"] = line
        rows.append({strict_values.to_text(line_key(scope)): line})
    return rows


def _cache_seconds(minutes: Json) -> float:
    if minutes is None:
        return 0
    if not isinstance(minutes, int | float) or minutes < 0:
        msg = "The field 'cacheTTL' must be a number of minutes"
        raise InvalidStep(msg)
    return float(minutes) * 60


REQUEST: Final = StepKind("request", REQUEST_PARAMETERS, {"1": compile_request}, is_request=True)
