"""JSON-RPC 2.0: error codes, responses and errors shared by the agent protocols."""

import asyncio
from typing import Final, TypeAlias

from jackfield.kit.errors import HubError
from jackfield.kit.json import MOST_LEVELS, Json, encode, is_deep
from jackfield.kit.large_json_output import encode_aside

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603

# Ends of lines by Unicode that JSON leaves as they are: some clients split a stream at them.
_LINE_ENDS: Final = {
    "\u0085".encode(): b"\\u0085",
    "\u2028".encode(): b"\\u2028",
    "\u2029".encode(): b"\\u2029",
}

_PIECE: Final = 256 * 1024

RequestId: TypeAlias = str | int | float | None


class RpcRefused(HubError):
    """The JSON-RPC request cannot be answered as it was sent."""

    code = "rpc_request_refused"
    status = 400

    def __init__(
        self, detail: str, /, *, rpc_code: int, data: Json = None, rpc_id: RequestId = None
    ) -> None:
        """`rpc_code` is the code of the JSON-RPC error, `rpc_id` the id of its request if known."""
        super().__init__(detail)
        self.rpc_code: Final = rpc_code
        self.rpc_id: Final = rpc_id
        self.data: Final = data


def require_shallow(content: bytes) -> None:
    """
    Require that a body can be walked recursively.

    Raises:
        RpcRefused: it is nested too deep.
    """
    if is_deep(content):
        msg = f"the body is nested deeper than {MOST_LEVELS} levels"
        raise RpcRefused(msg, rpc_code=INVALID_REQUEST)


def event(content: bytes, *, name: str | None = None) -> bytes:
    """Return JSON as one event of a stream (server-sent events)."""
    parts = [b"" if name is None else f"event: {name}\n".encode(), b"data: "]
    start = 0
    while start < len(content):
        # A piece at a time, none of which ends within a character.
        end = start + _PIECE
        while end < len(content) and content[end] & 0xC0 == 0x80:  # noqa: PLR2004 - within one
            end += 1
        piece = content[start:end]
        for line_end, escaped in _LINE_ENDS.items():
            piece = piece.replace(line_end, escaped)
        parts.append(piece)
        start = end
    return b"".join((*parts, b"\n\n"))


async def event_aside(content: bytes, *, name: str | None = None) -> bytes:
    """Return JSON as `event` does; what is large is worked on by a thread."""
    if len(content) <= _PIECE:
        return event(content, name=name)
    return await asyncio.to_thread(event, content, name=name)


async def answer(request_id: RequestId, result: Json) -> bytes:
    return await encode_aside({"jsonrpc": "2.0", "id": request_id, "result": result})


def refuse(request_id: RequestId, refused: RpcRefused) -> bytes:
    error: dict[str, Json] = {"code": refused.rpc_code, "message": refused.detail}
    if refused.data is not None:
        error["data"] = refused.data
    return encode({"jsonrpc": "2.0", "id": request_id, "error": error})
