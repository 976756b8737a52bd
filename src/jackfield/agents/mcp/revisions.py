"""
Supported revisions of the MCP protocol, and their negotiation.

Up to 2025-11-25 a client introduces itself with `initialize`; we keep nothing of it, because each
of its later requests is complete in itself. Since 2026-07-28 there is no introduction: every
request carries its revision and the client's capabilities under `params._meta`, and repeats in
headers what a proxy may route by.
"""

from collections.abc import Mapping
from typing import Final

from jackfield.agents.jsonrpc import INVALID_PARAMS, INVALID_REQUEST, RpcRefused
from jackfield.agents.mcp.messages import HEADER_MISMATCH, UNSUPPORTED_VERSION, Message
from jackfield.kit.headers import RequestHeaders
from jackfield.kit.json import Json, as_object

WITH_HANDSHAKE: Final = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
WITHOUT_HANDSHAKE: Final = ("2026-07-28",)
_WITHOUT_BATCHES: Final = ("2025-06-18", "2025-11-25", *WITHOUT_HANDSHAKE)
KNOWN: Final = (*WITH_HANDSHAKE, *WITHOUT_HANDSHAKE)

_PREFIX: Final = "io.modelcontextprotocol/"
_VERSION: Final = f"{_PREFIX}protocolVersion"
_CAPABILITIES: Final = f"{_PREFIX}clientCapabilities"
SERVER_INFO: Final = f"{_PREFIX}serverInfo"
_HEADER: Final = "mcp-protocol-version"


def agree(offered: Json) -> str:
    """Return the revision to use with a client that sends `initialize`."""
    return offered if offered in WITH_HANDSHAKE else WITH_HANDSHAKE[-1]


def claims_to_be_stateless(message: Message, headers: RequestHeaders) -> bool:
    """Tell whether a request says of itself that it is of a revision without a handshake."""
    if _VERSION in _meta(message):
        return True
    # A client that introduces itself may name any revision it would like.
    return headers.get(_HEADER) in WITHOUT_HANDSHAKE and message.method != "initialize"


def require_revision(message: Message, headers: RequestHeaders) -> None:
    """
    Require that a request is as its revision has it.

    Raises:
        RpcRefused: its revision is unknown, or its headers contradict its body.
    """
    if not claims_to_be_stateless(message, headers):
        named = headers.get(_HEADER)
        if named is not None and named not in WITH_HANDSHAKE and message.method != "initialize":
            raise _unsupported(named)
        return
    meta = as_object(message.arguments.get("_meta"))
    for key in (_VERSION, _CAPABILITIES):
        if key not in meta:
            msg = f"params._meta lacks {key!r}"
            raise RpcRefused(msg, rpc_code=INVALID_PARAMS)
    _require_agreement(message, headers, version=meta[_VERSION])
    if meta[_VERSION] not in WITHOUT_HANDSHAKE:
        raise _unsupported(meta[_VERSION])


def require_batches(batch: list[Message], headers: RequestHeaders) -> None:
    """
    Require that the revision of a batch has batches.

    Raises:
        RpcRefused: since 2025-06-18 a body is one message.
    """
    if headers.get(_HEADER) in _WITHOUT_BATCHES or any(_VERSION in _meta(each) for each in batch):
        msg = "this revision of the protocol has no batches: send one message"
        raise RpcRefused(msg, rpc_code=INVALID_REQUEST)


def _meta(message: Message) -> Mapping[str, Json]:
    return as_object(as_object(message.params).get("_meta"))


def _require_agreement(message: Message, headers: RequestHeaders, *, version: Json) -> None:
    expected = {_HEADER: version, "mcp-method": message.method}
    if message.method == "tools/call":
        expected["mcp-name"] = message.arguments.get("name")
    for header, value in expected.items():
        if headers.get(header, "").strip(" \t") != value:
            msg = f"the header {header!r} contradicts the body"
            raise RpcRefused(msg, rpc_code=HEADER_MISMATCH)


def _unsupported(requested: Json) -> RpcRefused:
    data = {"supported": list(KNOWN), "requested": requested}
    return RpcRefused("unsupported protocol version", rpc_code=UNSUPPORTED_VERSION, data=data)
