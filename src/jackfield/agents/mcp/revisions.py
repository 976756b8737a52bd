"""
Supported revisions of the MCP protocol, and their negotiation.

Up to 2025-11-25 a client introduces itself with `initialize`; we keep nothing of it, because each
of its later requests is complete in itself. Since 2026-07-28 there is no introduction: every
request carries its revision and the client's capabilities under `params._meta`, and repeats in
headers what a proxy may route by.
"""

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers

from jackfield.agents.jsonrpc import INVALID_PARAMS, RpcRefused
from jackfield.agents.mcp.messages import HEADER_MISMATCH, UNSUPPORTED_VERSION, Message
from jackfield.kit.json import Json, as_object

WITH_HANDSHAKE: Final = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
WITHOUT_HANDSHAKE: Final = ("2026-07-28",)
KNOWN: Final = (*WITH_HANDSHAKE, *WITHOUT_HANDSHAKE)

_PREFIX: Final = "io.modelcontextprotocol/"
_VERSION: Final = f"{_PREFIX}protocolVersion"
_CAPABILITIES: Final = f"{_PREFIX}clientCapabilities"
SERVER_INFO: Final = f"{_PREFIX}serverInfo"
_HEADER: Final = "mcp-protocol-version"


def agree(offered: Json) -> str:
    """Return the revision to use with a client that sends `initialize`."""
    return offered if offered in WITH_HANDSHAKE else WITH_HANDSHAKE[-1]


def is_stateless(message: Message, headers: Headers) -> bool:
    """
    Return whether a request is of a revision without a handshake, and validate it if so.

    Raises:
        RpcRefused: its revision is unknown, or its headers contradict its body.
    """
    meta: Mapping[str, Json] = as_object(message.arguments.get("_meta"))
    named = headers.get(_HEADER)
    if _VERSION not in meta and named not in WITHOUT_HANDSHAKE:
        if named is not None and named not in WITH_HANDSHAKE and message.method != "initialize":
            raise _unsupported(named)
        return False
    for key in (_VERSION, _CAPABILITIES):
        if key not in meta:
            msg = f"params._meta lacks {key!r}"
            raise RpcRefused(msg, rpc_code=INVALID_PARAMS)
    _require_agreement(message, headers, version=meta[_VERSION])
    if meta[_VERSION] not in WITHOUT_HANDSHAKE:
        raise _unsupported(meta[_VERSION])
    return True


def _require_agreement(message: Message, headers: Headers, *, version: Json) -> None:
    expected = {_HEADER: version, "mcp-method": message.method}
    if message.method == "tools/call":
        expected["mcp-name"] = message.arguments.get("name")
    for header, value in expected.items():
        if headers.get(header) != value:
            msg = f"the header {header!r} contradicts the body"
            raise RpcRefused(msg, rpc_code=HEADER_MISMATCH)


def _unsupported(requested: Json) -> RpcRefused:
    data = {"supported": list(KNOWN), "requested": requested}
    return RpcRefused("unsupported protocol version", rpc_code=UNSUPPORTED_VERSION, data=data)
