"""`POST /actions/rpc`: action runs."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, cast

from msgspec import Meta, Raw, Struct
from starlette.responses import Response

from jackfield.accounts.models import AccountNotFound, AccountNotUsable
from jackfield.actions import service as actions
from jackfield.actions.models import (
    AccountMissing,
    AccountOfOtherProvider,
    AnswerNotKept,
    NotStreamed,
    OutcomeUnknown,
    RequestTimeout,
    RunRequest,
    WriteInProgress,
)
from jackfield.connectors.catalog import ActionNotFound
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.engine.run_context import ActionResult
from jackfield.http import idempotency
from jackfield.http.context import ApiContext, api_key
from jackfield.http.download import RowsResponse, download
from jackfield.http.json_response import JsonResponse
from jackfield.http.routing import Routes
from jackfield.idempotency.models import IdempotentStream
from jackfield.kit.errors import (
    EgressBlocked,
    HubError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
)
from jackfield.kit.json import Json, encode
from jackfield.kit.large_json_output import encode_aside
from jackfield.logs.runs.sources import PATHS, RunSource
from jackfield.profiles.models import (
    ActionNotAllowed,
    ConnectorVersionNotLoaded,
    ProfileOfOtherConnector,
)
from jackfield.projects.models import Scope
from jackfield.projects.narrowed_keys.models import CallsUsedUp

# Runs have a log of their own.
api = Routes(api_key, tag="rpc", is_logged=False)

ACCOUNT: Final = "x-account-id"
PROFILE: Final = "x-connector-profile-id"
PROVIDER_REFUSALS: Final = (
    ProviderRejected,
    ProviderUnauthorized,
    ProviderRateLimited,
    ProviderUnavailable,
    ProviderTimeout,
    EgressBlocked,
)


_ROW: Final = frozenset({dict})


class SyncUnsupported(HubError):
    """This hub keeps no index of results; leave out `sync` to query the provider."""

    code = "sync_not_offered"
    status = 501


class RpcIn(Struct, frozen=True):
    action: Annotated[str, Meta(min_length=1, description="Such as `iterable_list_campaigns`.")]
    path: dict[str, Json] | None = None
    query: dict[str, Json] | None = None
    headers: dict[str, Json] | None = None
    body: dict[str, Json] | None = None
    dry_run: Annotated[
        bool | None,
        Meta(description="Send nothing: return the request that would be sent, redacted."),
    ] = None

    def arguments(self) -> dict[str, dict[str, Json]]:
        """Return the arguments by location and name."""
        return {
            "path": self.path or {},
            "query": self.query or {},
            "headers": self.headers or {},
            "body": self.body or {},
        }


class RpcQuery(Struct, frozen=True):
    dry_run: bool = False
    sync: bool = False
    debug: Annotated[
        bool, Meta(description="Return in `debug` the steps that ran and their requests.")
    ] = False
    run_id: str | None = None
    stream: Annotated[
        bool,
        Meta(description="Stream the provider's rows as they arrive, for large exports."),
    ] = False


class RpcOut(Struct, frozen=True):
    data: Any
    next: str | None = None


@api.add(
    "POST",
    PATHS[RunSource.API],
    scope=Scope.ACTIONS_EXECUTE,
    narrowed=True,
    headers=(ACCOUNT, PROFILE, "prefer"),
    raises=(
        AccountMissing,
        AccountNotFound,
        AccountNotUsable,
        AccountOfOtherProvider,
        ProfileOfOtherConnector,
        ActionNotFound,
        ActionNotAllowed,
        AnswerNotKept,
        CallsUsedUp,
        ConnectorVersionNotLoaded,
        IdempotentStream,
        InvalidInputs,
        NotStreamed,
        OutcomeUnknown,
        RequestTimeout,
        WriteInProgress,
        SyncUnsupported,
        *PROVIDER_REFUSALS,
    ),
)
async def run_action(ctx: ApiContext, query: RpcQuery, body: RpcIn) -> RpcOut | Response:
    """Run an action with a linked account, named by the header `x-account-id`."""
    if query.sync:
        raise SyncUnsupported
    arguments = body.arguments()
    request = RunRequest(
        action_id=body.action,
        account_id=account_id(ctx, arguments["headers"]),
        arguments=arguments,
        cursor=_cursor(arguments),
        profile_id=ctx.headers.get(PROFILE) or None,
        dry_run=query.dry_run or bool(body.dry_run),
        debug=query.debug or arguments["query"].get("debug") is True,
        key=ctx.caller.narrowing,
    )
    if query.stream and not request.dry_run:
        if idempotency.HEADER in ctx.headers:
            raise IdempotentStream
        rows = await actions.stream(ctx.hub, ctx.caller.project_id, ctx.actor, request)
        return RowsResponse(rows)
    outcome = await actions.run(ctx.hub, ctx.caller.project_id, ctx.actor, request)
    if outcome.file is not None:
        return download(outcome.file)
    return await _response(outcome)


def account_id(ctx: ApiContext, headers: Mapping[str, Json]) -> str:
    """
    Return the id in the request's header `x-account-id`, or in the headers of its body.

    Raises:
        AccountMissing: there is none.
    """
    if header := ctx.headers.get(ACCOUNT):
        return header
    for name, value in headers.items():
        if name.lower() == ACCOUNT and value:
            return str(value)
    raise AccountMissing


def _cursor(arguments: Mapping[str, Mapping[str, Json]]) -> str | None:
    for location in ("query", "body"):
        for name in ("next", "cursor"):
            value = arguments[location].get(name)
            if isinstance(value, str) and value:
                return value
    return None


async def _response(outcome: ActionResult) -> Response:
    """Return `data` as an object, a list of objects or null, all that published clients accept."""
    data: Json = outcome.data
    known = None if outcome.encoded is None else Raw(outcome.encoded)
    if isinstance(data, list):
        rows = cast("list[Json]", data)
        data = known or rows
        if not _ROW.issuperset(map(type, rows)):
            data = {"items": data}
    elif data is not None and not isinstance(data, Mapping):
        data = {"value": known or data}
    elif known is not None:
        data = known
    content: dict[str, Json] = {**outcome.extra, "data": data, "next": outcome.next}
    if outcome.warnings:
        content["warnings"] = outcome.warnings
    # Beside the data there may be all requests of the run.
    may_be_large = outcome.is_heavy or outcome.extra
    encoded = await encode_aside(content) if may_be_large else encode(content)
    return JsonResponse(encoded)
