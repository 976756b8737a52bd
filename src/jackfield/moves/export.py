"""Export of accounts: a copy, or a move after which this hub uses them no more."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import IO, Final

from msgspec import structs

from jackfield.accounts.health.repo import AccountChecks
from jackfield.accounts.models import MOVED, Account, AccountFilter, AccountStatus, StatusReason
from jackfield.accounts.status import save_changed
from jackfield.accounts.tokens.repo import AccountTokens
from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Tx
from jackfield.kit.actor import Actor
from jackfield.kit.errors import Conflict
from jackfield.kit.json import Json
from jackfield.moves import file
from jackfield.moves.models import FORMAT, MoveEnd, MoveHeader
from jackfield.moves.parts import account_parts, as_before_move, chosen, profile_parts
from jackfield.projects.models import Project
from jackfield.projects.repo import Projects
from jackfield.projects.settings import ProjectSettings
from jackfield.runtime import Hub
from jackfield.vault.age_keys import Recipient

BRANDING: Final = ("display_name", "logo_url", "colors", "white_label", "strings")
_WORDS: Final = "The account was moved to another hub. Resume it only if no other hub uses it."
_STOPPED: Final = (AccountStatus.ACTIVE, AccountStatus.SUSPENDED, AccountStatus.INACTIVE)
# A renewal that is under way ends within this time.
_MOST_WAITS: Final = 180
_WAIT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Order:
    """Which accounts are written, and to whom they are encrypted."""

    project: Project
    only: AccountFilter
    to: tuple[Recipient, ...]


class RenewalUnderWay(Conflict):
    """Tokens of an account are being renewed, and the outcome is not there yet. Try again."""

    code = "renewal_under_way"


class NothingChosen(Conflict):
    """The project has no such accounts."""

    code = "nothing_to_export"


async def copy(hub: Hub, actor: Actor, order: Order, out: IO[bytes]) -> MoveEnd:
    """
    Write accounts into a file; this hub goes on using them.

    Raises:
        MoveRefused: credentials cannot be opened.
        NothingChosen: there are no such accounts.
    """
    async with hub.db.read(order.project.id) as tx:
        end = await _write(tx, hub, order, out, moved=False)
    async with hub.db.write(order.project.id, actor) as tx:
        await _record(tx, end, moved=False)
    return end


async def move(hub: Hub, actor: Actor, order: Order, out: IO[bytes]) -> MoveEnd:
    """
    Write accounts into a file and suspend them: this hub uses them no more, nor renews their tokens.

    All in one transaction, so that no renewal begins between the two, and nothing is suspended if
    the file cannot be written. The file is to be taken for one only when this has returned.

    Raises:
        MoveRefused, NothingChosen: as `copy`.
        RenewalUnderWay: a renewal does not end.
    """
    for _ in range(_MOST_WAITS):
        async with hub.db.write(order.project.id, actor) as tx:
            accounts = [each async for each in chosen(tx, order.only)]
            if not await _is_any_renewed(tx, accounts):
                end = await _write(tx, hub, order, out, moved=True)
                for account in accounts:
                    if account.id in end.digests:
                        await _stop(tx, account)
                await _record(tx, end, moved=True)
                return end
        await asyncio.sleep(_WAIT)
    raise RenewalUnderWay


def branding_of(settings: ProjectSettings) -> Mapping[str, Json]:
    return {name: getattr(settings, name) for name in BRANDING}


async def _write(tx: Tx, hub: Hub, order: Order, out: IO[bytes], *, moved: bool) -> MoveEnd:
    accounts = await account_parts(tx, hub, order.only)
    if not accounts:
        raise NothingChosen
    profiles = await profile_parts(tx, hub, accounts)
    if moved:
        accounts = [
            structs.replace(each, account=as_before_move(each.account)) for each in accounts
        ]
    branding = dict(branding_of(await Projects(tx).settings()))
    header = MoveHeader(
        FORMAT, version("jackfield"), hub.clock(), order.project.name, moved, branding
    )
    return await asyncio.to_thread(file.write, out, order.to, header, profiles, accounts)


async def _is_any_renewed(tx: Tx, accounts: list[Account]) -> bool:
    for account in accounts:
        state = await AccountTokens(tx).find(account.id)
        if state is not None and state.is_leased(tx.now):
            return True
    return False


async def _stop(tx: Tx, account: Account) -> None:
    """Suspend an account if it works, and stop what would use its credentials by itself."""
    await AccountTokens(tx).stop(account.id)
    await AccountChecks(tx).schedule(account, None)
    is_moved = any(each.code == MOVED for each in account.status_reasons)
    if is_moved or account.status not in _STOPPED:
        return
    kept = account.status_reasons if account.status is AccountStatus.SUSPENDED else ()
    reasons = (*kept, StatusReason(MOVED, _WORDS, tx.now))
    await save_changed(tx, replace(account, status=AccountStatus.SUSPENDED, status_reasons=reasons))


async def _record(tx: Tx, end: MoveEnd, *, moved: bool) -> None:
    for account_id, digest in end.digests.items():
        await record(
            tx,
            AuditKind.ACCOUNT_EXPORTED,
            account_id,
            details={"moved": moved, "digest": digest},
        )
