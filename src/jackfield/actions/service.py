"""
Execution of actions.

In three phases, so that no transaction is open while a provider thinks: prepare (whose account,
which action, are the inputs valid), perform (open the credential, run the compiled steps), record.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from jackfield.accounts.access import AccountAccess, load_usable, open_credentials
from jackfield.accounts.credentials import Credentials
from jackfield.accounts.provider import ProviderAccount, ProviderTransport, run_context, safe
from jackfield.actions import run_recorder
from jackfield.actions.dry_run import DryRunTransport, describe
from jackfield.actions.models import AccountOfOtherProvider, NotStreamed, RunRequest
from jackfield.actions.run_recorder import RunRecorder, record_run
from jackfield.actions.streaming import ResponseStarted, RowStream, StreamingTransport, row_stream
from jackfield.connectors.connector import Connector
from jackfield.engine.connector import CompiledAction
from jackfield.engine.ports import Request, Trace, Transport
from jackfield.engine.run_context import ActionResult, RunContext
from jackfield.kit import redaction
from jackfield.kit.actor import Actor
from jackfield.kit.errors import ProviderError
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json
from jackfield.runtime import Hub


async def run(hub: Hub, project_id: ProjectId, actor: Actor, order: RunRequest) -> ActionResult:
    """
    Run an action with one of the project's accounts.

    Raises:
        ActionNotFound: no connector has this action.
        AccountNotFound: the project has no such account.
        AccountOfOtherProvider: it is linked to another provider.
        AccountNotUsable: it is not active.
        ActionNotAllowed: its connector profile does not allow the action.
        InvalidInputs: the arguments are not what the action takes; all faults are named.
        ProviderError: the provider refused, failed, or took too long.
        RequestTimeout: all of it took too long.
    """
    recorder = RunRecorder(
        hub,
        project_id,
        actor,
        action_id=order.action_id,
        account_id=order.account_id,
        source=order.source,
    )
    if order.dry_run:
        prepared = await _prepare(hub, project_id, order, recorder)
        return await _dry_run(hub, prepared)
    async with record_run(hub, project_id, recorder, inputs=order.placed) as told:
        prepared = await _prepare(hub, project_id, order, recorder)
        credentials = open_credentials(hub, prepared.access)
        recorder.redactor = credentials.redactor
        transport = ProviderTransport(hub.egress, prepared.connector.compiled, credentials)
        call = _call(hub, prepared, credentials, transport=transport, trace=recorder)
        redaction.learn(credentials.redactor)
        try:
            outcome = await prepared.action.run(call)
        except ProviderError as error:
            raise safe(error, credentials) from None
        told.output = outcome.data
    outcome = replace(outcome, may_have_written=recorder.may_have_written)
    if order.debug:
        return replace(outcome, extra={**outcome.extra, "debug": recorder.report()})
    return outcome


async def stream(hub: Hub, project_id: ProjectId, actor: Actor, order: RunRequest) -> RowStream:
    """
    Run an action whose answer is rows, one a line, and return them as they come.

    Raises:
        NotStreamed: the action gives back something else.
        HubError: as `run`; what goes wrong after the first row ends the rows.
    """
    recorder = RunRecorder(
        hub,
        project_id,
        actor,
        action_id=order.action_id,
        account_id=order.account_id,
        source=order.source,
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(record_run(hub, project_id, recorder, inputs=order.placed))
        prepared = await _prepare(hub, project_id, order, recorder)
        if not prepared.action.streams:
            raise NotStreamed
        credentials = open_credentials(hub, prepared.access)
        recorder.redactor = credentials.redactor
        redaction.learn(credentials.redactor)
        transport = StreamingTransport(hub.egress, prepared.connector.compiled, credentials)
        call = _call(hub, prepared, credentials, transport=transport, trace=recorder)
        try:
            await prepared.action.run(call)
        except ResponseStarted:
            pass
        except ProviderError as error:
            raise safe(error, credentials) from None
        assert transport.answer is not None
        recorder.response_started(transport.answer.status)
        stack.callback(transport.answer.close)
        return row_stream(transport.answer, credentials.redactor, stack.pop_all())
    raise AssertionError


@dataclass(frozen=True, slots=True)
class _Prepared:
    access: AccountAccess
    connector: Connector
    action: CompiledAction
    inputs: Mapping[str, Json]
    cursor: str | None


async def _prepare(
    hub: Hub, project_id: ProjectId, order: RunRequest, recorder: RunRecorder
) -> _Prepared:
    connector, action = hub.catalog.action(order.action_id)
    recorder.connector = connector
    access = await load_usable(hub, project_id, order.account_id, profile_id=order.profile_id)
    recorder.held = access
    account = access.account
    if account.provider != connector.key:
        msg = f"account {account.id} is linked to {account.provider!r}, not to {connector.key!r}"
        raise AccountOfOtherProvider(msg)
    access.profile.require_allowed(order.action_id)
    account.require_allowed(order.action_id)
    access.profile.require_version(connector.version)
    return _Prepared(access, connector, action, action.accept(order.placed), order.cursor)


async def _dry_run(hub: Hub, prepared: _Prepared) -> ActionResult:
    credentials = open_credentials(hub, prepared.access)
    transport = DryRunTransport()
    call = _call(hub, prepared, credentials, transport=transport)
    redaction.learn(credentials.redactor)
    try:
        found = await transport.first_request(prepared.action.run(call))
    except ProviderError as error:
        raise safe(error, credentials) from None
    requests = [describe(found, credentials.redactor)] if isinstance(found, Request) else []
    return ActionResult({"dry_run": True, "action": prepared.action.id, "requests": requests})


def _call(
    hub: Hub,
    prepared: _Prepared,
    credentials: Credentials,
    *,
    transport: Transport,
    trace: Trace | None = None,
) -> RunContext:
    account = ProviderAccount.of(prepared.access, credentials)
    return replace(
        run_context(hub, account, transport, deadline=run_recorder.LIFE_SECONDS),
        inputs=prepared.inputs,
        cursor=prepared.cursor,
        cache=hub.response_cache.of(prepared.access.cache_key),
        trace=trace,
    )
