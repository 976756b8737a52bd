"""Things that go wrong because somebody asked for them."""

from collections.abc import Iterator
from enum import StrEnum
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Annotated, Final

from msgspec import Meta, Struct, field

from jackfield.kit.json import encode
from jackfield.sandbox.replies import HTML, JSON, Reply

_MEGABYTE: Final = 1_000_000


class FaultKind(StrEnum):
    STATUS = "status"
    DELAY = "delay"
    TRUNCATED = "truncated"
    RESET = "reset"
    HUGE = "huge"
    NOT_JSON = "not_json"


class Fault(Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """What goes wrong, for which requests and how often; `times` left out means until removed.

    After a `delay` the request is handled as ever, and a `truncated` answer is half of the one it
    has; the other kinds take the answer's place, and the request has no effect.
    """

    kind: FaultKind
    method: str = "*"
    path: str = "/api/*"
    times: Annotated[int, Meta(ge=1)] | None = None
    status: Annotated[int, Meta(ge=200, le=599)] = 500
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    seconds: Annotated[float, Meta(ge=0, le=600)] = 1.0
    megabytes: Annotated[int, Meta(ge=1, le=1000)] = 50

    def hits(self, method: str, path: str) -> bool:
        return self.method in {"*", method} and fnmatchcase(path, self.path)

    def reply(self) -> Reply | None:
        """Return what takes the answer's place, if something does; status 0 is no answer."""
        match self.kind:
            case FaultKind.STATUS:
                return Reply(self._status_body(), self.status, JSON, self.headers)
            case FaultKind.HUGE:
                filler = b" " * (self.megabytes * _MEGABYTE)
                return Reply(b'{"msg":"' + filler + b'","code":"Success","params":null}')
            case FaultKind.NOT_JSON:
                page = self.body or "<html><body><h1>Bad gateway</h1></body></html>"
                return Reply(page.encode(), HTTPStatus.OK, HTML, self.headers)
            case FaultKind.RESET:
                return Reply(b"", 0)
            case FaultKind.DELAY | FaultKind.TRUNCATED:
                return None

    def _status_body(self) -> bytes:
        if self.body is not None:
            return self.body.encode()
        code = _CODES.get(self.status, "GenericError")
        return encode({"msg": "A fault that was asked for", "code": code, "params": None})


class Faults:
    """The faults in force, the newest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def __len__(self) -> int:
        return len(self._faults)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def add(self, fault: Fault) -> None:
        self._faults.insert(0, fault)

    def clear(self) -> None:
        self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that hits a request and use it up once."""
        fault = next((each for each in self._faults if each.hits(method, path)), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if not fault.times:
                self._faults.remove(fault)
        return fault


_CODES: Final = {
    400: "BadParams",
    401: "BadApiKey",
    403: "Forbidden",
    404: "NotFound",
    429: "RateLimitExceeded",
}
