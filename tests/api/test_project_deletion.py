"""Deletion of a project: nothing of it is left, and nothing else is touched."""

from collections.abc import Callable

import httpx2
import pytest

from jackfield.audit.models import INSTALLATION, AuditKind
from jackfield.kit.errors import HubError
from jackfield.members.models import Role
from jackfield.members.project_deletion import service
from jackfield.members.project_deletion.chains import FoundChain, find_chain
from jackfield.members.project_deletion.models import Contents, LastProject, ProjectAmbiguous
from jackfield.members.project_deletion.repo import Deletion
from jackfield.members.projects import ProjectExists, create_project
from jackfield.members.repo import Memberships, find_member
from jackfield.profiles import service as profiles
from jackfield.projects import service as projects
from jackfield.projects.models import Project, ProjectBeingDeleted, ProjectNotFound
from jackfield.projects.repo import all_projects
from jackfield.worker import project_deletions
from tests.api.test_second_factors import code_at, enter, set_up
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock, StoppedTime
from tests.support.filled_project import fill, rows_of
from tests.support.members import PASSWORD, browser, member, with_password
from tests.support.running import Running
from tests.support.shredding import opens
from tests.support.uploads import KEY, publish

KEYS = "shredding_keys"

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def delete(hub: Running, name: str, show: Callable[[str], None] = lambda _: None) -> None:
    doomed = await service.look_at(hub.hub, name)
    await service.delete_project(hub.hub, doomed, TESTER, show)


async def names(hub: Running) -> list[str]:
    return sorted(each.name for each in await all_projects(hub.hub.db))


async def refusal(hub: Running, name: str) -> HubError:
    """Return why a project cannot be deleted, whether it is looked at first or not."""
    project = await projects.get_project(hub.hub.db, name)
    with pytest.raises(HubError) as looked:
        await service.look_at(hub.hub, name)
    doomed = service.Doomed(project, Contents(0, 0, 0, 0), is_begun=False)
    with pytest.raises(HubError) as tried:
        await service.delete_project(hub.hub, doomed, TESTER)
    assert tried.value.code == looked.value.code
    assert name in await names(hub)
    return looked.value


@pytest.fixture
async def doomed(hub: Running) -> Project:
    return await projects.ensure_project(hub.hub, TESTER, "doomed")


async def test_nothing_of_a_project_is_left_and_others_are_as_they_were(
    hub: Running, doomed: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, shown = hub.hub.db, list[str]()
    monkeypatch.setattr(service, "_AT_ONCE", 2)
    other = await projects.ensure_project(hub.hub, TESTER, "stays")
    await fill(db, doomed.id, rows=3)
    await fill(db, other.id, rows=3)
    assert all((await rows_of(db, doomed.id)).values())
    before = await rows_of(db, other.id)

    await delete(hub, "doomed", shown.append)

    assert not any((await rows_of(db, doomed.id)).values())
    assert await rows_of(db, other.id) == before
    assert await names(hub) == ["default", "stays"]
    assert "runs: 2 rows deleted" in shown


async def test_its_keys_stop_in_a_hub_that_runs_and_others_go_on(
    hub: Running, doomed: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = StoppedTime()
    monkeypatch.setattr("jackfield.db.project_cache.time", stopped)
    key = await hub.key(project="doomed")
    before = await hub.api.get("/accounts", auth=(key, ""))
    await delete(hub, "doomed")
    stopped.now += 1
    after = await hub.api.get("/accounts", auth=(key, ""))
    other = await hub.api.get("/accounts")

    assert [each.status_code for each in (before, after, other)] == [200, 401, 200]
    assert doomed.name not in await names(hub)


async def test_its_end_is_in_its_own_log_and_in_that_of_the_installation(
    hub: Running, doomed: Project
) -> None:
    await hub.key(project="doomed")
    await member(hub, "ada@example.com", Role.OWNER, doomed)
    await delete(hub, "doomed")

    for chain in (doomed.id, INSTALLATION):
        async with hub.hub.db.read(chain) as tx:
            told = await Deletion(tx).record(doomed.id)
        assert told is not None
        assert told.kind == AuditKind.PROJECT_DELETED
        assert told.before == {
            "name": "doomed",
            "accounts": 0,
            "keys": 1,
            "webhooks": 0,
            "members": 1,
        }


async def test_its_log_is_found_by_its_name_even_when_another_is_called_so(
    hub: Running, doomed: Project
) -> None:
    db = hub.hub.db
    before = await find_chain(db, "doomed")
    await delete(hub, "doomed")
    deleted = await find_chain(db, "doomed")
    second = await projects.ensure_project(hub.hub, TESTER, "doomed")
    beside = await find_chain(db, "doomed")
    await delete(hub, "doomed")
    with pytest.raises(ProjectAmbiguous) as several:
        await find_chain(db, "doomed")

    assert before == deleted == FoundChain(doomed.id)
    assert beside == FoundChain(second.id, (doomed.id,))
    assert all(each in several.value.detail for each in (doomed.id, second.id))
    assert await find_chain(db, second.id) == FoundChain(second.id)
    with pytest.raises(ProjectNotFound):
        await find_chain(db, "nowhere")


@pytest.mark.parametrize("at", ["_tell_installation", "_drop_rows", "_drop_project"])
async def test_one_that_was_cut_off_is_out_of_use_and_gone_on_with(
    hub: Running, doomed: Project, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    async def cut_off(*_: object) -> None:
        raise HubError

    await fill(hub.hub.db, doomed.id, rows=1)
    with monkeypatch.context() as patch, pytest.raises(HubError):
        patch.setattr(service, at, cut_off)
        await delete(hub, "doomed")
    begun = await service.look_at(hub.hub, "doomed")
    with pytest.raises(ProjectBeingDeleted):
        await projects.ensure_project(hub.hub, TESTER, "doomed")
    with pytest.raises(ProjectNotFound):
        await projects.get_project(hub.hub.db, "doomed")
    with pytest.raises(ProjectExists):
        await create_project(hub.hub, "doomed", TESTER, owner=None)
    await delete(hub, "doomed")
    again = await projects.ensure_project(hub.hub, TESTER, "doomed")
    async with hub.hub.db.read(INSTALLATION) as tx:
        told = await Deletion(tx).record(doomed.id)

    assert begun.is_begun
    assert not any((await rows_of(hub.hub.db, doomed.id)).values())
    assert again.id != doomed.id
    assert told is not None
    # As many as there were before it was cut off.
    assert (told.before or {})["accounts"] == 1


async def test_from_the_first_transaction_on_nothing_opens(hub: Running, doomed: Project) -> None:
    db, key = hub.hub.db, await hub.key(project="doomed")
    await profiles.ensure_defaults(hub.hub, doomed.id, TESTER)
    hub.api.auth = httpx2.BasicAuth(key, "")
    await hub.link()
    # As a version sealed it that had no shredding keys.
    await db.unscoped(
        "insert into credentials (owner_id, field, project_id, generation, sealed)"
        " values ('acc_early', 'key', :id, 1, :sealed)",
        id=doomed.id,
        sealed=b"early",
    )
    known = {each["owner_id"]: each["key"] for each in (await rows_of(db, doomed.id))[KEYS]}
    sealed = (await rows_of(db, doomed.id))["credentials"]
    await service.cut_off(hub.hub, doomed, TESTER)
    left = await rows_of(db, doomed.id)

    assert known
    assert {each["owner_id"] for each in sealed} >= {"acc_early", *(known.keys() - {""})}
    assert left[KEYS] == []
    assert "acc_early" not in {each["owner_id"] for each in left["credentials"]}
    assert not any(opens(hub.hub.vault, each, b"") for each in left["credentials"])


async def test_what_a_hub_writes_meanwhile_goes_as_well(
    hub: Running, doomed: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = service._drop_project  # noqa: SLF001

    async def after_others(*given: object) -> None:
        await fill(hub.hub.db, doomed.id, rows=2)
        await finish(*given)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(service, "_drop_project", after_others)
    await delete(hub, "doomed")

    assert not any((await rows_of(hub.hub.db, doomed.id)).values())
    assert "doomed" not in await names(hub)


async def test_a_member_of_another_project_stays_there_with_password_and_second_factor(
    hub: Running, clock: FrozenClock
) -> None:
    other = await projects.ensure_project(hub.hub, TESTER, "stays")
    ada = await with_password(hub, "ada@example.com", Role.OWNER)
    await member(hub, "ada@example.com", Role.ADMIN, other)
    only = await member(hub, "olga@example.com")
    async with browser(hub, ada) as opened:
        secret, codes = await set_up(opened, clock, current=PASSWORD)
    await delete(hub, "default")
    clock.advance(seconds=60)
    async with browser(hub) as opened:
        by_code = await enter(opened, "ada@example.com", code_at(secret, clock))
        page = await opened.get("/dashboard/projects")
        opened.cookies.clear()
        by_recovery_code = await enter(opened, "ada@example.com", codes[0])
    moved, gone = [await find_member(hub.hub.db, each.email) for each in (ada, only)]

    assert [each.status_code for each in (by_code, page, by_recovery_code)] == [303, 200, 303]
    assert "stays" in page.text
    assert moved is not None
    assert moved.project_id == other.id
    assert gone is None


async def test_a_removed_member_is_not_forgotten_where_they_were_removed(
    hub: Running, doomed: Project
) -> None:
    ada = await member(hub, "ada@example.com", Role.OWNER, doomed)
    await member(hub, "ada@example.com")
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await Memberships(tx).remove(ada.id)
        tx.is_recorded = True
    await delete(hub, "doomed")

    async with hub.hub.db.read(hub.project.id) as tx:
        assert await Memberships(tx).was_removed(ada.id)


async def test_the_last_project_and_one_that_is_not_there_are_not_deleted(hub: Running) -> None:
    with pytest.raises(ProjectNotFound, match="nowhere"):
        await service.look_at(hub.hub, "nowhere")

    assert (await refusal(hub, "default")).code == LastProject.code


async def test_a_connector_that_others_use_keeps_its_project(hub: Running, doomed: Project) -> None:
    hub.api.auth = httpx2.BasicAuth(await hub.key(project="doomed"), "")
    await publish(hub)
    hub.api.auth = httpx2.BasicAuth(hub.api_key, "")
    await hub.api.post("/connector_profiles", json={"connector_key": KEY})
    account = await hub.link_to(KEY, {"token": "x"})
    refused = await refusal(hub, "doomed")
    await hub.api.delete(f"/accounts/{account}")
    await delete(hub, "doomed")

    assert refused.code == "project_connector_in_use"
    assert f"accounts of connectors of this one: '{KEY}'" in refused.detail
    # Whose they are is nothing that its owner may know.
    assert "default" not in refused.detail
    assert doomed.name not in await names(hub)


async def test_a_revocation_is_not_cut_short(hub: Running, doomed: Project) -> None:
    await fill(hub.hub.db, doomed.id, rows=1)
    jobs = "update account_jobs set status = :status, verb = 'revoke' where project_id = :id"
    await hub.hub.db.unscoped(jobs, id=doomed.id, status="running")
    refused = await refusal(hub, "doomed")
    await hub.hub.db.unscoped(jobs, id=doomed.id, status="done")
    await delete(hub, "doomed")

    assert refused.code == "revocation_running"


async def test_a_deleted_default_project_is_not_made_again_while_there_are_others(
    hub: Running,
) -> None:
    await projects.ensure_project(hub.hub, TESTER, "stays")
    await delete(hub, "default")
    await projects.ensure_first_project(hub.hub, TESTER)

    assert await names(hub) == ["stays"]


async def test_an_owner_types_its_name_on_the_dashboard_and_goes_on_in_another(
    hub: Running, doomed: Project
) -> None:
    await fill(hub.hub.db, doomed.id, rows=1)
    await member(hub, "olga@example.com", Role.OWNER, doomed)
    await member(hub, "ada@example.com", Role.ADMIN, doomed)
    olga = await member(hub, "olga@example.com")
    ada = await member(hub, "ada@example.com")
    async with browser(hub, ada) as opened:
        await opened.post("/dashboard/projects/switch", data={"id": doomed.id})
        too_low = await opened.post("/dashboard/projects/delete", data={"name": "doomed"})
    async with browser(hub, olga) as opened:
        await opened.post("/dashboard/projects/switch", data={"id": doomed.id})
        page = await opened.get("/dashboard/projects")
        mistyped = await opened.post("/dashboard/projects/delete", data={"name": "default"})
        done = await opened.post("/dashboard/projects/delete", data={"name": "doomed"})
        after = await opened.get("/dashboard/projects")
    begun = await service.look_at(hub.hub, "doomed")
    await project_deletions.finish(hub.hub)

    assert "1 account, 0 API keys, 1 webhook, 2 members go for good" in page.text
    assert [each.status_code for each in (too_low, mistyped, done)] == [403, 422, 303]
    assert "Type the name of the project to delete it" in mistyped.text
    assert after.status_code == 200
    assert "--project default" in after.text
    assert "--project doomed" not in after.text
    assert begun.is_begun
    assert not any((await rows_of(hub.hub.db, doomed.id)).values())
    with pytest.raises(ProjectNotFound):
        await service.look_at(hub.hub, "doomed")


async def test_the_only_project_is_not_deleted_on_the_dashboard(hub: Running) -> None:
    async with browser(hub, await member(hub, "olga@example.com", Role.OWNER)) as opened:
        refused = await opened.post("/dashboard/projects/delete", data={"name": "default"})
        after = await opened.get("/dashboard/projects")

    assert (refused.status_code, after.status_code) == (409, 200)
    assert "at least one project" in refused.text
