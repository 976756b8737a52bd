"""The things that go wrong because they were asked for."""

from collections.abc import Iterator
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated

from msgspec import Meta, Struct, field

from jackfield.kit.json import Json, encode
from jackfield.sandbox.oauth.request import Request
from jackfield.sandbox.replies import HTML, JSON, Reply


class FaultKind(StrEnum):
    STATUS = "status"
    DELAY = "delay"
    RESET = "reset"
    LOST = "lost"


class Fault(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A fault of the next `times` answers of an endpoint; null is until it is removed.

    `status` and `reset` take the answer's place, and the request has no effect. After a `delay`
    the request is handled, and with `lost` it is handled and its answer never arrives.
    """

    kind: FaultKind = FaultKind.STATUS
    client_id: str = "*"
    endpoint: str = "*"
    times: Annotated[int, Meta(ge=1)] | None = 1
    status: Annotated[int, Meta(ge=200, le=599)] = 503
    error: str = ""
    body: str | None = None
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    echo: bool = False
    seconds: Annotated[float, Meta(ge=0, le=600)] = 1.0

    def hits(self, endpoint: str, client_id: str) -> bool:
        return self.endpoint in {"*", endpoint} and self.client_id in {"*", client_id}

    def reply(self, request: Request) -> Reply | None:
        """Return what takes the answer's place, if something does."""
        if self.kind is FaultKind.RESET:
            return Reply(b"", 0)
        if self.kind is not FaultKind.STATUS:
            return None
        if self.body is not None:
            kind = self.content_type or (JSON if self.body[:1] in "{[" else HTML)
            return Reply(self.body.encode(), self.status, kind, self.headers)
        if not self.error:
            page = f"<html><body><h1>{HTTPStatus(self.status).phrase}</h1></body></html>"
            return Reply(page.encode(), self.status, self.content_type or HTML, self.headers)
        said = "a fault that was asked for"
        members: dict[str, Json] = {"error": self.error, "error_description": said}
        if self.echo:
            members |= {"headers": dict(request.headers), "body": request.body.decode()}
        return Reply(encode(members), self.status, self.content_type or JSON, self.headers)


class Faults:
    """The faults in force, in the order they were asked for."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults.clear()

    def take(self, endpoint: str, client_id: str) -> Fault | None:
        """Return the fault that hits a request and use it up once."""
        fault = next((each for each in self._faults if each.hits(endpoint, client_id)), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if not fault.times:
                self._faults.remove(fault)
        return fault
