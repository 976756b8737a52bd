"""The accounts of a portal's holder: one origin owner's, and what its rights let them do."""

from collections.abc import Mapping
from typing import Final

from jackfield.accounts import pauses
from jackfield.accounts.models import Account, AccountFilter, AccountPage
from jackfield.accounts.repo import Accounts
from jackfield.accounts.revocation import service as revocation
from jackfield.accounts.revocation.models import RevocationOutcome
from jackfield.connect import sessions as connect
from jackfield.connect.models import SessionTerms
from jackfield.logs.account_use.models import AccountUse
from jackfield.logs.account_use.repo import use_of
from jackfield.logs.runs.models import Run, RunFilter
from jackfield.logs.runs.repo import Runs
from jackfield.portal.models import PortalHolder, PortalRight
from jackfield.runtime import Hub

PAGE: Final = 25
RUNS: Final = 20
# Long enough to find a key at the provider; the portal makes another at any time.
_LINK_SECONDS: Final = 3600


async def list_accounts(
    hub: Hub, holder: PortalHolder, *, number: int = 1
) -> tuple[list[Account], Mapping[str, AccountUse], bool]:
    """Return a page of the owner's accounts, how they were used, and whether more follow."""
    only = AccountFilter(origin_owner_ids=(holder.owner_id,))
    async with hub.db.read(holder.project_id) as tx:
        found = await Accounts(tx).page(AccountPage(number, PAGE, only))
        more = len(found) == PAGE and bool(
            await Accounts(tx).page(AccountPage(number * PAGE + 1, 1, only))
        )
        return found, await use_of(tx, [each.id for each in found]), more


async def get_account(
    hub: Hub, holder: PortalHolder, account_id: str, *, number: int = 1
) -> tuple[Account, list[Run], bool]:
    """
    Return an account of the owner's with a page of what ran, and whether more follows.

    Raises:
        AccountNotFound: the owner has no such account.
    """
    async with hub.db.read(holder.project_id) as tx:
        account = await Accounts(tx).get_of_owner(holder.owner_id, account_id)
        only = RunFilter(account_ids=(account.id,), origin_owner_ids=(holder.owner_id,))
        runs, more = await Runs(tx).page(only, number=number, size=RUNS)
    return account, runs, more


async def pause(hub: Hub, holder: PortalHolder, account_id: str) -> Account:
    """
    Pause an account of the owner's.

    Raises:
        PortalRightMissing, AccountNotFound, AccountNotUsable: see there.
    """
    holder.require(PortalRight.PAUSE)
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        return await pauses.pause(tx, await Accounts(tx).get_of_owner(holder.owner_id, account_id))


async def resume(hub: Hub, holder: PortalHolder, account_id: str) -> Account:
    """
    End the owner's pause of an account.

    Raises:
        PortalRightMissing, AccountNotFound, SuspendedByProject: see there.
    """
    holder.require(PortalRight.PAUSE)
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        return await pauses.resume(tx, await Accounts(tx).get_of_owner(holder.owner_id, account_id))


async def remove(hub: Hub, holder: PortalHolder, account_id: str) -> RevocationOutcome:
    """
    Revoke the credentials of an account of the owner's, and delete it and them.

    Raises:
        PortalRightMissing, AccountNotFound, RevocationUnderWay: see there.
    """
    holder.require(PortalRight.REMOVE)
    async with hub.db.read(holder.project_id) as tx:
        account = await Accounts(tx).get_of_owner(holder.owner_id, account_id)
    _, outcome = await revocation.delete(hub, holder.project_id, holder.actor, account.id)
    return outcome


async def relink_url(hub: Hub, holder: PortalHolder, account_id: str) -> str:
    """
    Return a link with which the owner links an account again.

    Raises:
        PortalRightMissing, AccountNotFound, ProfileDisabled: see there.
    """
    holder.require(PortalRight.RELINK)
    async with hub.db.read(holder.project_id) as tx:
        account = await Accounts(tx).get_of_owner(holder.owner_id, account_id)
    issued = await connect.open_reconnect(
        hub, holder.project_id, holder.actor, account.id, seconds=_LINK_SECONDS
    )
    return connect.auth_link(hub.public_url, issued.token)


async def link_url(hub: Hub, holder: PortalHolder) -> str:
    """
    Return a link with which the owner links another account, and changes none they have.

    Raises:
        PortalRightMissing: see there.
    """
    holder.require(PortalRight.LINK)
    terms = SessionTerms(
        origin_owner_id=holder.owner_id,
        origin_owner_name=holder.session.terms.origin_owner_name,
        multiple=True,
    )
    issued = await connect.open_session(
        hub, holder.project_id, holder.actor, terms, seconds=_LINK_SECONDS
    )
    return connect.auth_link(hub.public_url, issued.token)
