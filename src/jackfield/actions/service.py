"""
Execution of actions.

In three phases, so that no transaction is open during requests to the provider: prepare (load
account and action, check the inputs), perform (open the credentials, run the compiled steps),
record.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from jackfield.accounts import decoy_alarm
from jackfield.accounts.access import AccountAccess, load_usable, open_credentials
from jackfield.accounts.credentials import Credentials
from jackfield.accounts.decoys.models import Touch
from jackfield.accounts.provider import (
    ProviderAccount,
    ProviderTransport,
    run_context,
    safe,
    safe_result,
)
from jackfield.actions import run_recorder
from jackfield.actions.dry_run import DryRunTransport, describe
from jackfield.actions.models import AccountOfOtherProvider, NotStreamed, RunRequest
from jackfield.actions.recorded_run import RecordedRun
from jackfield.actions.renewed_access import remember_secrets, run_renewing
from jackfield.actions.repeated_writes import run_unless_repeated
from jackfield.actions.run_recorder import RunRecorder
from jackfield.actions.streaming import ResponseStarted, RowStream, StreamingTransport, row_stream
from jackfield.connectors.action import ActionInfo
from jackfield.connectors.catalog import ActionNotFound
from jackfield.connectors.connector import Connector
from jackfield.engine.connector import CompiledAction
from jackfield.engine.ports import Request, Trace, Transport
from jackfield.engine.run_context import ActionResult, RunContext
from jackfield.kit import redaction
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json
from jackfield.kit.large_json_output import is_large
from jackfield.projects.narrowed_keys.calls import count_call
from jackfield.runtime import Hub

_NONE: Final[frozenset[str]] = frozenset()


class _Prepared(Struct, frozen=True):
    access: AccountAccess
    connector: Connector
    action: CompiledAction
    inputs: Mapping[str, Json]
    cursor: str | None


async def run(hub: Hub, project_id: ProjectId, actor: Actor, request: RunRequest) -> ActionResult:
    """
    Run an action with one of the project's accounts.

    Raises:
        ActionNotFound: no connector has this action.
        AccountNotFound: the project has no such account, or the key may not use it.
        AccountOfOtherProvider: it is linked to another provider.
        AccountNotUsable: it is not active.
        ActionNotAllowed: its connector profile, or the key, does not allow the action.
        CallsUsedUp: the number of calls of the key is used up.
        InvalidInputs: the arguments are invalid; all faults are named.
        ProviderError: the provider refused, failed, or took too long.
        RequestTimeout: the run took too long.
        OutcomeUnknown: a write was sent, and its outcome is unknown.
        WriteInProgress: an equal write, whose client hung up, still runs.
        AnswerNotKept: an equal write, whose client hung up, got a large answer.
    """
    if request.dry_run:
        recorder = _recorder(hub, project_id, actor, request)
        prepared = await _prepare(hub, project_id, request, recorder)
        if prepared.access.is_decoy:
            account, action = prepared.access.account, request.action_id
            await decoy_alarm.touched(hub, project_id, actor, account, Touch.DRY_RUN, action=action)
        return await _dry_run(hub, prepared)
    if hub.catalog.only_reads(request.action_id):
        return await _run(hub, project_id, actor, request)
    write: Json = [
        request.action_id, request.account_id, request.profile_id, request.arguments, request.cursor
    ]  # fmt: skip
    work = partial(_run, hub, project_id, actor, request)
    return await run_unless_repeated(hub, write, work)


async def _run(hub: Hub, project_id: ProjectId, actor: Actor, request: RunRequest) -> ActionResult:
    recorder = _recorder(hub, project_id, actor, request)
    async with RecordedRun(hub, project_id, recorder, inputs=request.arguments) as logged:
        prepared = await _prepare(hub, project_id, request, recorder)
        if request.key is not None:
            await count_call(hub, project_id, actor, request.key)
        attempt = partial(_attempt, hub, prepared, recorder)
        result = await run_renewing(hub, prepared.access, recorder, attempt)
        logged.output = result.data
    result = replace(result, may_have_written=recorder.may_have_written)
    if request.debug:
        return replace(result, extra={**result.extra, "debug": recorder.report()})
    return result


async def _attempt(
    hub: Hub, prepared: _Prepared, recorder: RunRecorder, access: AccountAccess
) -> ActionResult:
    credentials = open_credentials(hub, access)
    remember_secrets(recorder, credentials)
    # Most accounts have no secret of the operator's beside their own.
    parts = _typed_parts(prepared, access, credentials) if access.setup.fields else _NONE
    connector = prepared.connector.compiled
    transport = ProviderTransport(hub.egress, connector, credentials, parts=parts)
    context = _context(hub, prepared, credentials, transport=transport, trace=recorder)
    redaction.learn(credentials.redactor)
    try:
        result = await prepared.action.run(context)
    except HubError as error:
        raise safe(error, credentials.redactor) from None
    return await safe_result(result, credentials.redactor)


async def stream(hub: Hub, project_id: ProjectId, actor: Actor, request: RunRequest) -> RowStream:
    """
    Run an action that returns rows, one a line, and stream them.

    Raises:
        NotStreamed: the action returns something else.
        HubError: as `run`; an error after the first row ends the stream.
    """
    recorder = _recorder(hub, project_id, actor, request)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            RecordedRun(hub, project_id, recorder, inputs=request.arguments)
        )
        prepared = await _prepare(hub, project_id, request, recorder)
        if prepared.action.row_format is None:
            raise NotStreamed
        if request.key is not None:
            await count_call(hub, project_id, actor, request.key)
        attempt = partial(_start_stream, hub, prepared, recorder)
        transport = await run_renewing(hub, prepared.access, recorder, attempt)
        assert transport.response is not None
        recorder.response_started(transport.response.status)
        stack.callback(transport.response.close)
        return row_stream(transport, transport.credentials.redactor, stack.pop_all())
    raise AssertionError


async def _start_stream(
    hub: Hub, prepared: _Prepared, recorder: RunRecorder, access: AccountAccess
) -> StreamingTransport:
    assert prepared.action.row_format is not None
    credentials = open_credentials(hub, access)
    remember_secrets(recorder, credentials)
    redaction.learn(credentials.redactor)
    transport = StreamingTransport(
        hub.egress,
        prepared.connector.compiled,
        credentials,
        prepared.action.row_format,
        parts=_typed_parts(prepared, access, credentials),
    )
    context = _context(hub, prepared, credentials, transport=transport, trace=recorder)
    try:
        await prepared.action.run(context)
    except ResponseStarted:
        pass
    except HubError as error:
        raise safe(error, credentials.redactor) from None
    return transport


def _typed_parts(
    prepared: _Prepared, access: AccountAccess, credentials: Credentials
) -> frozenset[str]:
    action_id = prepared.action.id.removeprefix(f"{prepared.connector.key}_")
    return access.method.typed_beside_setup(credentials.values, action_id)


def _recorder(hub: Hub, project_id: ProjectId, actor: Actor, request: RunRequest) -> RunRecorder:
    return RunRecorder(
        hub,
        project_id,
        actor,
        action_id=request.action_id,
        account_id=request.account_id,
        source=request.source,
    )


async def _prepare(
    hub: Hub, project_id: ProjectId, request: RunRequest, recorder: RunRecorder
) -> _Prepared:
    try:
        connector, info = hub.catalog.action(request.action_id)
    except ActionNotFound:
        # Its actions go with a connector: what became of the account says more.
        await _usable(hub, project_id, request)
        raise
    recorder.connector, recorder.action = connector, info
    access = await _allowed_access(hub, project_id, request, connector, recorder)
    pinned = access.profile.pinned_version
    if pinned is not None or hub.catalog.find(connector.key) is not connector:
        connector = access.connector
        info = _action_of(connector, request.action_id)
        recorder.connector, recorder.action = connector, info
    action = info.compiled
    if is_large(request.arguments):
        # Checking takes long enough to keep everybody else waiting.
        inputs = await asyncio.to_thread(action.accept, request.arguments)
    else:
        inputs = action.accept(request.arguments)
    return _Prepared(access, connector, action, inputs, request.cursor)


async def _usable(hub: Hub, project_id: ProjectId, request: RunRequest) -> AccountAccess:
    return await load_usable(
        hub, project_id, request.account_id, profile_id=request.profile_id, key=request.key
    )


def _action_of(connector: Connector, action_id: str) -> ActionInfo:
    """Return an action of the version that a profile is pinned to."""
    info = connector.find_action(action_id)
    if info is None:
        msg = f"version {connector.version} of {connector.key!r} has no action {action_id!r}"
        raise ActionNotFound(msg)
    return info


async def _allowed_access(
    hub: Hub,
    project_id: ProjectId,
    request: RunRequest,
    connector: Connector,
    recorder: RunRecorder,
) -> AccountAccess:
    """Return the account of a request if the action may be run with it, as long as that is so."""
    entries = await hub.cache.entries(hub.db, project_id)
    key_id = None if request.key is None else request.key.key_id
    key = "allowed", request.account_id, request.profile_id, request.action_id, key_id
    known: tuple[Connector, AccountAccess] | None = entries.get(key)
    # Another connector object is one that was loaded since.
    if known is not None and known[0] is connector:
        recorder.access = known[1]
        return known[1]
    access = await _usable(hub, project_id, request)
    recorder.access = access
    account = access.account
    if account.provider != connector.key:
        msg = f"account {account.id} is linked to {account.provider!r}, not to {connector.key!r}"
        raise AccountOfOtherProvider(msg)
    access.require_allowed(request.action_id)
    entries[key] = connector, access
    return access


async def _dry_run(hub: Hub, prepared: _Prepared) -> ActionResult:
    credentials = open_credentials(hub, prepared.access)
    transport = DryRunTransport()
    context = _context(hub, prepared, credentials, transport=transport)
    redaction.learn(credentials.redactor)
    try:
        first = await transport.first_request(prepared.action.run(context))
    except HubError as error:
        raise safe(error, credentials.redactor) from None
    requests = [await describe(first, credentials.redactor)] if isinstance(first, Request) else []
    return ActionResult({"dry_run": True, "action": prepared.action.id, "requests": requests})


def _context(
    hub: Hub,
    prepared: _Prepared,
    credentials: Credentials,
    *,
    transport: Transport,
    trace: Trace | None = None,
) -> RunContext:
    account = ProviderAccount.of(prepared.access, credentials, prepared.connector)
    return replace(
        run_context(hub, account, transport, deadline=run_recorder.LIFE_SECONDS),
        inputs=prepared.inputs,
        cursor=prepared.cursor,
        cache=hub.response_cache.of(prepared.access.cache_key),
        trace=trace,
    )
