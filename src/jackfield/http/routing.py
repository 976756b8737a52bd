"""
Routes as plain functions: a handler's signature declares its parameters.

A handler's first argument is the context that its guard returns. A parameter called `body` is decoded
from the request, one called `query` from the query string; every other one is a part of the path.
The same facts make the OpenAPI document, so the two cannot part ways.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope

from jackfield.http import context, idempotency
from jackfield.http.body import parse_body, read_body
from jackfield.http.context import ApiContext
from jackfield.http.json_response import JsonResponse
from jackfield.http.query import parse_query
from jackfield.kit.errors import HubError
from jackfield.kit.headers import RequestHeaders
from jackfield.kit.large_json_output import encode_aside
from jackfield.projects.models import Scope as ApiScope
from jackfield.projects.narrowed_keys.models import NarrowedKeyRefused
from jackfield.runtime import Hub

Handler: TypeAlias = Callable[..., Awaitable[object]]
F = TypeVar("F", bound=Handler)
Endpoint: TypeAlias = Callable[[Scope, Receive], Awaitable[Response]]

_READS: Final = frozenset({ApiScope.ACCOUNTS_READ, ApiScope.CONNECTORS_READ, ApiScope.LOGS_READ})


class Guard(Protocol):
    """A check of who sends a request; it refuses those who may not."""

    async def __call__(
        self, hub: Hub, headers: RequestHeaders, scope: ApiScope | None, /
    ) -> object: ...


@dataclass(frozen=True)
class Route:
    """One operation of the API.

    `scope` is what the API key must carry; `raises` are the errors worth documenting beyond
    those every route shares, `headers` those its handler reads. `tag` is the resource it belongs
    to in the API's description; `is_logged` puts its requests into the log of API requests. Where
    `narrowed`, it looks at what a narrowed key may do; such a key opens nothing else.
    """

    method: str
    path: str
    handler: Handler
    guard: Guard
    tag: str
    scope: ApiScope | None = None
    status: int = 200
    raises: tuple[type[HubError], ...] = ()
    headers: tuple[str, ...] = ()
    is_logged: bool = True
    narrowed: bool = False

    @cached_property
    def parameters(self) -> dict[str, Any]:
        _, *parameters = inspect.signature(self.handler, eval_str=True).parameters.values()
        return {each.name: each.annotation for each in parameters}

    @cached_property
    def returns(self) -> Any:
        return inspect.signature(self.handler, eval_str=True).return_annotation

    @property
    def is_write(self) -> bool:
        """Whether it is a write with an API key, which takes an `Idempotency-Key`."""
        is_read = self.method == "GET" or self.scope in _READS
        return self.guard is context.api_key and not is_read

    def endpoint(self, hub: Hub) -> Endpoint:
        parameters, status, is_write = self.parameters, self.status, self.is_write
        narrowed = self.narrowed
        body, query = parameters.get("body"), parameters.get("query")
        parts = [name for name in parameters if name not in ("body", "query")]

        async def handle(ctx: object, scope: Scope, content: bytes) -> Response:
            arguments: dict[str, object] = {}
            for name in parts:
                arguments[name] = scope["path_params"][name]
            if query is not None:
                arguments["query"] = parse_query(scope["query_string"].decode("latin-1"), query)
            if body is not None:
                arguments["body"] = await parse_body(content, body)
            result = await self.handler(ctx, **arguments)
            if isinstance(result, Response):
                return result
            return JsonResponse(await encode_aside(result), status)

        async def serve(scope: Scope, receive: Receive) -> Response:
            ctx = await self.guard(hub, RequestHeaders(scope["headers"]), self.scope)
            if not narrowed and isinstance(ctx, ApiContext) and ctx.caller.narrowing is not None:
                raise NarrowedKeyRefused
            if is_write and isinstance(ctx, ApiContext) and idempotency.HEADER in ctx.headers:
                content = await read_body(scope, receive)
                work = partial(handle, ctx, scope, content)
                return await idempotency.run_idempotent(ctx, scope, content, work)
            return await handle(
                ctx, scope, b"" if body is None else await read_body(scope, receive)
            )

        return serve


@dataclass(frozen=True, slots=True)
class Routes:
    """The routes of one resource, in the order of the source."""

    guard: Guard
    tag: str = field(kw_only=True)
    is_logged: bool = field(default=True, kw_only=True)
    routes: list[Route] = field(default_factory=list[Route], init=False)

    def add(
        self,
        method: str,
        *paths: str,
        scope: ApiScope | None = None,
        status: int = 200,
        raises: tuple[type[HubError], ...] = (),
        headers: tuple[str, ...] = (),
        narrowed: bool = False,
    ) -> Callable[[F], F]:
        """Make the decorated function the handler of `method` at each of `paths`."""

        def register(handler: F) -> F:
            for path in reversed(paths):
                route = Route(
                    method,
                    path,
                    handler,
                    self.guard,
                    self.tag,
                    scope=scope,
                    status=status,
                    raises=raises,
                    headers=headers,
                    is_logged=self.is_logged,
                    narrowed=narrowed,
                )
                self.routes.append(route)
            return handler

        return register
