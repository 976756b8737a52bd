"""Per-request context (request id, project, API key) of the current task, for logs."""

from collections.abc import Callable
from contextvars import ContextVar

from msgspec import Struct, field

from jackfield.kit.headers import RequestHeaders
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json
from jackfield.kit.recent_writes import IsGone, RecentWrite

_LONGEST = 255


class RequestContext(Struct):
    """One request to the hub; project and key are known once its API key is."""

    request_id: str
    headers: RequestHeaders
    project_id: ProjectId | None = None
    key_id: str | None = None
    error_code: str | None = None
    # Whether the client named an Idempotency-Key, which decides on repeated writes.
    has_idempotency_key: bool = False
    is_client_gone: IsGone | None = None
    writes: list[RecentWrite] = field(default_factory=list[RecentWrite])
    account_id: str | None = None
    action_id: str | None = None
    # The origin of the page that may read the response.
    page_origin: str | None = None
    # Large values that were worked with, and are freed in pieces.
    large: list[Json] | None = None

    @property
    def may_have_written(self) -> bool:
        """Whether a client that hears nothing of its request does not know what came of it."""
        return bool(self.writes) or self.has_idempotency_key

    @property
    def user_agent(self) -> str | None:
        value = self.headers.get("user-agent")
        return value if value is None else value[:_LONGEST]


_current: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def bind(request_id: str, headers: RequestHeaders) -> RequestContext:
    """Create a request context, bind it to the current task and return it."""
    context = RequestContext(request_id, headers)
    _current.set(context)
    return context


def hold(value: Json) -> None:
    """Keep a large value until the request that it is for lets go of it (see `release`)."""
    context = _current.get()
    if context is None:
        return
    if context.large is None:
        context.large = []
    context.large.append(value)


def forget() -> None:
    """Remove the request context from the current task."""
    _current.set(None)


# The context of the current task.
current: Callable[[], RequestContext | None] = _current.get
