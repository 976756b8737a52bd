"""The step function `download_file`."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from msgspec.structs import replace

from jackfield.engine import compat
from jackfield.engine.auth.additions import with_headers
from jackfield.engine.auth.authorization import authorized
from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import require_known, take_object
from jackfield.engine.errors import InvalidStep, invalid_value
from jackfield.engine.exchange.failure import fail, fail_with, refuse_success
from jackfield.engine.exchange.perform import Exchange, perform
from jackfield.engine.exchange.remap import compile_custom_errors
from jackfield.engine.expressions import js
from jackfield.engine.expressions.templates import compile_safely
from jackfield.engine.ports import Request, Response
from jackfield.engine.reply import Reply
from jackfield.engine.run import Run, StepResult, compute
from jackfield.engine.run_context import File
from jackfield.engine.schema.expressions import Evaluated
from jackfield.engine.schema.kinds import Choice, Number, Text
from jackfield.engine.schema.requests import FLAG
from jackfield.engine.schema.structures import Entry, Record, Unknown
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.kind import StepKind
from jackfield.engine.steps.request import REQUEST_PARAMETERS
from jackfield.engine.steps.request_template import (
    ACCEPT,
    RequestTemplate,
    compile_request_template,
    situation_of,
)
from jackfield.engine.steps.upload import decode_content
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.files import disposition_of, name_in
from jackfield.engine.wire.formats import read_response
from jackfield.engine.wire.json import decode_json
from jackfield.engine.wire.url import origin_of
from jackfield.kit.errors import UnreadableAnswer
from jackfield.kit.json import Json
from jackfield.kit.whole_numbers import whole_number

_RESPONSE: Final = Record(
    "DownloadResponse",
    {
        "dataKey": Entry(Text(), "Path of the content inside a JSON response."),
        "fileNameKey": Entry(Text(), "Path of the file's name."),
        "contentTypeKey": Entry(Text(), "Path of its MIME type."),
        "contentType": Entry(Text(), "Its MIME type, where it is always the same."),
        "contentIsBase64": Entry(FLAG, "The content is base64.", default=False),
        "urlKey": Entry(Text(), "Path of a URL to fetch the content from."),
        "forwardAuth": Entry(FLAG, "Authorize that fetch too.", default=False),
    },
    unknown=Unknown.REFUSED,
)
_PARAMETERS: Final = Record(
    "DownloadFileParameters",
    {
        **REQUEST_PARAMETERS.only(
            "baseUrl",
            "url",
            "args",
            "authorization",
            "customErrors",
            "encodeQueryParams",
            "certificates",
        ),
        "method": Entry(
            REQUEST_PARAMETERS.entries["method"].kind, "The HTTP method.", default="get"
        ),
        "responseMode": Entry(
            Evaluated(Choice(("buffer", "stream"))), "All at once or as a stream.", default="buffer"
        ),
        "responseType": Entry(
            Choice(("arraybuffer", "blob", "text", "json")),
            "What the response is read as.",
            default="arraybuffer",
        ),
        "encoding": Entry(
            Choice(("base64", "utf8", "binary", "raw", "none")),
            "How the bytes are given back.",
            default="base64",
        ),
        "response": Entry(_RESPONSE, "Where the file is, if the response is not the file itself."),
        "maxRedirects": Entry(
            Number(minimum=0, integer=True), "How many redirects to follow.", default=5
        ),
        "followRedirects": Entry(FLAG, "Follow redirects.", default=True),
    },
    doc="Downloads a file.",
)
_KEYS: Final = _PARAMETERS.entries.keys() | {"authentication"}
_ENCODINGS: Final[Mapping[str, Callable[[bytes], Json]]] = {
    "base64": lambda content: base64.b64encode(content).decode(),
    "utf8": lambda content: content.decode("utf-8", "replace"),
    "binary": lambda content: content.decode("latin-1"),
    "raw": lambda content: content.decode("latin-1"),
    "none": lambda content: content,
}
_RESPONSE_TYPES: Final = ("arraybuffer", "blob", "text", "json")
_UNNAMED: Final = "application/octet-stream"
_SUCCESSES: Final = range(200, 300)
_LENGTH: Final = "content-length"
_LARGEST_LENGTH: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class _Options:
    keys: Mapping[str, Callable[[Run], Json]]
    is_base64: bool
    forward_auth: bool
    encode: Callable[[bytes], Json]

    def key(self, run: Run, name: str) -> str | None:
        evaluate = self.keys.get(name)
        value = None if evaluate is None else evaluate(run)
        return value if isinstance(value, str) and value else None


def compile_download_file(params: Mapping[str, Json], context: CompileContext) -> StepFunction:
    """
    Compile a `download_file` step.

    Raises:
        InvalidStep, InvalidExpression: the parameters are malformed.
    """
    if context.mode == "strict":
        require_known(params, _KEYS)
    options = _compile_options(params, context.mode)
    follow = params.get("maxRedirects", 5) if params.get("followRedirects", True) else 0
    if not isinstance(follow, int) or isinstance(follow, bool):
        msg = "The field 'maxRedirects' must be a whole number"
        raise InvalidStep(msg)
    template = replace(compile_request_template(params, context, method="get"), follow=follow)
    if params.get("responseType", "arraybuffer") not in _RESPONSE_TYPES:
        value = params["responseType"]
        raise invalid_value(path="responseType", value=value, allowed=_RESPONSE_TYPES)
    # The published engine accepts customErrors here and ignores them.
    listed = params.get("customErrors") if context.mode == "strict" else None
    exchange = Exchange(
        compile_custom_errors(listed, context.mode),
        _read_errors_only,
        takes_redirects=True,
        reads_text=False,
    )

    async def run_download(run: Run) -> StepResult:
        reply = await perform(run, await compute(run, partial(_request, run, template)), exchange)
        if _is_refusal(reply):
            return _refused(reply, run)
        document = reply.response
        address = options.key(run, "urlKey")
        if address is not None:
            target = _look_up(document, address, context.mode)
            if not isinstance(target, str):
                return _nothing_at(run, address, reply)
            request = _second_request(run, target, template, forward=options.forward_auth)
            reply = await perform(run, request, replace(exchange, guarded=options.forward_auth))
            if _is_refusal(reply):
                return _refused(reply, run)
        elif (key := options.key(run, "dataKey")) is not None:
            return _finish_inside(run, reply, key, options)
        return _finish(run, reply, options, document)

    return run_download


def _compile_options(params: Mapping[str, Json], mode: Mode) -> _Options:
    document = params.get("response")
    response = {} if document is None else take_object(document, "response")
    require_known(response, _RESPONSE.entries, "response")
    encoding = params.get("encoding", "base64")
    if not isinstance(encoding, str) or encoding not in _ENCODINGS:
        raise invalid_value(path="encoding", value=encoding, allowed=tuple(_ENCODINGS))
    names = ("dataKey", "fileNameKey", "contentTypeKey", "urlKey", "contentType")
    return _Options(
        keys={name: _key(str(response[name]), mode) for name in names if response.get(name)},
        is_base64=response.get("contentIsBase64") is True,
        forward_auth=response.get("forwardAuth") is True,
        encode=_ENCODINGS["utf8" if params.get("responseType") == "json" else encoding],
    )


def _key(text: str, mode: Mode) -> Callable[[Run], Json]:
    if mode == "strict" and text.startswith("$."):
        # Here a path is one in the response, not in the run's scope.
        return lambda _run: text.removeprefix("$.")
    evaluate = compile_safely(text, mode)
    return lambda run: evaluate(run.scope)


def _request(run: Run, template: RequestTemplate) -> Request:
    draft = template.draft(run)
    draft.headers.setdefault("Accept", "*/*" if run.mode == "strict" else ACCEPT)
    request = template.finish(run, draft)
    if not origin_of(request.url):
        msg = f"Invalid URL: {request.url}"
        raise InvalidStep(msg)
    return request


def _second_request(run: Run, target: str, template: RequestTemplate, *, forward: bool) -> Request:
    """Return the request for the file; credentials are sent only if `forward`."""
    if not origin_of(target):
        msg = "Invalid URL: the address of the file is not absolute"
        raise InvalidStep(msg)
    request = Request("GET", target, {"Accept": "*/*"}, None, template.follow)
    if not forward:
        return request
    authorization = template.find_authorization(run)
    if run.mode == "compat":
        headers = with_headers(request.headers, authorization.headers(run.scope))
        return replace(request, headers=headers)
    shown = replace(request, certificate=template.certificate(run))
    return authorized(shown, authorization, situation_of(run))


def _finish(run: Run, reply: Reply, options: _Options, document: Response) -> StepResult:
    """Return the response's body as the file, described by the response's headers."""
    response = reply.response
    headers = response.headers
    name = name_in(headers.get("content-disposition", ""))
    content_type = headers.get("content-type", "")
    if run.mode == "strict" or options.key(run, "urlKey") is not None:
        described = _described(run, document, options)
        name = described.get("fileName", name)
        content_type = described.get("contentType", content_type)
    run.file = File(response.body, content_type or _UNNAMED, name)
    metadata = {
        "contentType": content_type or None,
        "contentLength": whole_number(headers.get(_LENGTH, ""), most=_LARGEST_LENGTH),
        "fileName": name,
        "lastModified": headers.get("last-modified"),
        "etag": headers.get("etag"),
    }
    output: dict[str, Json] = {
        "data": options.encode(response.body),
        "statusCode": reply.status,
        "headers": dict(headers),
        "contentDisposition": disposition_of(name, content_type),
        "fileMetadata": {key: value for key, value in metadata.items() if value is not None},
        "finalUrl": response.url or reply.url,
    }
    return StepResult(True, output, reply=reply)


def _finish_inside(run: Run, reply: Reply, key: str, options: _Options) -> StepResult:
    """Return the file inside a JSON document."""
    document = reply.response
    value = _look_up(document, key, run.mode)
    if value is UNDEFINED or value is None or value == "":
        return _nothing_at(run, key, reply)
    text = js.to_text(value)
    content = decode_content(text) if options.is_base64 else text.encode("utf-8", "replace")
    described = _described(run, document, options)
    name = described.get("fileName")
    run.file = File(content, described.get("contentType", _UNNAMED), name)
    output: dict[str, Json] = {
        "data": options.encode(content),
        "statusCode": document.status,
        "headers": dict(document.headers),
        "contentDisposition": disposition_of(name, ""),
        "fileMetadata": dict(described),
    }
    return StepResult(True, output, reply=reply)


def _described(run: Run, document: Response, options: _Options) -> dict[str, str]:
    """Return the file's name and type from the connector and a JSON document."""
    described: dict[str, str] = {}
    if fixed := options.key(run, "contentType"):
        described["contentType"] = fixed
    for option, field in (("contentTypeKey", "contentType"), ("fileNameKey", "fileName")):
        key = options.key(run, option)
        value = None if key is None else _look_up(document, key, run.mode)
        if isinstance(value, str) and value:
            described[field] = value
    return described


def _nothing_at(run: Run, key: str, reply: Reply) -> StepResult:
    msg = f"No file content found at path: {key}"
    if run.mode == "strict":
        return fail_with(refuse_success(reply, run, msg))
    return fail_with(UnreadableAnswer(msg, step=run.step_id))


def _refused(reply: Reply, run: Run) -> StepResult:
    failed = fail(reply, run)
    if run.mode == "strict":
        return failed
    return replace(failed, output=compat.with_client_message(failed.output or {}))


def _is_refusal(reply: Reply) -> bool:
    """Whether the reply is no file: an error, or a redirect that was not followed."""
    return reply.status not in _SUCCESSES


def _look_up(response: Response, key: str, mode: Mode) -> Json:
    try:
        value: Json = decode_json(response.body, mode)
    except ValueError:
        return UNDEFINED
    for name in key.split("."):
        value = js.own(value, name)
    return value


def _read_errors_only(response: Response, mode: Mode) -> Json:
    """Parse JSON and errors; leave the body of a file alone."""
    content_type = response.headers.get("content-type", "")
    if response.status in _SUCCESSES and "json" not in content_type:
        return {}
    return read_response(response, mode)


DOWNLOAD_FILE: Final = StepKind(
    "download_file", _PARAMETERS, {"1": compile_download_file}, is_request=True
)
