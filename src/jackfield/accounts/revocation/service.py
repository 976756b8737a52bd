"""Ends of accounts: the credentials die at the provider first, then here."""

from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeAlias

import structlog

from jackfield.accounts.access import AccountAccess, load
from jackfield.accounts.audit import record_account
from jackfield.accounts.history.models import ChangeKind
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.models import Account, AccountNotFound, AccountStatus, StatusReason
from jackfield.accounts.repo import Accounts
from jackfield.accounts.revocation.models import (
    BegunRevocation,
    Ending,
    RevocationOutcome,
    RevocationUnderWay,
)
from jackfield.accounts.revocation.repo import Revocations
from jackfield.accounts.revocation.requests import outcome_without_request, revoke
from jackfield.accounts.service import erase_credentials, remove
from jackfield.accounts.status import ENDING, ERASED, save_changed
from jackfield.audit.models import AuditKind
from jackfield.db.tx import Tx
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.runtime import Hub

# Longer than a revocation can take.
LEASE: Final = timedelta(seconds=90)
# For a renewal of tokens that is under way.
_LOOKS: Final = 20
_LOOK_SECONDS: Final = 0.5

Ended: TypeAlias = tuple[Account, RevocationOutcome]

_log = structlog.get_logger()


async def delete(hub: Hub, project_id: ProjectId, actor: Actor, account_id: str) -> Ended:
    """
    Revoke an account's credentials, delete it and them, and return its last state.

    It is deleted whatever becomes of the revocation.

    Raises:
        AccountNotFound: the project has no such account.
        RevocationUnderWay: another request is at it.
    """
    return await _end(hub, project_id, actor, account_id, Ending.DELETE)


async def suspend_for_good(hub: Hub, project_id: ProjectId, actor: Actor, account_id: str) -> Ended:
    """
    Revoke an account's credentials, erase them, and suspend it; it can only be linked again.

    Raises:
        AccountNotFound, RevocationUnderWay: as `delete`.
    """
    return await _end(hub, project_id, actor, account_id, Ending.SUSPEND)


async def finish(hub: Hub, begun: BegunRevocation, actor: Actor) -> None:
    """Finish what a process began that died."""
    try:
        async with hub.db.write(begun.project_id, actor) as tx:
            access = await load(tx, hub, begun.account_id, method_required=False)
            if access.account.generation != begun.generation:
                # It was linked again since, which is the later wish.
                await Revocations(tx).end(begun.account_id)
                return
        await _revoke_and_store(hub, access, begun.ending, actor)
    except AccountNotFound:
        return


async def _end(
    hub: Hub, project_id: ProjectId, actor: Actor, account_id: str, ending: Ending
) -> Ended:
    async with hub.db.write(project_id, actor) as tx:
        access = await load(tx, hub, account_id, method_required=False)
        outcome = outcome_without_request(access)
        if outcome is not None:
            return await _store(tx, access.account, ending, outcome)
        # The journal: until it is over, a process that dies leaves the rest to the worker.
        if not await Revocations(tx).begin(access.account, ending, until=tx.now + LEASE):
            raise RevocationUnderWay
        reason = StatusReason(ENDING, "Its credentials are being revoked.", tx.now)
        # No renewal may give it other tokens meanwhile. The event follows.
        ends = replace(access.account, status=AccountStatus.SUSPENDED, status_reasons=(reason,))
        await Accounts(tx).save(ends)
        await record_account(tx, AuditKind.ACCOUNT_CHANGED, access.account, ends)
    return await _revoke_and_store(hub, access, ending, actor)


async def _revoke_and_store(hub: Hub, access: AccountAccess, ending: Ending, actor: Actor) -> Ended:
    access = await without_renewal(hub, access)
    outcome = outcome_without_request(access) or await revoke(hub, access)
    async with hub.db.write(access.project_id, actor) as tx:
        return await _store(tx, access.account, ending, outcome)


async def without_renewal(hub: Hub, access: AccountAccess) -> AccountAccess:
    """Return the account once no tokens are on their way: new ones would outlive the old."""
    for _ in range(_LOOKS):
        if access.tokens is None or not access.tokens.state.is_leased(hub.clock()):
            break
        await hub.sleep(_LOOK_SECONDS)
        async with hub.db.read(access.project_id) as tx:
            again = await load(tx, hub, access.account.id, method_required=False)
        access = replace(again, account=access.account)
    return access


async def _store(tx: Tx, before: Account, ending: Ending, outcome: RevocationOutcome) -> Ended:
    _log.info(
        "account_ended",
        account_id=before.id,
        ending=ending.value,
        revocation=outcome.result.value,
        proved=outcome.proved,
    )
    await Revocations(tx).end(before.id)
    current = await Accounts(tx).get(before.id)
    if ending is Ending.DELETE:
        last = replace(current, status=before.status, status_reasons=before.status_reasons)
        await remove(tx, last, outcome)
        return last, outcome
    if current.generation != before.generation:
        # It was linked again meanwhile, with other credentials.
        return current, outcome
    await erase_credentials(tx, before.id)
    await AccountHistory(tx).add(before.id, ChangeKind.RETIRED, outcome.detail)
    words = f"Suspended for good, and its credentials erased. {outcome.detail}"
    erased = replace(
        current,
        status=AccountStatus.SUSPENDED,
        status_reasons=(StatusReason(ERASED, words, tx.now),),
    )
    return await save_changed(tx, erased, revocation=outcome), outcome
