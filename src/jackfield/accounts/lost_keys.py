"""Keys that are lost for good or destroyed, and the secrets that only they opened."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from jackfield.accounts.models import AccountNotFound
from jackfield.accounts.status import mark_unreadable
from jackfield.accounts.tokens.store import PREFIX
from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Database, Transactions, Tx
from jackfield.kit.actor import Actor
from jackfield.kit.ids import AccountId, InvalidId
from jackfield.projects.repo import all_projects
from jackfield.secrets.keys.repo import drop_key
from jackfield.secrets.repo import SecretRows, shredded_owners


async def forget_keys(db: Database, keys: Sequence[str], actor: Actor) -> None:
    """
    Delete all that is sealed under `keys`, mark its accounts as to be linked again, and the keys last.

    What was cut short is finished when it is done again.
    """
    for project in await all_projects(db):
        async with db.write(project.id, actor) as tx:
            owners = {owner for key in keys for owner in await SecretRows(tx).remove_under(key)}
            await _tell(tx, owners, {"keys": sorted(keys)})
    for key in keys:
        await drop_key(db, key)


async def forget_shredded(
    db: Transactions, actor: Actor, on_owner: Callable[[], None] = lambda: None
) -> None:
    """
    Delete all whose shredding key is destroyed, and mark its accounts as to be linked again.

    A few at a time: it may be all that there is.
    """
    async for project_id, owners in shredded_owners(db):
        async with db.write(project_id, actor) as tx:
            await SecretRows(tx).remove_shredded(owners)
            await _tell(tx, set(owners), {"shredding_keys": "destroyed"})
        for _ in owners:
            on_owner()


async def _tell(tx: Tx, owners: set[str], what: Mapping[str, object]) -> None:
    if not owners:
        return
    details = {**what, "owners": sorted(owners)}
    await record(tx, AuditKind.CREDENTIALS_FORGOTTEN, details=details)
    names = {owner.removeprefix(PREFIX) for owner in owners}
    for account_id in sorted(filter(_is_account, names)):
        # Of a project that is being deleted, it may be gone before what was sealed for it.
        with suppress(AccountNotFound):
            await mark_unreadable(tx, account_id)


def _is_account(owner_id: str) -> bool:
    try:
        AccountId.parse(owner_id)
    except InvalidId:
        return False
    return True
