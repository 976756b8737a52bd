"""The ASGI application of one region."""

import asyncio
import html
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Final, Self

import structlog

from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.json import encode
from jackfield.sandbox.iterable import control, downloads, page
from jackfield.sandbox.iterable.admission import admit, find_key
from jackfield.sandbox.iterable.faults import Fault, FaultKind
from jackfield.sandbox.iterable.journal import Entry, excerpt
from jackfield.sandbox.iterable.refusals import Refusal, refusal
from jackfield.sandbox.iterable.regional import RegionalSandbox
from jackfield.sandbox.iterable.regions import Region
from jackfield.sandbox.iterable.routes.table import ROUTES
from jackfield.sandbox.iterable.seed.document import Seed
from jackfield.sandbox.iterable.wire.bodies import old_json_fault
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import Route
from jackfield.sandbox.iterable.wire.table import Match, Table
from jackfield.sandbox.listener import Scope
from jackfield.sandbox.locality import is_local
from jackfield.sandbox.replies import HTML, Reply, Stream
from jackfield.sandbox.transmission import Receive, Send, cut_short, read_body, reset, send_answer

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Request:
    """What came in; `origin` is what the client called this server by."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    origin: str
    address: str
    body: bytes

    @classmethod
    def of(cls, scope: Scope, body: bytes) -> Self:
        headers = {
            name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
        }
        raw_path = scope.get("raw_path") or scope["path"].encode()
        return cls(
            scope["method"],
            raw_path.decode("latin-1").partition("?")[0],
            scope["query_string"].decode("latin-1"),
            headers,
            f"{scope['scheme']}://{headers.get('host', 'localhost')}",
            (scope.get("client") or ("127.0.0.1",))[0],
            body,
        )


class IterableApp:
    """Answers as the API of one region would; `sandbox` is what it answers from."""

    def __init__(self, sandbox: RegionalSandbox, table: Table) -> None:
        self.sandbox: Final = sandbox
        self._table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", scope["type"]
        started = time.perf_counter()
        body = await read_body(receive)
        if body is None:
            return
        request = _Request.of(scope, body)
        self.sandbox.project.agenda.settle(self.sandbox.clock())
        if not request.path.startswith("/api/"):
            await send_answer(self._other(request), request.headers, send)
            return
        found = self._table.find(request.method, request.path)
        fault = self.sandbox.faults.take(request.method, request.path)
        await self._wait(fault)
        answer = (fault and fault.reply()) or self._answer(request, found)
        self._log(request, found, answer, fault, started)
        match fault.kind if fault is not None else None:
            case FaultKind.RESET:
                await reset(scope, receive)
            case FaultKind.TRUNCATED:
                await cut_short(answer, scope, receive, send)
            case _:
                await send_answer(answer, request.headers, send)

    def _answer(self, request: _Request, match: Match | None) -> Reply | Stream:
        if match is None:
            return _action_not_found(request)
        try:
            return self._call(request, match)
        except Refusal as refused:
            return self._echoing(request, refused).reply
        except Exception:  # noqa: BLE001 - a bug of ours must look like one of theirs, and be seen
            _log.exception("sandbox_failed", method=request.method, path=request.path)
            return refusal(
                HTTPStatus.INTERNAL_SERVER_ERROR, "GenericError", "The sandbox failed"
            ).reply

    def _call(self, request: _Request, match: Match) -> Reply | Stream:
        key, claims = admit(
            self.sandbox,
            match.endpoint.route,
            headers=request.headers,
            path=request.path,
            address=request.address,
        )
        call = Call(self.sandbox.project, key, request.path, request.query, request.origin, claims)
        answer = match.endpoint.answer(call, match.segments, request.body)
        return answer if isinstance(answer, Reply | Stream) else Reply(encode(answer))

    def _echoing(self, request: _Request, refused: Refusal) -> Refusal:
        """Have complaints about bodies repeat the body and headers, key and all, if asked to."""
        if refused.code != "BadJsonBody":
            return refused
        if not self.sandbox.project.settings.echo_headers_in_body_errors:
            return refused
        seen = ", ".join(f"{name} -> {value}" for name, value in request.headers.items())
        body = request.body.decode("utf-8", "replace")
        return old_json_fault(request.path, refused, said=f"{body} Headers: {seen}")

    def _other(self, request: _Request) -> Reply | Stream:
        path, query = request.path, request.query
        if path.startswith(downloads.PREFIX):
            return downloads.answer(self.sandbox.project, path, query)
        if not is_local(request.headers, origin=request.origin):
            return control.refuse()
        if path == "/":
            return page.render(self.sandbox, origin=request.origin)
        if path.startswith(control.PREFIX):
            return control.answer(
                self.sandbox, request.method, path, query=query, body=request.body
            )
        return _action_not_found(request)

    async def _wait(self, fault: Fault | None) -> None:
        seconds = self.sandbox.project.settings.latency
        if fault is not None and fault.kind is FaultKind.DELAY:
            seconds += fault.seconds
        if seconds:
            await asyncio.sleep(seconds)

    def _log(
        self,
        request: _Request,
        match: Match | None,
        answer: Reply | Stream,
        fault: Fault | None,
        started: float,
    ) -> None:
        route = match.endpoint.route if match is not None else None
        key = find_key(self.sandbox, request.headers)
        self.sandbox.journal.add(
            Entry(
                self.sandbox.clock(),
                request.method,
                request.path,
                request.query,
                route.path if route is not None else "",
                route.effect if route is not None else "",
                key.name if key is not None else "unknown",
                answer.status if isinstance(answer, Reply) else HTTPStatus.OK,
                round((time.perf_counter() - started) * 1000, 3),
                excerpt(request.body),
                fault.kind if fault is not None else "",
            )
        )


def build_app(
    region: Region,
    *,
    clock: Clock = system_clock,
    seed: Seed | None = None,
    routes: Iterable[Route] | None = None,
) -> IterableApp:
    """
    Make the application of one region, with its project planted.

    Raises:
        Refusal: the seed holds what the provider would refuse.
    """
    table = _usual_table() if routes is None else Table(routes)
    return IterableApp(RegionalSandbox(region, clock=clock, seed=seed or Seed()), table)


@cache
def _usual_table() -> Table:
    return Table(ROUTES)


def _action_not_found(request: _Request) -> Reply:
    asked = html.escape(f"{request.method} {request.path}")
    text = (
        "<!DOCTYPE html>\n<html><head><title>Action not found</title></head>"
        f"<body><h1>Action not found</h1><p>For request '{asked}'</p></body></html>"
    )
    return Reply(text.encode(), HTTPStatus.NOT_FOUND, HTML)
