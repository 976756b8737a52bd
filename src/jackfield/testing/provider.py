"""Scripted provider that records the requests it receives."""

from collections.abc import Iterable, Mapping

import msgspec

from jackfield.engine.ports import Request, Response
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json


class ScriptedTransport:
    """A transport that returns one scripted response per request, or raises a scripted error."""

    def __init__(self, answers: Iterable[Response | HubError] = ()) -> None:
        self._answers = iter(answers)
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        try:
            answer = next(self._answers)
        except StopIteration:
            msg = f"no answer left for {request.method} {request.url}"
            raise AssertionError(msg) from None
        if isinstance(answer, HubError):
            raise answer
        return answer


def answer(
    *,
    status: int = 200,
    json: Json = None,
    text: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Make a response with a JSON or a text body, or with none."""
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    if text is not None:
        return Response(status, {"content-type": "text/plain", **lower}, text.encode())
    if json is None:
        return Response(status, lower, b"")
    body = msgspec.json.encode(json)
    return Response(status, {"content-type": "application/json", **lower}, body)
