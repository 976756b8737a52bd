"""The REST API as an ASGI application."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import structlog
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Message, Receive, Scope, Send

from jackfield.actions.models import OutcomeUnknown
from jackfield.actions.repeated_writes import forget_delivered
from jackfield.http import cross_origin, heartbeat, request_log
from jackfield.http.denials import DENIALS, note_denial
from jackfield.http.errors import MethodNotAllowed, error_response
from jackfield.http.json_response import JsonResponse
from jackfield.http.mount import Mount
from jackfield.http.routing import Endpoint, Route
from jackfield.http.whole_messages import offered
from jackfield.kit import log, request_context
from jackfield.kit.counters import status_class
from jackfield.kit.errors import HubError, NotFound
from jackfield.kit.headers import RequestHeaders
from jackfield.kit.ids import RequestId
from jackfield.kit.release import release
from jackfield.kit.request_context import RequestContext
from jackfield.runtime import Hub

_log = structlog.get_logger()

# A server copies what it is given to send: as much at once.
_PIECE: Final = 256 * 1024

_CACHING: Final = b"cache-control"
_NO_SNIFFING: Final = (b"x-content-type-options", b"nosniff")

# The endpoint for every method without one of its own.
_ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class _Endpoint:
    serve: Endpoint
    is_logged: bool
    narrowed: bool


_Endpoints: TypeAlias = dict[str, _Endpoint]


@dataclass(frozen=True, slots=True)
class Match:
    """The endpoints at the path of a request, by method, and the parameters in that path.

    With `may_be_a_page`, methods without an endpoint go to the pages first. Where something is
    `narrowed`, pages of other origins may send requests with narrowed keys.
    """

    endpoints: Mapping[str, _Endpoint]
    parameters: dict[str, str]
    may_be_a_page: bool = False
    narrowed: bool = False

    def endpoint(self, method: str) -> _Endpoint | None:
        return self.endpoints.get(method) or self.endpoints.get(_ANY)

    def claims(self, method: str) -> bool:
        """Return whether the API answers this method, if only with a 405."""
        if not self.may_be_a_page or self.endpoint(method) is not None:
            return True
        return self.narrowed and method == "OPTIONS"


_NOTHING: Final = Match({}, {}, may_be_a_page=True)


class Api:
    """Routes and mounts, served for one hub.

    A path without parameters is looked up; only the others are tried one by one. Trying all hundred
    routes in order makes the busiest ones three times as slow.
    """

    def __init__(self, hub: Hub, routes: Iterable[Route], *, mounts: Iterable[Mount] = ()) -> None:
        self._hub = hub
        patterns: dict[str, _Endpoints] = {}
        fixed: dict[str, _Endpoints] = {}
        for route in routes:
            at = (patterns if "{" in route.path else fixed).setdefault(route.path, {})
            at[route.method] = _Endpoint(route.endpoint(hub), route.is_logged, route.narrowed)
        self._patterns = tuple(
            (compile_path(path)[0], at, _is_narrowed(at)) for path, at in patterns.items()
        )
        self._fixed = {path: Match(at, {}, narrowed=_is_narrowed(at)) for path, at in fixed.items()}
        for mount in mounts:
            endpoint = _Endpoint(mount.endpoint, mount.is_logged, mount.narrowed)
            self._fixed[mount.path] = Match(
                dict.fromkeys(mount.methods or (_ANY,), endpoint),
                {},
                may_be_a_page=True,
                narrowed=mount.narrowed,
            )

    def match(self, path: str) -> Match:
        """Find the endpoints of a path; the match is empty where there are none."""
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed
        for regex, endpoints, narrowed in self._patterns:
            if matched := regex.match(path):
                return Match(endpoints, matched.groupdict(), narrowed=narrowed)
        return _NOTHING

    async def serve(self, match: Match, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request whose path has been matched."""
        now = self._hub.clock()
        request_id = RequestId.new(now)
        headers = RequestHeaders(scope["headers"])
        bound = request_context.bind(request_id, headers)
        bound.is_client_gone = partial(_is_gone, receive)
        started = time.perf_counter()

        def refuse(error: Exception) -> Response:
            return error_response(error, at=self._hub.clock(), request_id=request_id)

        endpoint = match.endpoint(scope["method"])
        work = self._respond_always(match, endpoint, scope, receive, refuse)
        if heartbeat.is_wanted(headers):
            work = heartbeat.keep_alive(work, refuse=refuse)
        try:
            response = await work
        except asyncio.CancelledError:
            # The hub stops: a client that waits for a write is told so, and not hung up on.
            if not bound.may_have_written:
                raise
            response = refuse(OutcomeUnknown())
        seconds = time.perf_counter() - started
        if endpoint is not None and endpoint.is_logged:
            request_log.record(
                self._hub,
                bound,
                scope,
                status=response.status_code,
                at=now,
                duration_ms=round(seconds * 1000),
            )
        if self._hub.counters is not None:
            self._hub.counters.requests.add(status_class(response.status_code))
        _complete(response, bound, match, scope)
        if bound.large is not None:
            # No code of the request refers to it any more.
            await release(bound.large)
        broken = await self._send_whole(response, bound, scope, receive, send)
        log.request_ended(
            method=scope["method"],
            path=scope["path"],
            status=response.status_code,
            ms=round((time.perf_counter() - started) * 1000, 2),
            about=_who(bound, broken),
        )

    async def _send_whole(
        self,
        response: Response,
        request: RequestContext,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> str | None:
        """
        Send a response; if its body ends early, log why, and return that in a word.

        The server then ends the connection: the client must not take what it has for the whole.
        """
        try:
            if type(response) is JsonResponse and len(response.body) <= _PIECE:
                is_gone = bool(request.writes) and await _is_gone_from(request)
                whole = offered(scope)
                if whole is not None and whole.write(response):
                    if request.writes and not is_gone:
                        forget_delivered(self._hub, request)
                    return None
            await response(scope, receive, partial(self._deliver, request, send))
        except HubError as error:
            _log.warning(
                "response_broken_off", code=error.code, detail=error.detail, **error.context
            )
            return error.code
        except Exception:  # noqa: BLE001 - the status has gone out, and nothing else logs it
            _log.exception("response_crashed")
            return HubError.code
        return None

    async def _deliver(self, request: RequestContext, send: Send, message: Message) -> None:
        is_end = message["type"] == "http.response.body" and not message.get("more_body")
        if is_end and request.writes and not await _is_gone_from(request):
            forget_delivered(self._hub, request)
        body = message.get("body", b"")
        start = 0
        while len(body) - start > _PIECE:
            piece = body[start : start + _PIECE]
            await send({"type": message["type"], "body": piece, "more_body": True})
            # Others have a turn, also where the client takes everything at once.
            await asyncio.sleep(0)
            start += _PIECE
        await send({**message, "body": body[start:]} if start else message)

    async def _respond_always(
        self,
        match: Match,
        endpoint: _Endpoint | None,
        scope: Scope,
        receive: Receive,
        refuse: Callable[[Exception], Response],
    ) -> Response:
        try:
            if endpoint is None or (scope["method"] == "OPTIONS" and match.narrowed):
                return _refuse_or_allow(match, scope)
            scope["path_params"] = match.parameters
            return await endpoint.serve(scope, receive)
        except Exception as error:  # noqa: BLE001 - the one place where all of them end
            current = request_context.current()
            if current is not None and isinstance(error, HubError):
                current.error_code = error.code
                if error.code in DENIALS:
                    note_denial(self._hub, current, error.code, path=scope["path"])
            return refuse(error)


def _is_narrowed(endpoints: _Endpoints) -> bool:
    return any(each.narrowed for each in endpoints.values())


def _complete(response: Response, request: RequestContext, match: Match, scope: Scope) -> None:
    """Add the headers that every response of the API has."""
    raw = response.raw_headers
    raw.append((b"x-request-id", request.request_id.encode()))
    raw.append(_NO_SNIFFING)
    if type(response) is JsonResponse or all(name != _CACHING for name, _ in raw):
        raw.append((_CACHING, b"no-store"))
    # Most software is no page.
    if match.narrowed and request.project_id is not None and request.page_origin is None:
        return
    cross_origin.complete(response, request, path=scope["path"], narrowed=match.narrowed)


def _who(request: RequestContext, broken: str | None) -> dict[str, str]:
    """Return who asked, and for what, as far as it is known."""
    known: dict[str, str] = {}
    if request.project_id is not None:
        known["project_id"] = request.project_id
    if request.key_id is not None:
        known["key_id"] = request.key_id
    if request.account_id is not None:
        known["account_id"] = request.account_id
    if request.action_id is not None:
        known["action_id"] = request.action_id
    if request.error_code is not None:
        known["error_code"] = request.error_code
    if broken is not None:
        known["broken_off"] = broken
    return known


async def _is_gone(receive: Receive) -> bool:
    """Look whether the client, whose request was read, has closed the connection."""
    waiting = asyncio.ensure_future(receive())
    await asyncio.sleep(0)
    if not waiting.done():
        waiting.cancel()
        return False
    return waiting.result()["type"] == "http.disconnect"


async def _is_gone_from(request: RequestContext) -> bool:
    return request.is_client_gone is not None and await request.is_client_gone()


def _refuse_or_allow(match: Match, scope: Scope) -> Response:
    """Respond where no endpoint does: to a browser that asks whether it may, or with an error."""
    if not match.endpoints:
        msg = f"there is nothing at {scope['path']}"
        raise NotFound(msg)
    is_browser = match.narrowed or scope["path"].startswith(cross_origin.HUB_PREFIX)
    if scope["method"] == "OPTIONS" and is_browser:
        return cross_origin.allow(path=scope["path"])
    msg = f"this path takes {', '.join(sorted(match.endpoints))}"
    raise MethodNotAllowed(msg)
