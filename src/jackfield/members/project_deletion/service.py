"""
Deletion of a project: cut off at once, and then emptied.

Once the first transaction has committed, nothing opens what was sealed in it, and nobody gets in.
The rest goes in small ones beside the work of a hub; cut short, it is gone on with when it is done
again. The chain of the audit log stays.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from jackfield.audit.models import INSTALLATION, AuditKind
from jackfield.audit.service import record, sign
from jackfield.db.transfer.tables import Table, tables
from jackfield.db.tx import DeletedMeanwhile, Tx
from jackfield.kit.actor import Actor
from jackfield.members.project_deletion.models import (
    Doomed,
    LastProject,
    Move,
    ProjectConnectorInUse,
    RevocationRunning,
)
from jackfield.members.project_deletion.repo import Deletion, find_project
from jackfield.projects.models import Project, ProjectNotFound
from jackfield.secrets.repo import ShreddingKeys
from jackfield.secrets.store import SealedSecrets, SecretOwner, remove_secrets
from jackfield.vault.cipher import SealBroken

if TYPE_CHECKING:
    from jackfield.runtime import Hub

# Rows in a transaction: a hub waits for it.
_AT_ONCE: Final = 1000
_MOST_TRIES: Final = 5


async def look_at(hub: "Hub", name: str) -> Doomed:
    """
    Return a project that is to be deleted, and what goes with it.

    Raises:
        ProjectNotFound: there is none of that name.
        LastProject, ProjectConnectorInUse, RevocationRunning: it cannot be deleted now.
    """
    found = await find_project(hub.db, name)
    if found is None:
        msg = f"there is no project called {name!r}"
        raise ProjectNotFound(msg)
    project, is_begun = found
    async with hub.db.read(project.id) as tx:
        if not is_begun:
            await _require_deletable(tx)
        return Doomed(project, await Deletion(tx).contents(), is_begun)


async def delete_project(
    hub: "Hub", doomed: Doomed, actor: Actor, show: Callable[[str], None] = lambda _: None
) -> None:
    """
    Delete a project with all that it has, or go on with that; `show` is told how far it is.

    Raises:
        LastProject, ProjectConnectorInUse, RevocationRunning: it cannot be deleted now.
    """
    await cut_off(hub, doomed.project, actor)
    await finish(hub, doomed.project, actor, show)


async def cut_off(hub: "Hub", project: Project, actor: Actor) -> None:
    """
    Begin the deletion of a project: from then on nothing opens what it has, and nobody gets in.

    Raises:
        LastProject, ProjectConnectorInUse, RevocationRunning: it cannot be deleted now.
    """
    await _repeated(lambda: _cut_off(hub, project, actor))


async def finish(
    hub: "Hub", project: Project, actor: Actor, show: Callable[[str], None] = lambda _: None
) -> None:
    """Delete what is left of a project that was cut off; two processes may do so at once."""
    await _tell_installation(hub, project, actor)
    for table in _tables():
        await _drop_rows(hub, project, actor, table, show)
    await _repeated(lambda: _drop_project(hub, project, actor))


async def _cut_off(hub: "Hub", project: Project, actor: Actor) -> None:
    async with hub.db.write(project.id, actor) as tx:
        deletion = Deletion(tx)
        if not await deletion.mark():
            return
        await _require_deletable(tx)
        contents = await deletion.contents()
        for move in await deletion.moves():
            await _move(hub, tx, move)
        await ShreddingKeys(tx).destroy_all()
        await deletion.drop_access()
        told = {"name": project.name, **asdict(contents)}
        await record(tx, AuditKind.PROJECT_DELETED, tx.project_id, before=told)
        await sign(tx, hub.vault.audit_keys)
        await tx.touch()


async def _require_deletable(tx: Tx) -> None:
    deletion = Deletion(tx)
    if not await deletion.has_others():
        raise LastProject
    if await deletion.is_revoking():
        raise RevocationRunning
    used = await deletion.connectors_used_elsewhere()
    if used:
        # Not whose: an owner knows of no other project.
        listed = ", ".join(map(repr, used))
        msg = f"other projects have accounts of connectors of this one: {listed}; delete them first"
        raise ProjectConnectorInUse(msg)


async def _move(hub: "Hub", tx: Tx, move: Move) -> None:
    """Let a member stay in another project, with the second factor sealed anew there."""
    there, secret = tx.beside(move.home), dict[str, str]()
    generation = move.factor_generation or 0
    try:
        owner = SecretOwner(tx.project_id, move.member_id, generation)
        secret = await SealedSecrets(tx, hub.vault).get(owner)
    except SealBroken:
        # It opens nowhere, so that it lets nobody in there either.
        pass
    await remove_secrets(tx, move.member_id)
    await Deletion(tx).move(move.member_id, move.home)
    await SealedSecrets(there, hub.vault).put(
        SecretOwner(move.home, move.member_id, generation), secret
    )


async def _tell_installation(hub: "Hub", project: Project, actor: Actor) -> None:
    """Record the deletion where it is found when the project has no name any more."""
    async with hub.db.read(project.id) as tx:
        told = await Deletion(tx).record(project.id)
    async with hub.db.write(INSTALLATION, actor) as tx:
        if await Deletion(tx).record(project.id) is None:
            before = {"name": project.name} if told is None else told.before
            await record(tx, AuditKind.PROJECT_DELETED, project.id, before=before)
            await sign(tx, hub.vault.audit_keys)


async def _drop_rows(
    hub: "Hub", project: Project, actor: Actor, table: Table, show: Callable[[str], None]
) -> None:
    after, is_first, count = None, True, 0
    while is_first or after is not None:
        async with hub.db.write(project.id, actor) as tx:
            after = await Deletion(tx).drop_some(table, after, most=_AT_ONCE)
        is_first, count = False, count + _AT_ONCE
        if after is not None:
            show(f"{table.name}: {count:,} rows deleted")


async def _drop_project(hub: "Hub", project: Project, actor: Actor) -> None:
    """Delete the project itself, with what a hub wrote meanwhile."""
    async with hub.db.write(project.id, actor) as tx:
        await ShreddingKeys(tx).destroy_all()
        for table in _tables():
            await Deletion(tx).drop_all(table)
        await tx.touch()
        await Deletion(tx).drop_project()


async def _repeated(work: Callable[[], Awaitable[None]]) -> None:
    """Do it again where rows came that refer to what is deleted: they were not seen."""
    for _ in range(_MOST_TRIES - 1):
        try:
            return await work()
        except DeletedMeanwhile:
            continue
    return await work()


def _tables() -> list[Table]:
    """Return the tables of projects but for the audit log, each before those it refers to."""
    return [
        table
        for table in reversed(tables())
        if "project_id" in table.columns and not table.name.startswith("audit_")
    ]
