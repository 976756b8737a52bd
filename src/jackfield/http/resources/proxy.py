"""`POST /unified/proxy`: a raw request to an account's provider."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from jackfield.accounts.models import AccountNotFound, AccountNotUsable
from jackfield.actions import proxy
from jackfield.actions.models import (
    AccountMissing,
    AnswerNotKept,
    HostNotDeclared,
    OutcomeUnknown,
    ProxyRequest,
    ProxyResponse,
    RequestTimeout,
    WriteInProgress,
)
from jackfield.http.context import ApiContext, api_key
from jackfield.http.errors import ProviderErrorOut
from jackfield.http.resources.rpc import ACCOUNT, PROFILE, account_id
from jackfield.http.routing import Routes
from jackfield.kit.errors import (
    EgressBlocked,
    InvalidRequest,
    ProviderTimeout,
    ProviderUnavailable,
)
from jackfield.kit.json import Json
from jackfield.logs.runs.sources import PATHS, RunSource
from jackfield.profiles.models import (
    ActionNotAllowed,
    ConnectorVersionNotLoaded,
    ProfileOfOtherConnector,
)
from jackfield.projects.models import Scope
from jackfield.projects.narrowed_keys.models import CallsUsedUp

# Runs have a log of their own.
api = Routes(api_key, tag="proxy", is_logged=False)

_METHODS: Final = "^(?i:get|post|put|delete|patch)$"


class ProxyIn(Struct, frozen=True):
    url: Annotated[
        str | None, Meta(description="Instead of the connector's base URL, on one of its hosts.")
    ] = None
    method: Annotated[str, Meta(pattern=_METHODS)] | None = None
    path: Annotated[str | None, Meta(description="With its query: `/lists?limit=5`.")] = None
    headers: dict[str, str | int | float | bool | None] | None = None
    body: Annotated[Any, Meta(description="JSON, or a string that is sent as it is.")] = None
    encoding: Annotated[
        Literal["base64"] | None,
        Meta(description="Given where `body` is bytes, as base64: the bytes are sent."),
    ] = None
    dry_run: Annotated[
        bool | None,
        Meta(description="Send nothing: return the request that would be sent, redacted."),
    ] = None


class ProxyOut(Struct, frozen=True, omit_defaults=True):
    status: int
    headers: Mapping[str, str]
    data: Json
    provider_errors: tuple[ProviderErrorOut, ...] | None
    encoding: Annotated[
        Literal["base64"] | None, Meta(description="Given where `data` is bytes that are no text.")
    ] = None


@api.add(
    "POST",
    PATHS[RunSource.PROXY],
    scope=Scope.ACTIONS_EXECUTE,
    narrowed=True,
    headers=(ACCOUNT, PROFILE, "prefer"),
    raises=(
        AccountMissing,
        AccountNotFound,
        AccountNotUsable,
        ActionNotAllowed,
        AnswerNotKept,
        CallsUsedUp,
        ConnectorVersionNotLoaded,
        ProfileOfOtherConnector,
        HostNotDeclared,
        InvalidRequest,
        OutcomeUnknown,
        RequestTimeout,
        WriteInProgress,
        ProviderUnavailable,
        ProviderTimeout,
        EgressBlocked,
    ),
)
async def proxy_request(ctx: ApiContext, body: ProxyIn) -> ProxyOut:
    """
    Send a request of your own to an account's provider, with the account's credentials.

    The provider's response is returned as it is, whatever its status: check `status`.
    """
    headers = {name: _text(value) for name, value in (body.headers or {}).items()}
    request = ProxyRequest(
        account_id=account_id(ctx, headers),
        method=body.method or "get",
        path=body.path or "/",
        base_url=body.url or None,
        headers={name: value for name, value in headers.items() if value},
        body=body.body,
        is_base64=body.encoding is not None,
        profile_id=ctx.headers.get(PROFILE) or None,
        dry_run=bool(body.dry_run),
        key=ctx.caller.narrowing,
    )
    return _out(await proxy.forward(ctx.hub, ctx.caller.project_id, ctx.actor, request))


def _out(response: ProxyResponse) -> ProxyOut:
    refusal = response.refusal
    return ProxyOut(
        response.status,
        response.headers,
        response.data,
        None if refusal is None else (ProviderErrorOut.of(refusal),),
        "base64" if response.is_base64 else None,
    )


def _text(value: str | float | bool | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
