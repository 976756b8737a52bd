"""JSON-RPC messages and errors of A2A."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.agents.jsonrpc import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    RequestId,
    RpcRefused,
)
from jackfield.kit.json import MOST_LEVELS, DecodeError, Json, is_object
from jackfield.kit.large_json import TooDeep, parse_request

VERSION: Final = "0.3.0"

TASK_NOT_FOUND: Final = -32001
NO_PUSH_NOTIFICATIONS: Final = -32003
CONTENT_TYPE_NOT_SUPPORTED: Final = -32005


@dataclass(frozen=True, slots=True)
class Request:
    id: RequestId
    method: str
    params: Mapping[str, Json]


async def read(content: bytes) -> Request:
    """
    Read a request's body.

    Raises:
        RpcRefused: it is not JSON, nested too deep, or not a request.
    """
    try:
        request = await parse_request(content)
    except TooDeep:
        msg = f"the body is nested deeper than {MOST_LEVELS} levels"
        raise RpcRefused(msg, rpc_code=INVALID_REQUEST) from None
    except (DecodeError, UnicodeDecodeError, RecursionError):
        msg = "the body is not JSON"
        raise RpcRefused(msg, rpc_code=PARSE_ERROR) from None
    if not is_object(request):
        msg = "the body must be one JSON-RPC request: the protocol has no batches"
        raise RpcRefused(msg, rpc_code=INVALID_REQUEST)
    request_id = request.get("id")
    if "id" not in request or isinstance(request_id, bool | list | dict):
        # A request without an id gets no response, so it is refused instead of run.
        msg = "id must be a string or a number"
        raise RpcRefused(msg, rpc_code=INVALID_REQUEST)
    method, params = request.get("method"), request.get("params")
    if request.get("jsonrpc") != "2.0" or not isinstance(method, str):
        msg = 'jsonrpc must be "2.0", and method a string'
        raise RpcRefused(msg, rpc_code=INVALID_REQUEST, rpc_id=request_id)
    if params is not None and not is_object(params):
        msg = "params must be an object"
        raise RpcRefused(msg, rpc_code=INVALID_PARAMS, rpc_id=request_id)
    return Request(request_id, method, params or {})
