"""JSON-RPC as A2A uses it: what comes in, what goes out, and what can be wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from jackfield.engine.kinds import is_object
from jackfield.kit.errors import HubError
from jackfield.kit.json import MOST_LEVELS, DecodeError, Json, encode, is_deep, parse

VERSION: Final = "0.3.0"

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
TASK_NOT_FOUND: Final = -32001
NO_PUSH_NOTIFICATIONS: Final = -32003
CONTENT_TYPE_NOT_SUPPORTED: Final = -32005

RequestId: TypeAlias = str | int | float | None


class A2aRefused(HubError):
    """The A2A request cannot be answered as it was sent."""

    code = "a2a_request_refused"
    status = 400

    def __init__(
        self, detail: str, /, *, rpc_code: int, data: Json = None, rpc_id: RequestId = None
    ) -> None:
        """`rpc_code` is the JSON-RPC error's; `rpc_id` whom it is for, where that is known."""
        super().__init__(detail)
        self.rpc_code: Final = rpc_code
        self.rpc_id: Final = rpc_id
        self.data: Final = data


@dataclass(frozen=True, slots=True)
class Request:
    id: RequestId
    method: str
    params: Mapping[str, Json]


def read(content: bytes) -> Request:
    """
    Read a request's body.

    Raises:
        A2aRefused: it is no JSON, nested too deep, or no request.
    """
    try:
        found = parse(content)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        msg = "the body is not JSON"
        raise A2aRefused(msg, rpc_code=PARSE_ERROR) from None
    if is_deep(content):
        msg = f"the body is nested deeper than {MOST_LEVELS} levels"
        raise A2aRefused(msg, rpc_code=INVALID_REQUEST)
    if not is_object(found):
        msg = "the body must be one JSON-RPC request: the protocol has no batches"
        raise A2aRefused(msg, rpc_code=INVALID_REQUEST)
    request_id = found.get("id")
    if "id" not in found or isinstance(request_id, bool | list | dict):
        # Without one nobody would learn what became of it, so nothing is begun.
        msg = "id must be a text or a number"
        raise A2aRefused(msg, rpc_code=INVALID_REQUEST)
    method, params = found.get("method"), found.get("params")
    if found.get("jsonrpc") != "2.0" or not isinstance(method, str):
        msg = 'jsonrpc must be "2.0", and method a text'
        raise A2aRefused(msg, rpc_code=INVALID_REQUEST, rpc_id=request_id)
    if params is not None and not is_object(params):
        msg = "params must be an object"
        raise A2aRefused(msg, rpc_code=INVALID_PARAMS, rpc_id=request_id)
    return Request(request_id, method, params or {})


def answer(request_id: RequestId, result: Json) -> bytes:
    return encode({"jsonrpc": "2.0", "id": request_id, "result": result})


def refuse(request_id: RequestId, refused: A2aRefused) -> bytes:
    error: dict[str, Json] = {"code": refused.rpc_code, "message": refused.detail}
    if refused.data is not None:
        error["data"] = refused.data
    return encode({"jsonrpc": "2.0", "id": request_id, "error": error})


def event(content: bytes) -> bytes:
    """Return an answer as one event of a stream."""
    return b"data: " + content + b"\n\n"
