"""JSON-RPC as MCP uses it: what comes in, what goes out, and what can be wrong with it."""

from typing import Final, TypeAlias

import msgspec
from msgspec import UNSET, Struct, UnsetType

from jackfield.engine.kinds import is_object
from jackfield.kit.errors import HubError
from jackfield.kit.json import MOST_LEVELS, Json, encode, is_deep

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
NOT_HERE: Final = -32000
HEADER_MISMATCH: Final = -32020
UNSUPPORTED_VERSION: Final = -32022

_MOST_IN_BATCH: Final = 50
MessageId: TypeAlias = str | int | float | None


class Message(Struct, frozen=True):
    """A request, or without an `id` a notification, or without a `method` a client's answer."""

    method: str | UnsetType = UNSET
    id: Json = UNSET
    params: Json = UNSET

    @property
    def arguments(self) -> dict[str, Json]:
        return self.params if is_object(self.params) else {}

    @property
    def answer_id(self) -> MessageId:
        return self.id if isinstance(self.id, str | int | float) else None


class RpcRefused(HubError):
    """The MCP request cannot be answered as it was sent."""

    code = "mcp_request_refused"
    status = 400

    def __init__(self, detail: str, /, *, rpc_code: int, data: Json = None) -> None:
        """`rpc_code` is the JSON-RPC error's."""
        super().__init__(detail)
        self.rpc_code: Final = rpc_code
        self.data: Final = data


def read(content: bytes) -> Message | list[Message]:
    """
    Read a request's body.

    Raises:
        RpcRefused: it is no JSON, nested too deep, or no message.
    """
    try:
        found = msgspec.json.decode(content, type=Message | list[Message])
    except msgspec.ValidationError:
        msg = "the body must be a JSON-RPC message"
        raise RpcRefused(msg, rpc_code=INVALID_REQUEST) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        msg = "the body is not JSON"
        raise RpcRefused(msg, rpc_code=PARSE_ERROR) from None
    if is_deep(content):
        msg = f"the body is nested deeper than {MOST_LEVELS} levels"
        raise RpcRefused(msg, rpc_code=INVALID_REQUEST)
    return found


def require_bounded(batch: list[Message]) -> None:
    """
    Make sure a batch holds messages, and not too many.

    Raises:
        RpcRefused: it is empty or too long.
    """
    if not 1 <= len(batch) <= _MOST_IN_BATCH:
        msg = f"a batch must hold between 1 and {_MOST_IN_BATCH} messages"
        raise RpcRefused(msg, rpc_code=INVALID_REQUEST)


def answer(message_id: MessageId, result: Json) -> bytes:
    return encode({"jsonrpc": "2.0", "id": message_id, "result": result})


def refuse(message_id: MessageId, refused: RpcRefused) -> bytes:
    error: dict[str, Json] = {"code": refused.rpc_code, "message": refused.detail}
    if refused.data is not None:
        error["data"] = refused.data
    return encode({"jsonrpc": "2.0", "id": message_id, "error": error})
