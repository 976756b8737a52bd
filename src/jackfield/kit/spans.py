"""The span of the run that the current task is at, which its requests to providers belong to."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Final, Protocol, TypeAlias

from jackfield.kit import request_context

Attributes: TypeAlias = Mapping[str, str | int]

_CONTEXT: Final = ("traceparent", "tracestate")


class RequestSpan(Protocol):
    """A request to a provider; `headers` tell the provider of it."""

    headers: Mapping[str, str]
    status: int | None


class RunSpan(Protocol):
    def request(self, method: str, host: str) -> AbstractContextManager[RequestSpan]:
        """Span a request, which ends with the block."""
        ...

    def end(self, name: str, attributes: Attributes, *, error: str | None) -> None: ...


class Tracer(Protocol):
    """The port that spans are exported to."""

    def begin(self, headers: Mapping[str, str]) -> RunSpan:
        """Begin a run; its parent is the span that the headers of the client's request name."""
        ...


RUN: Final[ContextVar[RunSpan | None]] = ContextVar("run_span", default=None)


def begin(tracer: Tracer) -> None:
    """Begin the span of the run that this task begins."""
    asked = request_context.current()
    told: dict[str, str] = {}
    if asked is not None:
        told = {name: asked.headers[name] for name in _CONTEXT if name in asked.headers}
    RUN.set(tracer.begin(told))


def take() -> RunSpan | None:
    """Return the span of the task's run, which has ended."""
    span = RUN.get()
    RUN.set(None)
    return span
