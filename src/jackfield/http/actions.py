"""`/actions`: what can be run, and running it."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, cast
from urllib.parse import quote

from msgspec import UNSET, Meta, Struct, UnsetType, field
from starlette.responses import Response

from jackfield.accounts.models import AccountNotFound, AccountNotUsable
from jackfield.actions import service as actions
from jackfield.actions.models import AccountMissing, AccountOfOtherProvider, Order
from jackfield.connectors.action import ActionInfo
from jackfield.connectors.catalog import ActionNotFound
from jackfield.connectors.connector import Connector
from jackfield.engine.call import File, Outcome
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.http.embedded import icon_url
from jackfield.http.guards import Call, api_key
from jackfield.http.routing import Routes
from jackfield.kit.errors import (
    EgressBlocked,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
)
from jackfield.kit.json import Json, encode
from jackfield.profiles.models import (
    ActionNotAllowed,
    ConnectorVersionNotLoaded,
    ProfileOfOtherConnector,
)
from jackfield.projects.models import Scope

api = Routes(api_key)

_ACCOUNT: Final = "x-account-id"
_PROFILE: Final = "x-connector-profile-id"
_DEFAULT_PAGE: Final = 25


class RpcIn(Struct, frozen=True):
    action: Annotated[str, Meta(min_length=1, description="Such as `iterable_list_campaigns`.")]
    path: dict[str, Json] | None = None
    query: dict[str, Json] | None = None
    headers: dict[str, Json] | None = None
    body: dict[str, Json] | None = None

    def placed(self) -> dict[str, dict[str, Json]]:
        """Return the arguments by place and name."""
        return {
            "path": self.path or {},
            "query": self.query or {},
            "headers": self.headers or {},
            "body": self.body or {},
        }


class RpcOut(Struct, frozen=True):
    data: Any
    next: str | None = None


class ActionOut(Struct, frozen=True):
    id: str
    label: str
    description: str
    schema_type: str
    action_type: str
    effects: tuple[str, ...]
    tags: tuple[str, ...]
    required_scopes: tuple[str, ...]
    input_schema: Json | UnsetType = UNSET


class AuthenticationOut(Struct, frozen=True):
    key: str
    label: str
    type: str
    required_scopes: tuple[str, ...]


class ConnectorOut(Struct, frozen=True):
    key: str
    name: str
    version: str
    description: str
    icon: str
    release_stage: str
    categories: tuple[str, ...]
    authentication: tuple[AuthenticationOut, ...]
    actions: tuple[ActionOut, ...]


class ActionsOut(Struct, frozen=True):
    data: tuple[ConnectorOut, ...]
    next: str | None


class ActionsQuery(Struct, frozen=True):
    connectors: list[str] = field(default_factory=list[str], name="filter[connectors]")
    action_keys: list[str] = field(default_factory=list[str], name="filter[action_key]")
    include: list[str] = []
    exclude: list[str] = []
    search: str | None = None
    next: str | None = None
    page_size: Annotated[int, Meta(ge=1, le=1000)] = _DEFAULT_PAGE


@api.add(
    "POST",
    "/actions/rpc",
    scope=Scope.ACTIONS_EXECUTE,
    headers=("x-account-id", "x-connector-profile-id"),
    raises=(
        AccountMissing,
        AccountNotFound,
        AccountNotUsable,
        AccountOfOtherProvider,
        ProfileOfOtherConnector,
        ActionNotFound,
        ActionNotAllowed,
        ConnectorVersionNotLoaded,
        InvalidInputs,
        ProviderRejected,
        ProviderUnauthorized,
        ProviderRateLimited,
        ProviderUnavailable,
        ProviderTimeout,
        EgressBlocked,
    ),
)
async def run_action(call: Call, body: RpcIn) -> RpcOut | Response:
    """Run an action with a linked account, named by the header `x-account-id`."""
    placed = body.placed()
    order = Order(
        action_id=body.action,
        account_id=_account_id(call, placed["headers"]),
        placed=placed,
        cursor=_cursor(placed),
        profile_id=call.headers.get(_PROFILE),
    )
    outcome = await actions.run(call.hub, call.caller.project_id, order)
    if outcome.file is not None:
        return _download(outcome.file)
    return _answer(outcome)


@api.add("GET", "/actions", scope=Scope.CONNECTORS_READ)
async def list_actions(call: Call, query: ActionsQuery) -> ActionsOut:
    """List connectors with their actions."""
    found = [
        connector
        for connector in sorted(call.hub.catalog.connectors(), key=lambda each: each.key)
        if (not query.connectors or connector.key in query.connectors)
        and (query.next is None or connector.key > query.next)
    ]
    page = found[: query.page_size]
    more = len(found) > len(page)
    return ActionsOut(
        tuple(_connector(call, connector, query) for connector in page),
        page[-1].key if more else None,
    )


def _account_id(call: Call, headers: Mapping[str, Json]) -> str:
    account_id = call.headers.get(_ACCOUNT)
    if account_id:
        return account_id
    for name, value in headers.items():
        if name.lower() == _ACCOUNT and value:
            return str(value)
    raise AccountMissing


def _cursor(placed: Mapping[str, Mapping[str, Json]]) -> str | None:
    for place in ("query", "body"):
        for name in ("next", "cursor"):
            value = placed[place].get(name)
            if isinstance(value, str) and value:
                return value
    return None


def _answer(outcome: Outcome) -> Response:
    """`data` is an object, a list of objects or nothing: published clients refuse the rest."""
    data = outcome.data
    if isinstance(data, list):
        rows = cast("list[Json]", data)
        data = rows if all(isinstance(row, dict) for row in rows) else {"items": rows}
    elif data is not None and not isinstance(data, Mapping):
        data = {"value": data}
    content: dict[str, Json] = {**outcome.extra, "data": data, "next": outcome.next}
    if outcome.warnings:
        content["warnings"] = outcome.warnings
    return Response(encode(content), media_type="application/json")


def _download(file: File) -> Response:
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(file.name or 'file')}"}
    return Response(file.content, 200, headers, media_type=file.content_type)


def _connector(call: Call, connector: Connector, query: ActionsQuery) -> ConnectorOut:
    wanted = (
        [] if "actions" in query.exclude else [a for a in connector.actions if _is_meant(a, query)]
    )
    return ConnectorOut(
        key=connector.key,
        name=connector.title,
        version=connector.version,
        description=connector.description,
        icon=icon_url(call.hub.public_url, connector),
        release_stage=connector.release_stage,
        categories=connector.categories,
        authentication=tuple(
            AuthenticationOut(method.key, method.label, method.type, method.required_scopes)
            for method in connector.auth_methods
        ),
        actions=tuple(_action(action, query) for action in wanted),
    )


def _is_meant(action: ActionInfo, query: ActionsQuery) -> bool:
    if action.is_internal or (query.action_keys and action.id not in query.action_keys):
        return False
    words = (query.search or "").lower().split()
    text = f"{action.id} {action.label} {action.description}".lower()
    return all(word in text for word in words)


def _action(action: ActionInfo, query: ActionsQuery) -> ActionOut:
    detailed = {"action_details", "operation_details"} & set(query.include)
    return ActionOut(
        id=action.id,
        label=action.label,
        description=action.description,
        schema_type=action.schema_type,
        action_type=action.action_type,
        effects=action.effects,
        tags=action.tags,
        required_scopes=action.required_scopes,
        input_schema=action.schema if detailed else UNSET,
    )
