"""JSON-RPC messages and errors of A2A."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.agents.jsonrpc import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
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
VERSION_NOT_SUPPORTED: Final = -32009

_SPOKEN: Final = re.compile(r"0\.3(?:\.\d{1,9})?", re.ASCII)
# What later versions call the methods.
_LATER_NAMES: Final = {
    "SendMessage": "message/send",
    "SendStreamingMessage": "message/stream",
    "GetTask": "tasks/get",
    "CancelTask": "tasks/cancel",
    "SubscribeToTask": "tasks/resubscribe",
    "GetExtendedAgentCard": "agent/getAuthenticatedExtendedCard",
}


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


def require_version(version: str) -> None:
    """
    Refuse a version of the protocol, as the header `A2A-Version` names it, that is not spoken.

    Raises:
        RpcRefused: it is none of 0.3.
    """
    if version and not _SPOKEN.fullmatch(version):
        msg = f"this agent speaks A2A 0.3, not {version[:32]!r}: send 'A2A-Version: 0.3', or none"
        raise RpcRefused(msg, rpc_code=VERSION_NOT_SUPPORTED)


def no_method(method: str) -> RpcRefused:
    """Return the refusal of an unknown method, with its name in 0.3 if a later version has it."""
    msg = f"there is no method {method[:128]!r}"
    if method in _LATER_NAMES:
        msg += f" in A2A 0.3, which this agent speaks: it is {_LATER_NAMES[method]!r} there"
    return RpcRefused(msg, rpc_code=METHOD_NOT_FOUND)
