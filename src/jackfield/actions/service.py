"""Running actions.

In three phases, so that no transaction is open while a provider thinks: prepare (whose account,
which action, are the inputs valid), perform (open the credential, run the compiled steps), record.
"""

import time
from dataclasses import dataclass

import structlog

from jackfield.accounts import credentials as sealing
from jackfield.accounts import service as accounts
from jackfield.accounts.models import Account
from jackfield.accounts.provider import ProviderTransport, safe
from jackfield.accounts.repo import Accounts, Credentials
from jackfield.actions.models import AccountOfOtherProvider, Order, Run
from jackfield.actions.repo import append_run
from jackfield.connectors.connector import Connector
from jackfield.engine.call import Call, Outcome
from jackfield.engine.connector import CompiledAction
from jackfield.kit import redaction
from jackfield.kit.errors import HubError, ProviderError, ProviderUnauthorized
from jackfield.kit.ids import ProjectId, RunId
from jackfield.kit.json import Json
from jackfield.runtime import Hub

_log = structlog.get_logger()


async def run(hub: Hub, project_id: ProjectId, order: Order) -> Outcome:
    """
    Run an action with one of the project's accounts.

    Raises:
        ActionNotFound: no connector has this action.
        AccountNotFound: the project has no such account.
        AccountOfOtherProvider: it is linked to another provider.
        AccountNotUsable: it is not active.
        InvalidInputs: the arguments are not what the action takes; all faults are named.
        ProviderError: the provider refused, failed, or took too long.
    """
    prepared = await _prepare(hub, project_id, order)
    started, clock_started = hub.clock(), time.perf_counter()
    error: HubError | None = None
    try:
        return await _perform(hub, project_id, prepared)
    except ProviderUnauthorized as refused:
        error = refused
        await _doubt(hub, project_id, prepared.held.account)
        raise
    except HubError as failed:
        error = failed
        raise
    finally:
        append_run(
            hub.appender,
            project_id,
            Run(
                id=RunId.new(started),
                account_id=order.account_id,
                provider=prepared.connector.key,
                action_id=order.action_id,
                source=order.source,
                success=error is None,
                status_code=200 if error is None else error.status,
                error_code=None if error is None else error.code,
                message=None if error is None else error.detail,
                started_at=started,
                duration_ms=round((time.perf_counter() - clock_started) * 1000),
            ),
        )


@dataclass(frozen=True, slots=True)
class _Held:
    """An account as the hot path remembers it: with its credentials as ciphertext."""

    account: Account
    sealed: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class _Prepared:
    held: _Held
    connector: Connector
    action: CompiledAction
    inputs: dict[str, Json]
    cursor: str | None


async def _prepare(hub: Hub, project_id: ProjectId, order: Order) -> _Prepared:
    connector, action = hub.catalog.action(order.action_id)
    entries = await hub.cache.entries(hub.db, project_id)
    held: _Held | None = entries.get(("account", order.account_id))
    if held is None:
        async with hub.db.read(project_id) as tx:
            account = await Accounts(tx).get(order.account_id)
            held = _Held(account, await Credentials(tx).of(account.id))
        entries["account", order.account_id] = held
    account = held.account
    if account.provider != connector.key:
        msg = f"account {account.id} is linked to {account.provider!r}, not to {connector.key!r}"
        raise AccountOfOtherProvider(msg)
    account.require_usable()
    return _Prepared(held, connector, action, action.accept(order.placed), order.cursor)


async def _perform(hub: Hub, project_id: ProjectId, prepared: _Prepared) -> Outcome:
    account = prepared.held.account
    credentials = sealing.open_sealed(
        hub.vault, prepared.held.sealed, project_id=project_id, account=account
    )
    call = Call(
        inputs=prepared.inputs,
        credentials=credentials.values,
        transport=ProviderTransport(hub.egress, prepared.connector.compiled, credentials),
        auth_method=account.auth_method,
        environment=account.environment,
        cursor=prepared.cursor,
        clock=hub.clock,
        sleep=hub.sleep,
        context={
            "projectSecureId": project_id,
            "accountSecureId": account.id,
            "originOwnerId": account.origin_owner_id,
            "originOwnerName": account.origin_owner_name,
        },
    )
    redaction.learn(credentials.redactor)
    try:
        return await prepared.action.run(call)
    except ProviderError as error:
        raise safe(error, credentials) from None


async def _doubt(hub: Hub, project_id: ProjectId, account: Account) -> None:
    """Check a credential that was refused: one action's 401 may be about that action alone."""
    try:
        await accounts.check(hub, project_id, account.id)
    except HubError as error:
        _log.warning("account_not_checked", account_id=account.id, code=error.code)
