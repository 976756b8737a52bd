"""The REST API as an ASGI application."""

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import structlog
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from jackfield.http import heartbeat, request_log
from jackfield.http.body import read_body
from jackfield.http.errors import MethodNotAllowed, error_response
from jackfield.http.resources import (
    accounts,
    actions,
    connect_sessions,
    connectors,
    feedback,
    files,
    health,
    open_sessions,
    pending_links,
    permissions,
    profiles,
    project,
    proxy,
    rpc,
    search,
    unsupported,
    webhooks,
)
from jackfield.http.resources import hub as hub_resource
from jackfield.http.resources.logs import routes as logs
from jackfield.http.resources.request_logs import routes as request_logs
from jackfield.http.routing import Endpoint, Route
from jackfield.kit import request_context
from jackfield.kit.errors import HubError, NotFound
from jackfield.kit.ids import RequestId
from jackfield.runtime import Hub

ROUTES: Final[tuple[Route, ...]] = (
    *rpc.api.routes,
    *proxy.api.routes,
    *unsupported.api.routes,
    *actions.api.routes,
    *search.api.routes,
    *feedback.api.routes,
    *files.api.routes,
    *request_logs.api.routes,
    *logs.api.routes,
    *connect_sessions.api.routes,
    *accounts.api.routes,
    *permissions.api.routes,
    *connectors.api.routes,
    *profiles.api.routes,
    *open_sessions.api.routes,
    *pending_links.api.routes,
    *hub_resource.api.routes,
    *project.api.routes,
    *webhooks.api.routes,
    *health.api.routes,
)

Serve: TypeAlias = Callable[[Scope, bytes], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Mount:
    """Another protocol under a path of this one's: it gets the request and its whole body.

    Without `methods` it takes all of them, and answers for those it does not know.
    """

    serve: Serve
    methods: frozenset[str] | None = None

    def takes(self, method: str) -> bool:
        return self.methods is None or method in self.methods


_log = structlog.get_logger()

# The Hub may be embedded in any product's page and shows its token in a header of its own, so
# answering other origins gives nothing away. No other path is meant for browsers.
_CROSS_ORIGIN_PREFIX: Final = "/hub/"
_CROSS_ORIGIN: Final = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, POST, PATCH, DELETE, OPTIONS",
    "access-control-allow-headers": "content-type, x-hub-session-token, x-hub-version",
    "access-control-expose-headers": "x-request-id",
    "access-control-max-age": "600",
}


@dataclass(frozen=True, slots=True)
class _Pattern:
    regex: re.Pattern[str]
    endpoints: dict[str, Endpoint]


class Api:
    """Every route of `ROUTES`, served for one hub.

    A path without parameters is looked up; only the others are tried one by one. A table of a
    hundred routes would otherwise cost the hot ones three times what they do.
    """

    def __init__(
        self,
        hub: Hub,
        routes: Iterable[Route] = ROUTES,
        *,
        mounts: Mapping[str, Mount] | None = None,
    ) -> None:
        self._hub = hub
        self._mounts = mounts or {}
        self._fixed: dict[str, dict[str, Endpoint]] = {}
        patterns: dict[str, _Pattern] = {}
        for route in routes:
            endpoint = route.endpoint(hub)
            if "{" not in route.path:
                self._fixed.setdefault(route.path, {})[route.method] = endpoint
                continue
            pattern = patterns.setdefault(route.path, _Pattern(compile_path(route.path)[0], {}))
            pattern.endpoints[route.method] = endpoint
        self._patterns = tuple(patterns.values())

    def serves(self, path: str, method: str) -> bool:
        """Tell whether `path` is one of this API's; a mount may share it with a page."""
        mount = self._mounts.get(path)
        return mount.takes(method) if mount is not None else self._find(path) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        now = self._hub.clock()
        request_id = RequestId.new(now)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        asked = request_context.bind(request_id, scope["headers"])
        started = time.perf_counter()

        def refuse(error: Exception) -> Response:
            return error_response(error, at=self._hub.clock(), request_id=request_id)

        work = self._answer_always(scope, receive, refuse)
        if heartbeat.is_wanted(scope["headers"]):
            response = await heartbeat.keep_alive(work, refuse=refuse)
        else:
            response = await work
        seconds = time.perf_counter() - started
        _log.info(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=response.status_code,
            ms=round(seconds * 1000, 2),
        )
        request_log.record(
            self._hub,
            asked,
            scope,
            status=response.status_code,
            at=now,
            duration_ms=round(seconds * 1000),
        )
        headers = MutableHeaders(raw=response.raw_headers)
        headers["x-request-id"] = request_id
        headers.setdefault("cache-control", "no-store")
        headers["x-content-type-options"] = "nosniff"
        if scope["path"].startswith(_CROSS_ORIGIN_PREFIX):
            headers.update(_CROSS_ORIGIN)
        await response(scope, receive, send)

    async def _answer_always(
        self, scope: Scope, receive: Receive, refuse: Callable[[Exception], Response]
    ) -> Response:
        try:
            return await self._answer(scope, receive)
        except Exception as error:  # noqa: BLE001 - the one place where all of them end
            asked = request_context.current()
            if asked is not None and isinstance(error, HubError):
                asked.error_code = error.code
            return refuse(error)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        mount = self._mounts.get(scope["path"])
        if mount is not None:
            if not mount.takes(scope["method"]):
                raise _takes(mount.methods or ())
            return await mount.serve(scope, await read_body(scope, receive))
        found = self._find(scope["path"])
        if found is None:
            msg = f"there is nothing at {scope['path']}"
            raise NotFound(msg)
        endpoints, parameters = found
        method = scope["method"]
        if method == "OPTIONS" and scope["path"].startswith(_CROSS_ORIGIN_PREFIX):
            return Response(status_code=204)
        endpoint = endpoints.get(method)
        if endpoint is None:
            raise _takes(endpoints)
        scope["path_params"] = parameters
        return await endpoint(scope, receive)

    def _find(self, path: str) -> tuple[dict[str, Endpoint], dict[str, str]] | None:
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, {}
        for pattern in self._patterns:
            if match := pattern.regex.match(path):
                return pattern.endpoints, match.groupdict()
        return None


def _takes(methods: Iterable[str]) -> MethodNotAllowed:
    return MethodNotAllowed(f"this path takes {', '.join(sorted(methods))}")
