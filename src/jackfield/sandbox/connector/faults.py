"""The things that go wrong because they were asked for."""

from collections.abc import Iterator
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated

from msgspec import Meta, Struct, field

from jackfield.kit.json import Json


class FaultKind(StrEnum):
    ERROR = "error"
    STATUS = "status"
    DELAY = "delay"
    TRUNCATED = "truncated"
    RESET = "reset"


class Fault(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What goes wrong, for which requests and how often; null is until it is removed.

    An `error` is a refusal of the provider's by the cause that its connector knows it by. After a
    `delay` the request is handled as ever, and a `truncated` answer is half of the one it has; the
    other kinds take the answer's place, and the request has no effect.
    """

    kind: FaultKind = FaultKind.STATUS
    action: str = "*"
    method: str = "*"
    path: str = "*"
    times: Annotated[int, Meta(ge=1)] | None = 1
    error: str = ""
    status: Annotated[int, Meta(ge=200, le=599)] = 500
    body: Json = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    seconds: Annotated[float, Meta(ge=0, le=600)] = 1.0

    def hits(self, action: str, method: str, path: str) -> bool:
        return (
            self.action in {"*", action}
            and self.method in {"*", method}
            and fnmatchcase(path, self.path)
        )


class Faults:
    """The faults in force, the newest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def add(self, fault: Fault) -> None:
        self._faults.insert(0, fault)

    def clear(self) -> None:
        self._faults.clear()

    def take(self, action: str, method: str, path: str) -> Fault | None:
        """Return the fault that hits a request and use it up once."""
        fault = next((each for each in self._faults if each.hits(action, method, path)), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if not fault.times:
                self._faults.remove(fault)
        return fault
