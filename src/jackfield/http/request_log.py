"""API request log, for `GET /requests/platform-logs`."""

from datetime import datetime
from typing import Final

from starlette.types import Scope

from jackfield.kit.request_context import RequestContext
from jackfield.logs.api_requests.models import ApiRequest
from jackfield.logs.api_requests.repo import append_request
from jackfield.runtime import Hub

_OURS: Final = "jackfield"
_LONGEST_PATH: Final = 500
_REFUSED: Final = 400


def record(
    hub: Hub, context: RequestContext, scope: Scope, *, status: int, at: datetime, duration_ms: int
) -> None:
    """Write one request to the log, through the write buffer, if its API key is known."""
    if context.project_id is None:
        return
    path: str = scope["path"]
    category = _category(path)
    parameters: dict[str, str] = scope.get("path_params") or {}
    account_id = parameters.get("account_id") if category == "accounts" else None
    append_request(
        hub.write_buffer,
        context.project_id,
        ApiRequest(
            id=context.request_id,
            key_id=context.key_id,
            user_agent=context.user_agent,
            category=category,
            account_id=account_id and account_id[:255],
            http_method=scope["method"],
            path=path[:_LONGEST_PATH],
            success=status < _REFUSED,
            status_code=status,
            error_code=context.error_code,
            started_at=at,
            duration_ms=duration_ms,
        ),
    )


def _category(path: str) -> str:
    """Return the resource of a path, such as `accounts` or `connect_sessions`."""
    first, _, rest = path.lstrip("/").partition("/")
    return (rest if first == _OURS else first).partition("/")[0][:255]
