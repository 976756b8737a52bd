"""Revocations over the projects of an installation, for the command of its operator."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urlencode

from jackfield.accounts.jobs import revocations
from jackfield.accounts.jobs import service as jobs
from jackfield.accounts.jobs.models import (
    MOST_ACCOUNTS,
    AccountJob,
    AccountJobId,
    AccountJobNotFound,
    JobStatus,
    JobVerb,
)
from jackfield.accounts.jobs.repo import revocations_of
from jackfield.accounts.repo import Accounts, project_of_account
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.projects.models import ProjectNotFound
from jackfield.projects.repo import all_projects
from jackfield.runtime import Hub

_LOOK_SECONDS: Final = 1.0

Revocations: TypeAlias = Sequence[tuple[ProjectId, AccountJob]]


@dataclass(frozen=True, slots=True)
class Target:
    """The accounts of one project that are revoked, and in words how they were found."""

    project_id: ProjectId
    ids: tuple[str, ...]
    query: str


async def find_targets(
    hub: Hub, *, account: str | None, provider: str | None, project: str | None
) -> list[Target]:
    """
    Return the accounts that are meant, by project; with nothing named, all of them.

    A project is named by its id or its name.

    Raises:
        AccountNotFound, ProjectNotFound: there is none with this id.
    """
    if account is not None:
        return [Target(await project_of_account(hub.db, account), (account,), "")]
    projects = await all_projects(hub.db)
    if project is not None:
        projects = [each for each in projects if project in (each.id, each.name)]
    if not projects:
        msg = f"there is no project called {project!r}"
        raise ProjectNotFound(msg)
    query = "all=1" if provider is None else urlencode({"provider": provider})
    found: list[Target] = []
    for each in projects:
        async with hub.db.read(each.id) as tx:
            ids = await Accounts(tx).ids(provider)
        if ids:
            found.append(Target(each.id, tuple(ids), query))
    return found


async def start(hub: Hub, actor: Actor, targets: Sequence[Target]) -> Revocations:
    """Begin the revocation of all targets; each project has its own."""
    begun: list[tuple[ProjectId, AccountJob]] = []
    batch_id: AccountJobId | None = None
    for target in targets:
        for place in range(0, len(target.ids), MOST_ACCOUNTS):
            ids = target.ids[place : place + MOST_ACCOUNTS]
            chosen = jobs.ChosenAccounts(ids=ids, query=target.query, expected=len(ids))
            async with hub.db.write(target.project_id, actor) as tx:
                job = await jobs.start(tx, JobVerb.REVOKE, chosen, batch_id=batch_id)
            batch_id = batch_id or job.id
            begun.append((target.project_id, job))
    return begun


async def follow(hub: Hub, job_id: str) -> Revocations:
    """
    Return the revocations that were begun with one, as far as they are.

    Raises:
        AccountJobNotFound: there is none with this id.
    """
    found = await revocations_of(hub.db, job_id)
    if not found:
        raise AccountJobNotFound
    return found


async def work_off(hub: Hub, job_id: str, show: Callable[[str], None]) -> Revocations:
    """Take the revocations that were begun with one to their end, whichever process does them."""
    async with revocations.working(hub):
        while True:
            found = await follow(hub, job_id)
            done, total = (
                sum(getattr(job, name) for _, job in found) for name in ("done", "total")
            )
            failed = sum(job.failed for _, job in found)
            show(f"{done:,} of {total:,} accounts, {failed:,} survived or unknown")
            if all(job.status is not JobStatus.RUNNING for _, job in found):
                return found
            await hub.sleep(_LOOK_SECONDS)
