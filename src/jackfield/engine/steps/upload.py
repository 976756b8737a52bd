"""The step functions `upload_file` and `upload_binary`."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from msgspec.structs import replace

from jackfield.engine import compat
from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import require_known, take_object, take_objects
from jackfield.engine.errors import InvalidStep, missing_field
from jackfield.engine.exchange.failure import fail, raw_of
from jackfield.engine.exchange.perform import Exchange, perform
from jackfield.engine.exchange.remap import compile_custom_errors
from jackfield.engine.expressions import js
from jackfield.engine.expressions.jexl import Evaluate
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.engine.ports import Request
from jackfield.engine.run import Run, StepResult, compute
from jackfield.engine.schema.expressions import Expression, Template
from jackfield.engine.schema.kinds import Boolean
from jackfield.engine.schema.requests import INDEX_FIELD, TEXT
from jackfield.engine.schema.structures import Entry, ListOf, Record, Unknown
from jackfield.engine.steps.arguments import compile_condition, compile_name
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.kind import StepKind
from jackfield.engine.steps.request import REQUEST_PARAMETERS, RESPONSE, take_format
from jackfield.engine.steps.request_template import compile_request_template
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.body import header_name, text_of
from jackfield.engine.wire.files import type_of
from jackfield.engine.wire.formats import read_response, reader_of
from jackfield.engine.wire.multipart import Part, encode_multipart
from jackfield.kit.json import Json, as_object

_RESPONSE: Final = Record(
    "UploadResponse",
    {
        "dataKey": RESPONSE.entries["dataKey"],
        "format": RESPONSE.entries["format"],
        "indexField": Entry(INDEX_FIELD.kind, "Without effect; kept for other engines."),
        "collection": Entry(Boolean(), "Without effect; kept for other engines."),
    },
    unknown=Unknown.REFUSED,
)
_SHARED: Final = {
    **REQUEST_PARAMETERS.only(
        "baseUrl", "url", "args", "authorization", "customErrors", "encodeQueryParams"
    ),
    "response": Entry(_RESPONSE, "Which part of the response the step gives back."),
    "method": Entry(REQUEST_PARAMETERS.entries["method"].kind, "The HTTP method.", default="post"),
}
_FILE: Final = Record(
    "UploadedFile",
    {
        "fieldName": Entry(TEXT, "The name of the form's part.", required=True),
        "content": Entry(TEXT, "The bytes, as base64.", required=True),
        "filename": Entry(TEXT, "The name the provider sees.", required=True),
        "contentType": Entry(TEXT, "The file's MIME type."),
    },
    unknown=Unknown.REFUSED,
)
_FIELD: Final = Record(
    "AdditionalField",
    {
        "name": Entry(TEXT, "The name of the form's part.", required=True),
        "value": Entry(Template(), "Its value; objects as JSON.", required=True),
        "condition": Entry(Expression(), "Send it only if this is `true`."),
        "contentType": Entry(TEXT, "The part's MIME type."),
    },
    unknown=Unknown.REFUSED,
)
_BINARY: Final = "application/octet-stream"
_CONTENT: Final = Record(
    "BinaryContent",
    {
        "content": Entry(TEXT, "The bytes, as base64.", required=True),
        "contentType": Entry(TEXT, "Their MIME type.", default=_BINARY),
    },
    unknown=Unknown.REFUSED,
)
_FILE_PARAMETERS: Final = Record(
    "UploadFileParameters",
    {
        **_SHARED,
        "file": Entry(_FILE, "The file.", required=True),
        "additionalFields": Entry(ListOf(_FIELD), "Further parts, sent before the file."),
    },
    doc="Uploads a file as a multipart form.",
)
_BINARY_PARAMETERS: Final = Record(
    "UploadBinaryParameters",
    {**_SHARED, "binaryContent": Entry(_CONTENT, "What to upload.", required=True)},
    doc="Uploads bytes as they are.",
)


@dataclass(frozen=True, slots=True)
class _Field:
    name: Evaluate
    value: Evaluate
    condition: Evaluate | None
    content_type: str | None


def compile_upload_file(params: Mapping[str, Json], context: CompileContext) -> StepFunction:
    """
    Compile an `upload_file` step: a form with a file in it.

    Raises:
        InvalidStep, InvalidExpression: the parameters are malformed.
    """
    if context.mode == "strict":
        require_known(params, _FILE_PARAMETERS.entries.keys() | {"authentication"})
    document = take_object(params.get("file") or {}, "file")
    require_known(document, _FILE.entries, "file")
    for key in ("fieldName", "content", "filename"):
        if key not in document:
            raise missing_field(path=f"file.{key}")
    file = compile_value(document, context.mode)
    fields = _compile_fields(params.get("additionalFields"), context.mode)
    template = compile_request_template(params, context, method="post")

    def request(run: Run) -> Request:
        parts = [part for field in fields if (part := _part(field, run)) is not None]
        content, content_type = encode_multipart([*parts, _file_part(file(run.scope))])
        draft = template.draft(run)
        spelled = header_name(draft.headers, "content-type")
        draft.headers[spelled or "Content-Type"] = content_type
        return template.finish(run, draft, content)

    return _sending(params, context, request, compat.with_client_message)


def compile_upload_binary(params: Mapping[str, Json], context: CompileContext) -> StepFunction:
    """
    Compile an `upload_binary` step: the bytes are the body.

    Raises:
        InvalidStep, InvalidExpression: the parameters are malformed.
    """
    if context.mode == "strict":
        require_known(params, _BINARY_PARAMETERS.entries.keys() | {"authentication"})
    document = take_object(params.get("binaryContent") or {}, "binaryContent")
    require_known(document, _CONTENT.entries, "binaryContent")
    if "content" not in document:
        raise missing_field(path="binaryContent.content")
    binary = compile_value(document, context.mode)
    template = compile_request_template(params, context, method="post")

    def request(run: Run) -> Request:
        content = as_object(binary(run.scope))
        draft = template.draft(run)
        if header_name(draft.headers, "content-type") is None:
            draft.headers["Content-Type"] = js.to_text(content.get("contentType") or _BINARY)
        return template.finish(run, draft, decode_content(content.get("content")))

    return _sending(params, context, request, compat.without_message)


def decode_content(value: Json) -> bytes:
    """
    Decode a file's content from base64.

    Raises:
        InvalidInputs: it is not base64.
    """
    if not isinstance(value, str):
        msg = "the file's content is missing"
        raise InvalidInputs(msg)
    code = "".join(value.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(code + "=" * (-len(code) % 4), validate=True)
    except ValueError:
        msg = "the file's content is not base64"
        raise InvalidInputs(msg) from None


def _sending(
    params: Mapping[str, Json],
    context: CompileContext,
    request: Callable[[Run], Request],
    quirk: Callable[[Mapping[str, Json]], dict[str, Json]],
) -> StepFunction:
    # The published engine accepts customErrors here and ignores them.
    listed = params.get("customErrors") if context.mode == "strict" else None
    response = as_object(params.get("response"))
    if context.mode == "strict":
        require_known(response, _RESPONSE.entries, "response")
    exchange = Exchange(
        compile_custom_errors(listed, context.mode),
        read_response if context.mode == "compat" else reader_of(take_format(response)),
    )
    key = response.get("dataKey")

    async def run_upload(run: Run) -> StepResult:
        reply = await perform(run, await compute(run, partial(request, run)), exchange)
        if reply.failed:
            failed = fail(reply, run)
            if run.mode == "compat":
                failed = replace(failed, output=quirk(failed.output or {}))
            return failed
        data = js.own(reply.data, str(key)) if key else reply.data
        output: dict[str, Json] = {"statusCode": reply.status, "raw": raw_of(reply)}
        if data is not UNDEFINED:
            output["data"] = data
        return StepResult(True, output, reply=reply)

    return run_upload


def _compile_fields(document: Json, mode: Mode) -> list[_Field]:
    fields: list[_Field] = []
    for index, entry in enumerate(take_objects(document, "additionalFields")):
        path = f"additionalFields[{index}]"
        require_known(entry, _FIELD.entries, path)
        if "name" not in entry:
            raise missing_field(path=f"{path}.name")
        content_type = entry.get("contentType")
        fields.append(
            _Field(
                compile_name(entry["name"], mode),
                compile_value(entry.get("value"), mode),
                compile_condition(entry.get("condition"), mode),
                None if content_type is None else str(content_type),
            )
        )
    return fields


def _part(field: _Field, run: Run) -> Part | None:
    if field.condition is not None and field.condition(run.scope) is not True:
        return None
    value = field.value(run.scope)
    absent = value is UNDEFINED or value is None
    if absent and run.mode == "strict":
        return None
    # The published engine sends "undefined" and "null", as it does in a query.
    written = js.to_text(value).encode() if absent else text_of(value)
    return Part(js.to_text(field.name(run.scope)), written, content_type=field.content_type)


def _file_part(file: Json) -> Part:
    name, filename = file.get("fieldName"), file.get("filename")
    if not name or not filename:
        msg = "The file needs a fieldName and a filename"
        raise InvalidStep(msg)
    filename = js.to_text(filename)
    return Part(
        js.to_text(name),
        decode_content(file.get("content")),
        filename,
        js.to_text(file.get("contentType") or type_of(filename) or _BINARY),
    )


UPLOAD_FILE: Final = StepKind(
    "upload_file", _FILE_PARAMETERS, {"1": compile_upload_file}, is_request=True
)
UPLOAD_BINARY: Final = StepKind(
    "upload_binary", _BINARY_PARAMETERS, {"1": compile_upload_binary}, is_request=True
)
