"""The step function `mcp_request`: a tool call to an MCP server over streamable HTTP."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from msgspec.structs import replace

from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import require_known, take_objects
from jackfield.engine.errors import InvalidStep, invalid_value, missing_field
from jackfield.engine.exchange.failure import fail, fail_with
from jackfield.engine.exchange.perform import Exchange, perform
from jackfield.engine.expressions import js
from jackfield.engine.expressions.jexl import Evaluate
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.ports import Response
from jackfield.engine.reply import Reply
from jackfield.engine.run import Run, StepResult, compute
from jackfield.engine.schema.authorization import AUTHORIZATION
from jackfield.engine.schema.expressions import Address, Expression, Template
from jackfield.engine.schema.kinds import Choice, Number
from jackfield.engine.schema.requests import BASE_URL, TEXT
from jackfield.engine.schema.structures import Entry, ListOf, Record, Unknown
from jackfield.engine.steps.arguments import compile_condition, compile_name
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.kind import StepKind
from jackfield.engine.steps.request_template import RequestTemplate, compile_request_template
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.formats import read_response
from jackfield.engine.wire.json import decode_json
from jackfield.kit.errors import ProviderError, ProviderTimeout, UnreadableAnswer
from jackfield.kit.json import Json, as_object, is_list, is_object

_ARG: Final = Record(
    "McpArg",
    {
        "name": Entry(TEXT, "The argument's name.", required=True),
        "value": Entry(Template(), "Its value.", required=True),
        "condition": Entry(Expression(), "Send it only if this is `true`."),
    },
    unknown=Unknown.REFUSED,
)
_PARAMETERS: Final = Record(
    "McpRequestParameters",
    {
        "baseUrl": BASE_URL,
        "url": Entry(Address(), "Appended to the base URL."),
        "method": Entry(
            Choice(("tools/call", "tools/list")), "The MCP method.", default="tools/call"
        ),
        "toolName": Entry(TEXT, "The tool to call; `tools/call` needs it."),
        "timeout": Entry(Number(minimum=0), "How long to wait, in milliseconds."),
        "authorization": Entry(AUTHORIZATION, "Used instead of the auth method's."),
        "args": Entry(ListOf(_ARG), "The tool's arguments."),
    },
    doc="Calls a tool of an MCP server.",
)
_KEYS: Final = _PARAMETERS.entries.keys() | {"authentication"}
_METHODS: Final = ("tools/call", "tools/list")
_PROTOCOL: Final = "2025-06-18"
_ACCEPT: Final = "application/json, text/event-stream"
_SESSION: Final = "mcp-session-id"
_BAD_GATEWAY: Final = 502


@dataclass(frozen=True, slots=True)
class _Argument:
    name: Evaluate
    value: Evaluate
    condition: Evaluate | None


@dataclass(frozen=True, slots=True)
class _Tool:
    method: Literal["tools/call", "tools/list"]
    name: Evaluate
    arguments: tuple[_Argument, ...]
    seconds: float | None


def compile_mcp_request(params: Mapping[str, Json], context: CompileContext) -> StepFunction:
    """
    Compile an `mcp_request` step.

    Raises:
        InvalidStep, InvalidExpression: the parameters are malformed.
    """
    if context.mode == "strict":
        require_known(params, _KEYS)
    tool = _compile_tool(params, context.mode)
    about_http = {key: value for key, value in params.items() if key not in ("method", "args")}
    template = compile_request_template({"url": "", **about_http, "method": "post"}, context)

    async def run_tool(run: Run) -> StepResult:
        try:
            async with asyncio.timeout(tool.seconds):
                return await _converse(run, tool, template)
        except TimeoutError:
            raise ProviderTimeout(step=run.step_id) from None

    return run_tool


def _compile_tool(params: Mapping[str, Json], mode: Mode) -> _Tool:
    method = params.get("method", "tools/call")
    if method not in _METHODS:
        raise invalid_value(path="method", value=method, allowed=_METHODS)
    if method == "tools/call" and not params.get("toolName"):
        raise missing_field(path="toolName")
    args = take_objects(params.get("args"), "args")
    for index, entry in enumerate(args if mode == "strict" else ()):
        require_known(entry, _ARG.entries, f"args[{index}]")
    timeout = params.get("timeout")
    if timeout is not None and (not isinstance(timeout, int | float) or timeout <= 0):
        msg = "The field 'timeout' must be a number of milliseconds"
        raise InvalidStep(msg)
    return _Tool(
        method=method,
        name=compile_value(params.get("toolName"), mode),
        arguments=tuple(
            _Argument(
                compile_name(entry.get("name", ""), mode),
                compile_value(entry.get("value"), mode),
                compile_condition(entry.get("condition"), mode),
            )
            for entry in args
        ),
        seconds=None if timeout is None else timeout / 1000,
    )


async def _converse(run: Run, tool: _Tool, template: RequestTemplate) -> StepResult:
    opening = {
        "protocolVersion": _PROTOCOL,
        "capabilities": {},
        "clientInfo": {"name": "jackfield", "version": "1"},
    }
    reply = await _post(run, template, _message("initialize", opening, 1), {})
    if reply.failed:
        return fail(reply, run)
    session = reply.response.headers.get(_SESSION)
    headers = {"MCP-Protocol-Version": _PROTOCOL}
    if session is not None:
        headers["Mcp-Session-Id"] = session
    await _post(run, template, _message("notifications/initialized", None, None), headers)
    reply = await _post(run, template, _message(tool.method, _params(run, tool), 2), headers)
    return fail(reply, run) if reply.failed else _result(run, reply)


def _params(run: Run, tool: _Tool) -> dict[str, Json]:
    if tool.method == "tools/list":
        return {}
    arguments: dict[str, Json] = {}
    for argument in tool.arguments:
        if argument.condition is None or argument.condition(run.scope) is True:
            value = argument.value(run.scope)
            if value is not UNDEFINED:
                arguments[js.to_text(argument.name(run.scope))] = value
    return {"name": js.to_text(tool.name(run.scope)), "arguments": arguments}


def _message(method: str, params: Json, number: int | None) -> dict[str, Json]:
    message: dict[str, Json] = {"jsonrpc": "2.0", "method": method}
    if params is not None:
        message["params"] = params
    if number is not None:
        message["id"] = number
    return message


async def _post(
    run: Run, template: RequestTemplate, message: dict[str, Json], headers: Mapping[str, str]
) -> Reply:
    draft = await compute(run, partial(template.draft, run))
    draft.body = message
    draft.headers.update({**headers, "Accept": _ACCEPT})
    request = await compute(run, partial(template.finish, run, draft))
    reply = await perform(run, request, Exchange(read=_read))
    return replace(reply, data=_message_with_id(reply.data, message.get("id")))


def _read(response: Response, mode: Mode) -> Json:
    """Parse one JSON-RPC message, or those of an event stream."""
    if not response.headers.get("content-type", "").startswith("text/event-stream"):
        return read_response(response, mode)
    text = response.body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    events: list[Json] = []
    for event in text.split("\n\n"):
        lines = [line[5:].removeprefix(" ") for line in event.split("\n") if line[:5] == "data:"]
        if lines:
            events.append(decode_json("\n".join(lines).encode(), mode))
    return events


def _message_with_id(data: Json, number: Json) -> Json:
    if not is_list(data):
        return data
    return next((m for m in data if is_object(m) and m.get("id") == number), data)


def _result(run: Run, reply: Reply) -> StepResult:
    message = as_object(reply.data)
    error = message.get("error")
    if error is not None:
        return _refused(run, str(as_object(error).get("message", "the MCP server refused")))
    if "result" not in message:
        msg = "the MCP server gave no result"
        raise UnreadableAnswer(msg, step=run.step_id)
    result = as_object(message["result"])
    content = result.get("content")
    if result.get("isError") is True:
        return _refused(run, _text_of(content) or "the tool failed")
    data = result["tools"] if "tools" in result else _content(result)
    return StepResult(True, {"data": data, "statusCode": reply.status}, reply=reply)


def _refused(run: Run, message: str) -> StepResult:
    return fail_with(ProviderError(message[:2000], step=run.step_id), _BAD_GATEWAY)


def _content(result: Mapping[str, Json]) -> Json:
    if result.get("structuredContent") is not None:
        return result["structuredContent"]
    content = result.get("content")
    text = _text_of(content) if is_list(content) and len(content) == 1 else None
    if text is None:
        return content
    try:
        return decode_json(text.encode(), "strict")
    except ValueError:
        return text


def _text_of(content: Json) -> str | None:
    first = as_object(content[0]) if is_list(content) and content else {}
    return str(first["text"]) if first.get("type") == "text" and "text" in first else None


MCP_REQUEST: Final = StepKind("mcp_request", _PARAMETERS, {"1": compile_mcp_request})
