"""Requests to the application in process, as the server hands them over, with their calls counted."""

import asyncio
import json
import logging
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count, repeat
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final, cast

from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from jackfield.app import open_hub
from jackfield.asgi import build_app
from jackfield.db.tx import Database
from jackfield.egress.client import Egress, OutboundRequest, OutboundResponse
from jackfield.engine.limits import Limiter
from jackfield.http.whole_messages import offer
from jackfield.kit.clock import system_clock
from jackfield.projects import service as projects
from jackfield.settings import Settings
from tests.support.actor import TESTER

ANSWER: Final = {
    "channels": [
        {"id": n, "name": f"Channel {n}", "channelType": "Marketing", "messageMedium": "Email"}
        for n in range(5)
    ]
}
_CONTENT: Final = json.dumps(ANSWER).encode()
_KEY: Final = "0123456789abcdef0123456789abcdef"


@dataclass
class Counts:
    """Calls of functions: those in Python, and those in C; by code and by name."""

    python: Counter[CodeType] = field(default_factory=Counter[CodeType])
    c: Counter[str] = field(default_factory=Counter[str])

    @property
    def total(self) -> int:
        return self.python.total() + self.c.total()

    def see(self, frame: FrameType, event: str, called: Any) -> None:
        if event == "call":
            self.python[frame.f_code] += 1
        elif event == "c_call":
            self.c[f"{called.__qualname__} in {frame.f_code.co_qualname}"] += 1


class _Provider:
    async def fetch(self, request: OutboundRequest) -> OutboundResponse:
        headers = {"content-type": "application/json"}
        return OutboundResponse(200, headers, _CONTENT, request.url)


class _Transport:
    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def resume_reading(self) -> None: ...
    def is_closing(self) -> bool:
        return False


@dataclass(frozen=True)
class CountedHub:
    """A hub whose provider answers at once, with an API key and a linked account."""

    app: ASGIApp
    key: str
    db: Database
    account: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {
            "host": "localhost",
            "user-agent": "counter",
            "authorization": f"Bearer {self.key}",
            "content-type": "application/json",
            "x-account-id": self.account,
        }

    async def post(self, path: str, body: object, counts: Counts | None = None) -> Any:
        return await self.send("POST", path, body, self.headers, counts)

    async def link(self, owner: str) -> str:
        """Link an account of a customer, and return its id."""
        session = await self.post(
            "/connect_sessions",
            {"origin_owner_id": owner, "origin_owner_name": owner, "provider": "iterable"},
        )
        token = {"x-hub-session-token": session["token"]}
        offered = await self.send("GET", "/hub/connectors", None, token)
        body = {
            "integration_id": offered["integrations"][0]["integration_id"],
            "credentials": {"api_key": _KEY, "region": "us"},
        }
        return (await self.send("POST", "/hub/accounts", body, token))["id"]

    async def send(
        self,
        method: str,
        path: str,
        body: object,
        headers: Mapping[str, str],
        counts: Counts | None = None,
    ) -> Any:
        transport = _Transport()
        cycle = _cycle(method, path, headers, transport)
        cycle.body += b"" if body is None else json.dumps(body).encode()
        cycle.more_body = False
        cycle.message_event.set()
        scope = cast("Scope", cycle.scope)
        receive, reply = cast("Any", cycle.receive), cast("Any", cycle.send)
        if counts is not None:
            sys.setprofile(counts.see)
        try:
            await self.app(scope, receive, reply)
        finally:
            sys.setprofile(None)
        head, _, content = transport.written.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 2"), transport.written
        return json.loads(content)


@asynccontextmanager
async def counted_hub(folder: Path, database: str | None = None) -> AsyncGenerator[CountedHub]:
    """Open a hub with its data in `folder`, or in a PostgreSQL database."""
    settings = Settings(data_dir=folder, database_url=database)
    # An id made in a new millisecond takes more calls: how many are depends on the machine.
    clock = repeat(system_clock()).__next__
    async with open_hub(settings, public_url="http://localhost", clock=clock) as opened:
        # For the limiter a second goes by each time it looks: no request waits.
        limiter = Limiter(now=count(0.0, 1.0).__next__)
        hub = replace(opened, egress=cast("Egress", _Provider()), limiter=limiter)
        project = await projects.ensure_project(hub, TESTER)
        async with hub.db.write(project.id, TESTER) as tx:
            key = (await projects.issue_key(tx, name="counter")).token.reveal()
        counted = CountedHub(build_app(hub), key, hub.db)
        yield replace(counted, account=await counted.link("a"))


def _cycle(
    method: str, path: str, headers: Mapping[str, str], transport: _Transport
) -> RequestResponseCycle:
    target, _, query = path.partition("?")
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "scheme": "http",
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 80),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "state": {},
    }
    nothing: Callable[[], None] = lambda: None  # noqa: E731 - in one line
    cycle = RequestResponseCycle(
        scope=scope,
        transport=cast("asyncio.Transport", transport),
        flow=FlowControl(cast("asyncio.Transport", transport)),
        logger=logging.getLogger("uvicorn.error"),
        access_logger=logging.getLogger("uvicorn.access"),
        access_log=False,
        default_headers=[(b"date", b"Sun, 29 Nov 2026 15:00:00 GMT"), (b"server", b"uvicorn")],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=True,
        on_response=nothing,
    )
    offer(scope, cycle)
    return cycle
