"""JSON-RPC messages and errors of MCP."""

from typing import Final

import msgspec
from msgspec import UNSET, Struct

from jackfield.agents.jsonrpc import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    RequestId,
    RpcRefused,
    require_shallow,
)
from jackfield.kit.json import MOST_LEVELS, Json, is_object
from jackfield.kit.large_json import LARGE, TooDeep, parse_request

SERVER_ERROR: Final = -32000
HEADER_MISMATCH: Final = -32020
UNSUPPORTED_VERSION: Final = -32022

_MOST_IN_BATCH: Final = 50


class Message(Struct, frozen=True):
    """A request; a notification if it has no `id`; a client's response if it has no `method`."""

    method: Json = UNSET
    id: Json = UNSET
    params: Json = UNSET
    result: Json = UNSET
    error: Json = UNSET

    @property
    def arguments(self) -> dict[str, Json]:
        """
        The parameters; none if they were left out.

        Raises:
            RpcRefused: they are not an object.
        """
        if self.params is UNSET or self.params is None:
            return {}
        if not is_object(self.params):
            msg = "params must be an object"
            raise RpcRefused(msg, rpc_code=INVALID_PARAMS)
        return self.params

    @property
    def answer_id(self) -> RequestId:
        is_id = isinstance(self.id, str | int | float) and not isinstance(self.id, bool)
        return self.id if is_id else None

    def is_request(self) -> bool:
        """
        Tell whether an answer is awaited.

        Raises:
            RpcRefused: it is neither a request nor a notification nor a client's response.
        """
        if self.method is UNSET and (self.result is not UNSET or self.error is not UNSET):
            return False
        if not isinstance(self.method, str):
            msg = "method must be a string"
        # A published SDK sends every id as an empty object; its responses have none.
        elif self.answer_id is None and self.id is not UNSET and self.id != {}:
            msg = "id must be a string or a number"
        else:
            return self.id is not UNSET
        raise RpcRefused(msg, rpc_code=INVALID_REQUEST, rpc_id=self.answer_id)


async def read(content: bytes) -> Message | list[Message]:
    """
    Read a request's body.

    Raises:
        RpcRefused: it is not JSON, nested too deep, or not a message.
    """
    try:
        if len(content) > LARGE:
            plain = await parse_request(content)
            return msgspec.convert(plain, Message | list[Message])
        message = msgspec.json.decode(content, type=Message | list[Message])
    except msgspec.ValidationError:
        msg = "the body must be a JSON-RPC message"
        raise RpcRefused(msg, rpc_code=INVALID_REQUEST) from None
    except TooDeep:
        msg = f"the body is nested deeper than {MOST_LEVELS} levels"
        raise RpcRefused(msg, rpc_code=INVALID_REQUEST) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        msg = "the body is not JSON"
        raise RpcRefused(msg, rpc_code=PARSE_ERROR) from None
    require_shallow(content)
    return message


def require_bounded(batch: list[Message]) -> None:
    """
    Require that a batch has at least one message and not too many.

    Raises:
        RpcRefused: it is empty or too long.
    """
    if not 1 <= len(batch) <= _MOST_IN_BATCH:
        msg = f"a batch must hold between 1 and {_MOST_IN_BATCH} messages"
        raise RpcRefused(msg, rpc_code=INVALID_REQUEST)
