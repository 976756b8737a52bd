"""The live tail of the Logs page: rows as server-sent events."""

from collections.abc import AsyncGenerator, Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from jackfield.kit.json import encode
from jackfield.logs.search.tail import LiveTail
from jackfield.projects.models import Project
from jackfield.ui.dashboard.run_lines import RunLine, run_lines
from jackfield.ui.rendering import base_path, environment, hub_of, links


class LiveEvents(StreamingResponse):
    """The events of a tail, which is closed however the response ends."""

    def __init__(self, request: Request, project: Project, tail: LiveTail, *, query: str) -> None:
        super().__init__(
            _events(request, project, tail, query),
            # Proxies are not to keep what is to come at once.
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
            media_type="text/event-stream",
        )
        self._tail = tail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._tail.close()


async def _events(
    request: Request, project: Project, tail: LiveTail, query: str
) -> AsyncGenerator[bytes]:
    hub = hub_of(request)
    rendered = partial(_row, links(base_path(hub)))
    async for logged in tail.logged():
        lines = await run_lines(hub, project.id, logged.runs, query=query) if logged.runs else []
        events = [f"event: run\ndata: {encode(rendered(line)).decode()}\n\n" for line in lines]
        if logged.has_more:
            events.append("event: more\ndata: {}\n\n")
        # A comment shows that the connection lives, and finds out whether it does.
        yield "".join(events or [":\n\n"]).encode()
    yield b"event: end\ndata: {}\n\n"


def _row(functions: Mapping[str, Any], line: RunLine) -> str:
    module: Any = environment.get_template("dashboard/_run.html").module
    return str(module.row(line, *(functions[name] for name in ("base", "asset", "icon"))))
