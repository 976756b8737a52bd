"""The network address that the request of the current task comes from."""

from collections.abc import Callable
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("source_address", default=None)


# Binds an address to the current task, and to those it starts. Without a call of ours: each request
# does so.
bind: Callable[[str | None], object] = _current.set
# The address of the current task; none outside a request.
current: Callable[[], str | None] = _current.get
