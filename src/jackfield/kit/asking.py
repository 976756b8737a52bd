"""Which request is being worked on: for logs, which nobody should have to carry along."""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass

_LONGEST = 255


@dataclass(slots=True)
class Asking:
    """One request to the hub. `key_id` is known once its API key is."""

    request_id: str
    headers: Iterable[tuple[bytes, bytes]]
    key_id: str | None = None

    @property
    def user_agent(self) -> str | None:
        for name, value in self.headers:
            if name == b"user-agent":
                return value.decode("latin-1")[:_LONGEST]
        return None


_current: ContextVar[Asking | None] = ContextVar("asking", default=None)


def begin(request_id: str, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Have what this task does from now on belong to a request."""
    _current.set(Asking(request_id, headers))


def current() -> Asking | None:
    return _current.get()
