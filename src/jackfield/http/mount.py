"""Another protocol at a path of the API."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from starlette.responses import Response
from starlette.types import Receive, Scope

from jackfield.http.body import read_body
from jackfield.kit.json import Json

ReadBody: TypeAlias = Callable[[], Awaitable[bytes]]
Serve: TypeAlias = Callable[[Scope, ReadBody], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Mount:
    """A path whose requests go to `serve`, which reads the body once it knows who sends it.

    Without `methods` it takes all of them, also those it does not support; with them the path may
    be a page's for the others. `openapi` are the path's operations by method: each needs
    an API key unless it has a `security` of its own. `is_logged` puts its requests into the log of
    API requests. Where `narrowed`, it looks at what a narrowed key may do.
    """

    path: str
    serve: Serve
    methods: frozenset[str] | None = None
    openapi: Mapping[str, Mapping[str, Json]] = field(default_factory=dict[str, Mapping[str, Json]])
    is_logged: bool = True
    narrowed: bool = False

    async def endpoint(self, scope: Scope, receive: Receive) -> Response:
        return await self.serve(scope, partial(read_body, scope, receive))
