"""`/openapi.json`, generated from the route table."""

import inspect
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib.metadata import version
from types import UnionType
from typing import Any, Final, TypeAlias, Union, get_args, get_origin

from starlette.responses import Response
from starlette.types import Scope

from jackfield.db.tx import DatabaseAway, DatabaseBusy, InvalidText
from jackfield.http import context, idempotency
from jackfield.http.body import BodyTooLarge, BodyTooSlow, ClientGone, InvalidJson
from jackfield.http.errors import ErrorBody
from jackfield.http.mount import Mount
from jackfield.http.routing import Guard, Route
from jackfield.kit.errors import HubError, InvalidRequest, RateLimited, summary
from jackfield.kit.json import Json, encode, schema
from jackfield.projects.allowed_networks import AddressNotAllowed
from jackfield.projects.models import MissingScope, Unauthenticated

_ALWAYS: Final = (HubError, DatabaseBusy, DatabaseAway)
_WITH_BODY: Final = (InvalidJson, InvalidRequest, BodyTooLarge, BodyTooSlow, ClientGone)
_SECURITY: Final[Mapping[Guard, tuple[dict[str, list[str]], ...]]] = {
    context.api_key: ({"basic": []}, {"bearer": []}),
    context.connect_token: ({"connect_token": []},),
    context.ended_connect_token: ({"connect_token": []},),
    context.portal_token: ({"portal_token": []},),
    context.public: (),
}
_SCHEMES: Final = {
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "The API key as user name, with an empty password.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The API key."},
    "connect_token": {
        "type": "apiKey",
        "in": "header",
        "name": "x-hub-session-token",
        "description": "The token of an open connect session.",
    },
    "portal_token": {
        "type": "apiKey",
        "in": "header",
        "name": "x-hub-session-token",
        "description": "The token of a portal session that was not opened yet.",
    },
}
_HEADERS: Final = {
    "x-account-id": "The linked account to use; it may stand in the body's `headers` instead.",
    "x-connector-profile-id": "Another connector profile of the account's connector.",
    "idempotency-key": "A request that is repeated with the same key is done only once.",
    "prefer": "`heartbeat` sends blank lines while the provider takes its time.",
}
_BYTES: Final = {"type": "string", "format": "binary"}
_PathItem: TypeAlias = Mapping[str, Mapping[str, Json]]


def document(
    routes: Iterable[Route], mounted: Mapping[str, _PathItem] | None = None, *, url: str
) -> dict[str, Json]:
    """Return the OpenAPI document of `routes` and of the paths `mounted`, served at `url`."""
    routes = tuple(routes)
    types = _Types(routes)
    paths: defaultdict[str, dict[str, Json]] = defaultdict(dict)
    for route in routes:
        paths[route.path][route.method.lower()] = _operation(route, types)
    keyed = {"security": list(_SECURITY[context.api_key])}
    for path, operations in (mounted or {}).items():
        paths[path] = {method: {**keyed, **each} for method, each in operations.items()}
    operations = [each for methods in paths.values() for each in methods.values()]
    tags = dict.fromkeys(tag for operation in operations for tag in operation["tags"])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Jackfield",
            "version": version("jackfield"),
            "description": (
                "Link your customers' SaaS accounts and run their providers' actions. Every "
                "response of status 400 and above is an `ErrorBody`: branch on its `code`."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": url}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {"schemas": types.definitions, "securitySchemes": _SCHEMES},
    }


class _Types:
    """The JSON Schemas of all bodies, queries and responses of the routes."""

    def __init__(self, routes: Iterable[Route]) -> None:
        types: list[Any] = [ErrorBody]
        for route in routes:
            types += [
                route.parameters[name] for name in ("body", "query") if name in route.parameters
            ]
            types += _returned(route)
        self._types: Final = types
        schemas, self.definitions = schema(*types)
        self._schemas: Final = schemas

    def of(self, type_: Any) -> Json:
        return self._schemas[next(n for n, each in enumerate(self._types) if each == type_)]

    def properties_of(self, type_: Any) -> tuple[Mapping[str, Json], frozenset[str]]:
        """Return an object's properties, and the names of those that are required."""
        definition = self.of(type_)
        if "$ref" in definition:
            definition = self.definitions[definition["$ref"].rpartition("/")[2]]
        return definition["properties"], frozenset(definition.get("required", ()))


def errors_of(route: Route) -> dict[int, list[type[HubError]]]:
    """Return the errors of a route by status."""
    errors: list[type[HubError]] = [*_ALWAYS, *route.raises]
    if route.guard is context.api_key:
        errors += [
            Unauthenticated,
            AddressNotAllowed,
            RateLimited,
            *([MissingScope] if route.scope else []),
        ]
    if route.is_write:
        errors += idempotency.REFUSALS
    if "body" in route.parameters:
        errors += _WITH_BODY
    elif "query" in route.parameters:
        errors.append(InvalidRequest)
    if route.parameters:
        errors.append(InvalidText)
    by_status: defaultdict[int, list[type[HubError]]] = defaultdict(list)
    for error in dict.fromkeys(errors):
        by_status[error.status].append(error)
    return dict(sorted(by_status.items()))


def _operation(route: Route, types: _Types) -> dict[str, Json]:
    first_line, _, rest = (inspect.getdoc(route.handler) or "").partition("\n")
    operation: dict[str, Json] = {
        "operationId": _operation_id(route),
        "summary": first_line.rstrip("."),
        "tags": [route.tag],
        "security": list(_SECURITY[route.guard]),
        "responses": _responses(route, types),
    }
    description = rest.strip()
    if route.scope:
        description += f"\n\nNeeds the scope `{route.scope.value}`."
    if description.strip():
        operation["description"] = description.strip()
    if parameters := _parameters(route, types):
        operation["parameters"] = parameters
    if "body" in route.parameters:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": types.of(route.parameters["body"])}},
        }
    return operation


def _parameters(route: Route, types: _Types) -> list[Json]:
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in route.parameters
        if name not in ("body", "query")
    ]
    if "query" in route.parameters:
        properties, required = types.properties_of(route.parameters["query"])
        for name, each in properties.items():
            shown = {key: value for key, value in each.items() if key != "description"}
            parameter: dict[str, Json] = {"name": name, "in": "query", "schema": shown}
            if name in required:
                parameter["required"] = True
            if "description" in each:
                parameter["description"] = each["description"]
            parameters.append(parameter)
    for name in (*route.headers, *([idempotency.HEADER] if route.is_write else [])):
        described = {"description": _HEADERS[name], "schema": {"type": "string"}}
        parameters.append({"name": name, "in": "header", **described})
    return parameters


def _responses(route: Route, types: _Types) -> dict[str, Json]:
    responses: dict[str, Json] = {}
    returned = _returned(route)
    content: dict[str, Json] = {}
    if returned:
        shown = [types.of(each) for each in returned]
        content["application/json"] = {"schema": shown[0] if len(shown) == 1 else {"anyOf": shown}}
    if _returns_bytes(route) and route.status != _NO_CONTENT:
        content["*/*"] = {"schema": _BYTES}
    responses[str(route.status)] = {
        "description": "Done.",
        **({"content": content} if content else {}),
    }
    for status, errors in errors_of(route).items():
        responses[str(status)] = {
            "description": " ".join(f"`{error.code}`: {summary(error)}" for error in errors),
            "content": {
                "application/json": {
                    "schema": {
                        "allOf": [
                            types.of(ErrorBody),
                            {"properties": {"code": {"enum": [error.code for error in errors]}}},
                        ]
                    }
                }
            },
        }
    return responses


_NO_CONTENT: Final = 204


def _returned(route: Route) -> list[Any]:
    """Return the types of a route's JSON responses; bytes have none."""
    hint = route.returns
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return [part for part in parts if part not in (Response, None, type(None))]


def _returns_bytes(route: Route) -> bool:
    return Response in (route.returns, *get_args(route.returns))


def _operation_id(route: Route) -> str:
    """Return an operation's id: its handler's name, with the path for an alias."""
    name = route.handler.__name__
    alias = route.path.split("/")[1]
    return f"{name}_of_{alias}" if alias in _ALIASES else name


_ALIASES: Final = frozenset({"auth_configs"})


class Description:
    """The API's description, made at the first request for it."""

    def __init__(self, routes: Iterable[Route], mounts: Iterable[Mount] = (), *, url: str) -> None:
        self._routes: Final = tuple(routes)
        self._mounted: Final = {each.path: each.openapi for each in mounts if each.openapi}
        self._url: Final = url

    @cached_property
    def document(self) -> dict[str, Json]:
        return document(self._routes, self._mounted, url=self._url)

    @cached_property
    def _content(self) -> bytes:
        return encode(self.document)

    async def serve(self, scope: Scope, _read: object) -> Response:
        return Response(self._content, media_type="application/json")
