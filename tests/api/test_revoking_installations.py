"""Revocations over all projects of an installation, as the command of its operator begins them."""

import asyncio
from dataclasses import replace

import httpx2
import pytest

from jackfield.accounts.jobs import installation
from jackfield.accounts.jobs.installation import Target
from jackfield.accounts.jobs.models import AccountJobNotFound, JobStatus
from jackfield.accounts.models import AccountNotFound
from jackfield.kit.ids import ProjectId
from jackfield.profiles import service as profiles
from jackfield.projects import service as projects
from jackfield.projects.models import ProjectNotFound
from tests.support.actor import TESTER
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def targets(
    hub: Running,
    *,
    account: str | None = None,
    provider: str | None = None,
    project: str | None = None,
) -> list[Target]:
    return await installation.find_targets(
        hub.hub, account=account, provider=provider, project=project
    )


@pytest.fixture
async def linked(hub: Running) -> dict[ProjectId, str]:
    """Link an account in each of two projects, and return them by project."""
    first = await hub.link()
    other = await projects.ensure_project(hub.hub, TESTER, "other")
    await profiles.ensure_defaults(hub.hub, other.id, TESTER)
    hub.api.auth = httpx2.BasicAuth(await hub.key(project="other"), "")
    second = await hub.link()
    hub.api.auth = httpx2.BasicAuth(hub.api_key, "")
    return {hub.project.id: first, other.id: second}


async def test_accounts_are_found_in_all_projects_or_in_the_one_that_is_named(
    hub: Running, linked: dict[ProjectId, str]
) -> None:
    (here, first), (there, second) = linked.items()

    of_one = await targets(hub, account=second)
    of_provider = await targets(hub, provider="iterable")
    of_project = await targets(hub, provider="iterable", project="other")

    every = {each.project_id: each.ids for each in await targets(hub)}
    assert every == {here: (first,), there: (second,)}
    assert {each.project_id: each.ids for each in of_provider} == every
    assert [(each.project_id, each.ids) for each in of_one] == [(there, (second,))]
    assert [(each.project_id, each.ids) for each in of_project] == [(there, (second,))]
    assert await targets(hub, provider="fernwood") == []
    with pytest.raises(AccountNotFound):
        await targets(hub, account="acc_none")
    with pytest.raises(ProjectNotFound, match="nowhere"):
        await targets(hub, project="nowhere")


async def test_what_was_begun_together_is_taken_to_its_end_by_the_id_of_any_of_it(
    hub: Running, linked: dict[ProjectId, str]
) -> None:
    shown = list[str]()
    begun = await installation.start(hub.hub, TESTER, await targets(hub))
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True

    # Time stands still, lest a lease of what is under way ends.
    waiting = replace(hub.hub, sleep=lambda _seconds: asyncio.sleep(0))
    done = await installation.work_off(waiting, begun[1][1].id, shown.append)

    assert {project for project, _ in done} == set(linked)
    assert {job.id for _, job in done} == {job.id for _, job in begun}
    assert {(job.status, job.done, job.failed) for _, job in done} == {(JobStatus.DONE, 1, 0)}
    assert shown[-1] == "2 of 2 accounts, 0 survived or unknown"
    assert await installation.follow(hub.hub, begun[0][1].id) == done
    with pytest.raises(AccountJobNotFound):
        await installation.follow(hub.hub, "ajb_none")
