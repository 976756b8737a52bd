"""Bodies of requests and responses that are there as a whole, past the server's messages.

ASGI hands over a body piece by piece, and a response in two messages that are checked header by
header. Nearly every request of the API is one packet and so is its answer: both go at once.
"""

from typing import Final

from starlette.types import Scope
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from jackfield.http.json_response import JsonResponse

_KEY: Final = "jackfield.whole_messages"
_WITHOUT_BODY: Final = frozenset({204, 304})


class WholeMessages:
    """The body of one request, and its response."""

    __slots__ = ("_cycle",)

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle

    def take_body(self) -> bytes | None:
        """Return the request's body if all of it has come; then the server's messages go on after it."""
        cycle = self._cycle
        if cycle.more_body or cycle.disconnected or cycle.response_complete:
            return None
        body, cycle.body = bytes(cycle.body), bytearray()
        cycle.message_event.clear()
        cycle.flow.resume_reading()
        return body

    def write(self, response: JsonResponse) -> bool:
        """Write a response whose headers are this hub's own; tell whether that was possible."""
        cycle, status = self._cycle, response.status_code
        if (
            cycle.response_started
            or cycle.disconnected
            or cycle.flow.write_paused
            or cycle.scope["method"] == "HEAD"
            or status in _WITHOUT_BODY
        ):
            return False
        cycle.response_started = True
        cycle.waiting_for_100_continue = False
        parts = [STATUS_LINE[status]]
        headers = (*cycle.default_headers, *response.raw_headers)
        parts += [b"%s: %s\r\n" % each for each in headers]
        parts.append(b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
        parts.append(response.body)
        cycle.transport.write(b"".join(parts))
        cycle.response_complete = True
        cycle.message_event.set()
        # The server says it in its own headers when it takes no more requests.
        if not cycle.keep_alive or CLOSE_HEADER in cycle.default_headers:
            cycle.transport.close()
        cycle.on_response()
        return True


def offer(scope: Scope, cycle: RequestResponseCycle) -> None:
    """Let the application take and write whole messages of the request of `scope`."""
    scope[_KEY] = WholeMessages(cycle)


def offered(scope: Scope) -> WholeMessages | None:
    """Return what the server offers; nothing if it is another one."""
    return scope.get(_KEY)
