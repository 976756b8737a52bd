"""What another process on the same database has done is known within a second."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from jackfield.projects import service as projects
from jackfield.projects.repo import ApiKeys
from jackfield.sandbox.iterable.server import Sandbox
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock, StoppedTime
from tests.support.running import Running, running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> StoppedTime:
    found = StoppedTime()
    monkeypatch.setattr("jackfield.db.project_cache.time", found)
    return found


@pytest.fixture
async def other(
    hub: Running,  # noqa: ARG001 - it is there first
    hub_database_url: str | None,
    data_dir: Path,
    clock: FrozenClock,
    sandbox: Sandbox,
) -> AsyncGenerator[Running]:
    """Return a second hub on the same database."""
    async with running_hub(
        sandbox, data_dir=data_dir, clock=clock, database_url=hub_database_url
    ) as running:
        yield running


async def test_a_key_that_another_process_revoked_is_refused_within_a_second(
    hub: Running, other: Running, stopped: StoppedTime
) -> None:
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        issued = await projects.issue_key(tx, name="theirs")
    theirs = (issued.token.reveal(), "")
    before = await hub.api.get("/accounts", auth=theirs)

    async with other.hub.db.write(other.project.id, TESTER) as tx:
        await ApiKeys(tx).revoke(issued.id)
    stopped.now += 1
    after = await hub.api.get("/accounts", auth=theirs)

    assert (before.status_code, after.status_code) == (200, 401)


@pytest.mark.parametrize(
    ("method", "path", "change"),
    [
        ("POST", "/jackfield/accounts/{account}/suspend", None),
        ("DELETE", "/accounts/{account}", None),
        ("PATCH", "/connector_profiles/{profile}", {"active": False}),
        ("PATCH", "/connector_profiles/{profile}", {"allowed_actions": ["iterable_list_lists"]}),
    ],
    ids=["suspended", "deleted", "switched off", "not allowed"],
)
async def test_what_another_process_forbade_is_refused_within_a_second(
    hub: Running,
    other: Running,
    stopped: StoppedTime,
    method: str,
    path: str,
    change: dict[str, Any] | None,
) -> None:
    account = await hub.link()
    profile = (await hub.api.get(f"/accounts/{account}")).json()["integration_id"]
    before = await hub.run(account, "iterable_list_channels")

    changed = await other.api.request(
        method, path.format(account=account, profile=profile), json=change
    )
    stopped.now += 1
    after = await hub.run(account, "iterable_list_channels")

    assert (before.status_code, changed.status_code) == (200, 200)
    assert 400 <= after.status_code < 500, after.text
